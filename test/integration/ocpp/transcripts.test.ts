import { expect } from "chai";

import { toHex } from "../../../services/evidence/formats/ocmf/bytes.ts";
import { encodePoint, parsePublicKey } from "../../../services/evidence/formats/ocmf/public-key.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { askIdTokens, bindingOf, createFleet } from "../../helpers/fleet.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import {
  readTranscript,
  replayOffline,
  transcriptNames,
  transcriptPath,
  type TranscriptLine,
  type TranscriptName,
} from "../../helpers/ocpp-transcript.ts";
import { isTransactionMessage } from "../../../services/domain/charging/message.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";
import { countCalls, ownIdOf, replayTranscript } from "../../helpers/transcript-charger.ts";
import { expectations, names } from "../../helpers/transcript-outcomes.ts";

const stationId = "CS-1";
const depositCapMicro = 20_000_000n;

/** What becomes of the sessions of a transcript, where the idTag of a session stands in for the recorded one. */
const endings: Readonly<Record<TranscriptName, readonly string[]>> = {
  "MH16.ocpp1.6": ["disputed"],
  "MH201.ocpp2.0.1": ["disputed"],
  "MO16-offlineA": ["settled"],
  "MO16-offlineBC": ["settled", "settled"],
  "MO16-online": ["settled"],
  "MO16-powercut-startretry": ["disputed", "settled"],
  "MO201.ocpp2.0.1": ["settled", "settled"],
  // What the meter signed names the recorded card, and so neither this session nor its token: it does not count.
  "VCP16.ocpp1.6": ["held"],
  "VCP201.ocpp2.0.1": ["disputed"],
  "VCP21.ocpp2.1": ["disputed"],
};

