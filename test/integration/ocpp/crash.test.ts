import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { OcppProtocol } from "../../../services/store/ocpp.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import {
  createOfflineCharger,
  queueOf16,
  queueOf2,
  type AcknowledgedFrame,
  type OfflineSession,
} from "../../helpers/offline-charger.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { createRandom, type Random } from "../../helpers/random.ts";
import { get, testEnvironment } from "../../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";
import { settlementsOf } from "../../helpers/settlement-events.ts";
import { superviseService, type SupervisedService } from "../../helpers/supervised-service.ts";
import { readTable } from "../../helpers/table-dump.ts";

const patienceMs = 300_000;
const pauseMs = 50;
const energiesWh = [3_000, 4_500, 1_250];
const sessionMs = 600_000;

/** While the frames come: before a frame is on disk, after it is and before its answer, and between two frames. */
const framePlaces = ["store.commitFrame:before", "store.commitFrame:after", "between"] as const;
const frameKills = 4;
/** While the frames are read: their transactions, what was measured, the records, and the mark of how far it got. */
const transactionPlaces = ["store.commitStep:before", "store.commitStep:after"] as const;
const readingPlaces = ["store.commitChargingFrames:before:1", "store.commitChargingFrames:after:1"] as const;
const recordPlaces = [
  "store.putMessage:before:1",
  "store.putMessage:after:1",
  "store.commitStep:before:3",
  "store.commitStep:after:3",
  "store.moveFrameCursors:before:1",
] as const;
/** On the way to the chain, in the order of the way. */
const settlementPlaces = [
  "store.createBatch:before:1",
  "store.createBatch:after:1",
  "store.putTransaction:before:1",
  "store.putTransaction:after:1",
  "chain.broadcast:before:1",
  "chain.broadcast:after:1",
];
const settlementKills = 3;
const killsPerRun = frameKills + 3 + settlementKills;

/** Ten places, each reached whatever came before it: no kill of the frames gets further than two of three sessions. */
function drawPlaces(random: Random): readonly string[] {
  const ofFrames = Array.from({ length: frameKills }, () => `${random.pick(framePlaces)}:${1 + random.below(3)}`);
  const ofInbox = [
    `${random.pick(transactionPlaces)}:${1 + random.below(2)}`,
    random.pick(readingPlaces),
    random.pick(recordPlaces),
  ];
  const ofSettlement = [...settlementPlaces];
  while (ofSettlement.length > settlementKills) ofSettlement.splice(random.below(ofSettlement.length), 1);
  return [...ofFrames, ...ofInbox, ...ofSettlement];
}