describe("Recorded transcripts, replayed against a running service", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let foreignPoint: ChargingPoint | undefined;
  let ownPoint: ChargingPoint | undefined;

  before(async function () {
    chain = await startServiceChain();
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  /** The outlet of a transcript: with the virtual charge point's own key, where it signs. */
  async function pointOf(name: TranscriptName, lines: readonly TranscriptLine[]): Promise<ChargingPoint> {
    const [transaction] = replayOffline(lines, transcriptNames[name], stationId);
    const containers = (transaction?.messages ?? []).filter(isTransactionMessage).flatMap(({ signed }) => signed);
    const enclosed = containers.find(({ enclosedKey }) => enclosedKey !== null)?.enclosedKey;
    const maximumPowerW = expectations[name].ratedPowerW;
    if (enclosed === undefined || enclosed === null) {
      return (ownPoint ??= await chain.addChargingPoint("secp256r1", { maximumPowerW }));
    }
    const key = parsePublicKey(enclosed, "secp256k1");
    if ("verdict" in key) throw new Error(`The enclosed key is ${key.verdict}.`);
    const publicKey = `0x${toHex(encodePoint(key)).slice(-128)}`;
    return (foreignPoint ??= await chain.addChargingPoint("secp256k1", { maximumPowerW, publicKey }));
  }

  async function open(
    name: TranscriptName,
    context: Mocha.Context,
    environment: Readonly<Record<string, string>> = {},
  ) {
    const path = transcriptPath(name);
    if (path === null) {
      console.warn(`skipped: ${name}.jsonl is not there; name its folder with WATTPROOF_SHARED`);
      return context.skip();
    }
    const lines = await readTranscript(path);
    world = await openChargingWorld(chain, environment, lines[0]?.atMs);
    const point = await pointOf(name, lines);
    await registerStation(world.service.store, stationId, { evses: [point.evse] });
    const connect = () => world.reconnect(stationId, transcriptNames[name]);
    return { lines, point, connect };
  }

  /** When each transaction of the file is over, so that the next tag is of the next session. */
  function endsOf(lines: readonly TranscriptLine[]): number[] {
    const seen = new Set<string>();
    return lines.flatMap(({ atMs, frame }) => {
      const text = JSON.stringify(frame);
      const [, id] = /"StopTransaction".*"transactionId":(\d+)|"Ended".*"transactionId":"([^"]+)"/.exec(text) ?? [];
      const ended = id ?? /"Ended".*"transactionId":"([^"]+)"/.exec(text)?.[1];
      if (ended === undefined || seen.has(ended)) return [];
      seen.add(ended);
      return [atMs];
    });
  }

  for (const name of names) {
    const { sessions } = expectations[name];

    it(`are kept whole and end with the right energy and grade: ${name}`, async function () {
      const { lines, connect } = await open(name, this);
      const replayed = await replayTranscript(lines, world, connect);
      await world.service.synchronise();
      const { store } = world.service;
      const frames = await store.listFrames("CS-1", 0, 10_000);
      const calls = frames.filter(({ direction, action }) => direction === "in" && action !== null);
      expect(calls).to.have.length(countCalls(lines));
      expect(calls.flatMap(({ faults }) => faults ?? [])).to.deep.equal([]);

      const transactions = (await store.listChargingTransactions(stationId)).toReversed();
      expect(
        transactions.map(({ ocppTransactionId, isOpen, assessment }) => ({
          ocppTransactionId,
          isOpen,
          grade: assessment?.grade,
          energyWh: assessment?.energyWh,
          claimedEnergyWh: assessment?.claimedEnergyWh,
          reasons: assessment?.reasons,
          flags: assessment?.flags,
        })),
      ).to.deep.equal(
        sessions.map(({ recordedTransactionId, ...outcome }) => ({
          ocppTransactionId: ownIdOf(replayed, transcriptNames[name], recordedTransactionId),
          isOpen: false,
          ...outcome,
        })),
      );
    });

    it(`settle or end disputed with a session's idTag in place of the card: ${name}`, async function () {
      const { lines, point, connect } = await open(name, this);
      const opened: OpenedSession[] = [];
      while (opened.length < sessions.length) opened.push(await chain.openSession(point));
      await world.service.synchronise();
      for (const session of opened) await agree(session);
      const ends = endsOf(lines);
      const tagAt = (_recorded: string, atMs: number) => {
        const index = ends.filter((endMs) => endMs < atMs).length;
        return opened[Math.min(index, opened.length - 1)]?.idTag ?? "";
      };
      await replayTranscript(lines, world, connect, tagAt);
      await world.settle();
      const shown = await Promise.all(opened.map((session) => world.show(session)));
      expect(shown.map(({ session }) => session.state)).to.deep.equal(endings[name]);
      for (const [index, { session, cdr }] of shown.entries()) {
        if (session.state !== "settled") continue;
        expect(cdr?.energyWh).to.equal(sessions[index]?.energyWh);
        expect(session.assessment).to.deep.include({ grade: sessions[index]?.grade, hold: null });
      }
    });
  }

  for (const name of ["VCP16.ocpp1.6", "VCP201.ocpp2.0.1", "VCP21.ocpp2.1"] as const) {
    it(`settle what the meter signed where the card is bound to a consent: ${name}`, async function () {
      const fleet = await createFleet(chain);
      const { lines, connect } = await open(name, this, fleet.environment);
      const { url, store } = world.service;
      const bound = await askIdTokens(url, "/bind", bindingOf("AABBCCDD", await fleet.consent()));
      expect(bound.status, JSON.stringify(bound.answer)).to.equal(200);
      await replayTranscript(lines, world, connect);
      await world.settle();
      // Played in seconds, the charge began before its session for the chain.
      await world.pass(7_200);
      const openings = await store.listTokenOpenings("attached", 2);
      expect(openings).to.have.length(1);
      const shown = await world.show({ sessionId: openings[0]?.intent?.sessionId ?? "" });
      expect(shown.session.state).to.equal("settled");
      const [expected] = expectations[name].sessions;
      expect(shown.session.assessment).to.deep.include({ grade: "meter-signed", energyWh: expected?.energyWh });
      expect(shown.session.assessment?.flags).to.deep.equal(expected?.flags);
    });
  }

  async function agree(session: OpenedSession): Promise<void> {
    const capMicro = depositCapMicro.toString();
    const signature = await chain.signConsent(session, depositCapMicro);
    const url = `${world.service.url}/v1/sessions/${session.sessionId}/unsigned-energy-consent`;
    await fetch(url, { method: "PUT", body: JSON.stringify({ capMicro, signature }) });
  }
});