describe("A service that is killed again and again while a charger tells what it kept offline", function () {
  this.timeout(patienceMs * 2);
  let chain: ServiceChain;
  let point: ChargingPoint;

  before(async function () {
    chain = await startServiceChain();
    point = await chain.addChargingPoint();
  });
  after(async function () {
    await chain.close();
  });

  const runs: readonly { readonly protocol: OcppProtocol; readonly seed: number }[] = [
    { protocol: "ocpp1.6", seed: 1 },
    { protocol: "ocpp2.0.1", seed: 2 },
  ];
  for (const { protocol, seed } of runs) {
    it(`loses nothing and pays once over ${protocol}, killed at the ${killsPerRun} places of seed ${seed}`, async function () {
      const undisturbed = await play(protocol, []);
      expect(undisturbed.books).to.deep.include({
        sessions: energiesWh.map((energyWh) => ({
          ...{ state: "settled", grade: "meter-signed-bound", energyWh: String(energyWh) },
          ...{ flags: ["CLOCK_BEHIND_OR_REPLAYED"], settledOnChain: 1, skippedOnChain: 0, records: 1, isOpen: false },
        })),
      });
      const places = drawPlaces(createRandom(seed));
      const killed = await play(protocol, places);
      expect(killed.deaths, places.join(", ")).to.deep.equal(places.map(() => "SIGKILL"));
      expect(killed.books, places.join(", ")).to.deep.equal(undisturbed.books);
      expect(killed.sent).to.be.greaterThan(undisturbed.sent);
      expect(killed.lost).to.deep.equal([]);
    });
  }

  /** Tells the sessions to a service that dies at these places, and reads the books when all is done. */
  async function play(protocol: OcppProtocol, places: readonly string[]) {
    const dataPath = await mkdtemp(join(tmpdir(), "wattproof-ocpp-crash-"));
    const opened: OpenedSession[] = [];
    while (opened.length < energiesWh.length) opened.push(await chain.openSession(point));
    const creditBefore = await chain.readCredit();
    const store = openSqliteStore(dataPath);
    await registerStation(store, "CS-1", { evses: [point.evse] });
    await store.close();
    const environment = testEnvironment(chain, dataPath, {
      WATTPROOF_POLL_INTERVAL_MS: "40",
      // One batch with all sessions, however long the kills take.
      WATTPROOF_BATCH_MAX_AGE_MS: "86400000",
      WATTPROOF_BATCH_MAX_ITEMS: String(energiesWh.length),
      WATTPROOF_SESSION_START_LIMIT_MS: "86400000",
    });
    const service = superviseService(environment, places);
    const charger = createOfflineCharger(() => service.url(), "CS-1", protocol, patienceMs);
    try {
      const sessions = offlineSessions(opened);
      const queue = sessions.flatMap(protocol === "ocpp1.6" ? queueOf16 : queueOf2);
      await charger.deliver(queue, createKiller(service, places));
      for (const { sessionId } of opened) await waitUntilSettled(service, sessionId);
    } finally {
      await charger.close().catch(() => undefined);
      await service.stop();
    }
    const books = await readBooks(dataPath, opened, creditBefore);
    const lost = lostFrames(dataPath, charger.acknowledged);
    await rm(dataPath, { recursive: true, force: true });
    return { books, lost, sent: charger.sent, deaths: service.deaths };
  }

  /** What the charger kept: one session after the other at one outlet, the last of them an hour ago. */
  function offlineSessions(opened: readonly OpenedSession[]): readonly OfflineSession[] {
    const lastMs = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000;
    let register = Number(point.device.state().registerMicroWh / 1_000_000n);
    return opened.map(({ idTag }, number) => {
      const energyWh = energiesWh[number] ?? 0;
      const beginMs = lastMs - (opened.length - number) * 2 * sessionMs;
      const endMs = beginMs + sessionMs;
      const record = point.device.record({
        idTag,
        energyMicroWh: BigInt(energyWh) * 1_000_000n,
        beginSeconds: beginMs / 1_000,
        endSeconds: endMs / 1_000,
      });
      const beginWh = register;
      register += energyWh;
      return { number, idTag, beginMs, endMs, beginWh, endWh: register, record };
    });
  }

  async function readBooks(dataPath: string, sessions: readonly OpenedSession[], creditBefore: bigint) {
    const store = openSqliteStore(dataPath);
    const { chargingSettlement } = chain.contracts;
    const { filters } = chargingSettlement;
    const entries = [];
    const freeMicro = [];
    for (const session of sessions) {
      const { sessionId } = session;
      const stored = await store.findSession(sessionId);
      entries.push({
        state: stored?.state.status,
        grade: stored?.state.assessment?.grade,
        flags: stored?.state.assessment?.flags,
        energyWh: (await store.findCdr(sessionId))?.energyWh,
        settledOnChain: (await settlementsOf(chargingSettlement, sessionId)).length,
        skippedOnChain: (await chargingSettlement.queryFilter(filters.SettlementSkipped(sessionId))).length,
        records: (await store.listRecords(sessionId)).length,
        isOpen: (await store.findTransactionOfSession(sessionId))?.isOpen,
      });
      freeMicro.push(await chain.readFree(session));
    }
    const transactions = await store.listChargingTransactions("CS-1");
    const parked = await store.listParkedStations();
    await store.close();
    return {
      sessions: entries,
      freeMicro,
      creditMicro: (await chain.readCredit()) - creditBefore,
      transactions: transactions.length,
      parked: parked.length,
      openBatches: readTable(dataPath, "batches").filter(({ status }) => status === "formed" || status === "sent"),
      carried: readTable(dataPath, "batch_items").length,
      confirmed: readTable(dataPath, "transactions").filter(({ status }) => status === "confirmed").length,
    };
  }
});

/** Kills from outside, between an answer and the next frame, where that is the place. */
function createKiller(service: SupervisedService, places: readonly string[]): () => Promise<void> {
  let life = 0;
  let answered = 0;
  return async () => {
    if (life !== service.deaths.length) {
      life = service.deaths.length;
      answered = 0;
    }
    answered += 1;
    if (places[life] === `between:${answered}`) await service.kill();
  };
}

/** Frames that were acknowledged and that the store does not have exactly once, as they were sent. */
function lostFrames(dataPath: string, acknowledged: readonly AcknowledgedFrame[]): readonly string[] {
  const database = new DatabaseSync(join(dataPath, "wattproof.sqlite"), { readOnly: true });
  try {
    const kept = database.prepare("SELECT text FROM ocpp_frames WHERE direction = 'in' AND message_id = ?");
    return acknowledged.flatMap(({ messageId, text }) => {
      const rows = kept.all(messageId);
      return rows.length === 1 && rows[0]?.["text"] === text ? [] : [messageId];
    });
  } finally {
    database.close();
  }
}

async function waitUntilSettled(service: SupervisedService, sessionId: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let failure: unknown = null;
  while (Date.now() < deadline) {
    try {
      const answer = await get(await service.url(), `/v1/receipts/${sessionId}`);
      if (answer.status === 200) return;
      failure = answer.body;
    } catch (error) {
      // The service is down at this moment.
      failure = error;
    }
    await sleep(pauseMs);
  }
  throw new Error("The session was not settled in time.", { cause: failure });
}
