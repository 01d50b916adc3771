import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { assignTariff } from "../../../scripts/local-world/assign-tariff.ts";
import { defaultLateMessageLimits } from "../../../services/domain/charging/awaited-messages.ts";
import { defaultMissingStopLimits } from "../../../services/domain/charging/missing-stop.ts";
import { defaultEvidencePolicy } from "../../../services/domain/charging/settlement-policy.ts";
import { idTagOf } from "../../../services/domain/id-tag.ts";
import { openSession, transition, type SessionEvent } from "../../../services/domain/session.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { createSessionAssessor, type SessionAssessor } from "../../../services/charging/assess-session.ts";
import { createChargingInbox } from "../../../services/charging/frame-inbox.ts";
import { createOnceDesk } from "../../../services/charging/tell-once.ts";
import { createQuietTime } from "../../../services/charging/quiet-time.ts";
import { createTransactionPursuer } from "../../../services/charging/pursue-transactions.ts";
import { createTransactionReaders } from "../../../services/charging/wire-charging.ts";
import { createSessionCompleter } from "../../../services/evidence/complete-session.ts";
import { createPriceJudge } from "../../../services/evidence/judge-price.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store, StoredSession } from "../../../services/store/store.ts";
import { createMeterDirectory } from "../../../services/evidence/meter-directory.ts";
import { createTariffDirectory } from "../../../services/evidence/tariff-directory.ts";
import { createAges } from "../../../services/observability/ages.ts";
import { createSupportedFormats } from "../../../services/evidence/formats/supported-formats.ts";
import { createRecordVerifier } from "../../../services/evidence/verify-record.ts";
import { testTariff } from "../../helpers/test-tariff.ts";
import { testOpening } from "../../helpers/test-opening.ts";
import { localPresence } from "../../helpers/local-presence.ts";

const stationId = "CS-1";
const beganAtMs = Date.UTC(2026, 2, 1, 10);
const sessionId = `0x${"5a".repeat(32)}`;
const nobody = `0x${"11".repeat(20)}`;
const idTag = idTagOf(sessionId, testOpening);
const tariffId = tariffIdOf(testTariff);
const timeText = (minutes: number): string => new Date(beganAtMs + minutes * 60_000).toISOString();
const unasked = () => Promise.reject(new Error("Nobody asks for this here"));

/** What the messages of the tests are worth: unsigned, and nobody has agreed to pay on that. */
const held = { status: "held", energyWh: "2000", hold: "CAP_NOT_AGREED" };

describe("Looking after transactions, with the service killed between two writes", function () {
  let folder: string;
  let store: Store;
  let nowMs: number;
  let ordinal: number;
  let quietMs: number;
  /** Where the test lets the clock on the wall step; else the two go together. */
  let elapsedMs: number | null;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-pursuit-"));
    store = openSqliteStore(folder);
    nowMs = beganAtMs;
    quietMs = 0;
    elapsedMs = null;
    ordinal = 0;
    await store.putStation({ stationId, apiKeySha256: "00", evses: [7] });
    await assignTariff(store, [7], testTariff);
  });
  afterEach(async function () {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A service on the store; one that is killed never comes to the end of an assessment. */
  function run(isKilledBeforeAssessing = false) {
    const desk = { alert: () => undefined, note: () => undefined };
    const now = () => nowMs;
    const evse = { activeMeter: 3, maximumPowerW: 22_000, operator: nobody, evseId: "DE*WAT*E7" };
    const readEvse = () => Promise.resolve(evse);
    const meters = createMeterDirectory({ chain: { readMeter: unasked, readEvse, readAgreement: unasked } });
    const { readCircumstances, ...transactions } = createTransactionReaders({ store, meters });
    const policy = defaultEvidencePolicy;
    const completer = createSessionCompleter({ store, meters, policy, readCircumstances, desk });
    const shared = { store, ...transactions, desk, now, steadyNow: now };
    const verifier = createRecordVerifier(createSupportedFormats());
    const quiet = createQuietTime({ quietMs, now, elapsedMs: now, steadyNow: now });
    const whole = createSessionAssessor({
      ...shared,
      meters,
      verifier,
      completer,
      ...{ lateMessageLimit: 100, quiet },
    });
    const killed: SessionAssessor = { ...whole, assess: () => Promise.reject(new Error("Killed")) };
    const assessor = isKilledBeforeAssessing ? killed : whole;
    const once = createOnceDesk(shared);
    const chain = { readBlock: unasked, readHead: unasked, isOffered: unasked };
    const tariffs = createTariffDirectory({ store, chain, meters, now, graceSeconds: 0, takesAnyTime: true });
    const prices = createPriceJudge({ ...shared, tariffs });
    const inbox = createChargingInbox({
      ...{ ...shared, once, assessor, prices, stopAtBps: 9_500, receiver: { receiveRecord: unasked } },
      late: defaultLateMessageLimits,
    });
    const commands = { callStation: unasked };
    const pursuer = createTransactionPursuer({
      ...shared,
      ...{ assessor, inbox, commands, connections: localPresence(), stopRetryMs: 1_000 },
      missingStop: defaultMissingStopLimits,
      ages: createAges({ now, elapsedMs: () => elapsedMs ?? nowMs }),
      ...{ once, quiet, handedOn: () => Promise.resolve() },
    });
    return { inbox, pursue: () => pursuer.pursueTransactions(new AbortController().signal) };
  }

  async function reopen(): Promise<void> {
    await store.close();
    store = openSqliteStore(folder);
  }

  async function openOnChain(): Promise<void> {
    const position = { txHash: `0x${"22".repeat(32)}`, blockNumber: 1, blockHash: `0x${"33".repeat(32)}`, logIndex: 0 };
    const opening = { ...position, ...testOpening };
    const event = { kind: "opened", opening, unservableReason: null } as const;
    const terms = {
      ...{ driver: nobody, lane: 0, nonce: 0, operator: nobody, agreement: 0, tariffId, holdMicro: 10n ** 9n },
      ...{ evse: 7, meter: 3, maximumPowerW: 22_000, expiresAt: 4_000_000_000 },
    };
    await store.commitChain({
      ...{ expectedCursor: null, cursor: null, forgetAboveBlock: null },
      tariffs: [{ tariffId, tariff: testTariff }],
      openings: [{ sessionId, idTag, terms, event, state: openSession(event), atMs: nowMs }],
      ...{ changes: [], reopenings: [], transactions: [], acts: [], finishedActs: [], reopenedActs: [] },
    });
  }

  async function tell(inbox: ReturnType<typeof run>["inbox"], action: string, payload: object): Promise<void> {
    ordinal += 1;
    const text = JSON.stringify([2, String(ordinal), action, payload]);
    const frame = { stationId, protocol: "ocpp1.6", direction: "in", receivedAtMs: nowMs, text, action } as const;
    const start = {
      naturalKey: "k",
      retryKey: null,
      ocppTransactionIds: ["4711"],
      evse: 1,
      connector: 1,
      idToken: idTag,
    };
    const { frame: stored } = await store.commitFrame(
      { ...frame, messageId: String(ordinal), answer: null, faults: null },
      action === "StartTransaction"
        ? [{ kind: "transaction-started", transaction: { ...start, startedAtText: timeText(0) } }]
        : [],
    );
    await inbox.take(stored);
    await inbox.settled();
  }

  async function charge(inbox: ReturnType<typeof run>["inbox"]): Promise<void> {
    await tell(inbox, "StartTransaction", { connectorId: 1, idTag, meterStart: 1_000, timestamp: timeText(0) });
    nowMs += 20 * 60_000;
    const sampledValue = [{ value: "3000", context: "Sample.Periodic", unit: "Wh" }];
    const meterValue = [{ timestamp: timeText(20), sampledValue }];
    await tell(inbox, "MeterValues", { connectorId: 1, transactionId: 4711, meterValue });
  }

  async function readSession(): Promise<StoredSession> {
    const session = await store.findSession(sessionId);
    if (session === null) throw new Error("There is no session");
    return session;
  }

  async function outcome(): Promise<object> {
    const { status, assessment } = (await readSession()).state;
    return { status, energyWh: assessment?.energyWh, hold: assessment?.hold };
  }

  async function failure(work: Promise<void>): Promise<string> {
    return work.then(
      () => "none",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  for (const [direction, stepMs] of [
    ["back", -172_800_000],
    ["forward", 172_800_000],
  ] as const) {
    it(`waits for a missing stop as long as it would, where the clock is set ${direction} meanwhile`, async function () {
      elapsedMs = 0;
      const { inbox, pursue } = run();
      await openOnChain();
      await charge(inbox);
      const status = { connectorId: 1, errorCode: "NoError", status: "Available", timestamp: timeText(20) };
      await tell(inbox, "StatusNotification", status);
      await pursue();
      nowMs += stepMs;
      elapsedMs += 6 * 3_600_000;
      await pursue();
      expect((await readSession()).state.status).to.equal("charging");
      elapsedMs += 3_600_000;
      await pursue();
      expect(await outcome()).to.deep.equal(held);
    });
  }

  it("assesses one that got its session and was not assessed", async function () {
    const first = run();
    await charge(first.inbox);
    await tell(first.inbox, "StopTransaction", { transactionId: 4711, meterStop: 3_000, timestamp: timeText(20) });
    await openOnChain();
    expect(await failure(run(true).pursue())).to.equal("Killed");
    await reopen();
    expect(await outcome()).to.include({ status: "charging" });
    await run().pursue();
    expect(await outcome()).to.deep.equal(held);
  });

  it("assesses one that waits for a quiet time once that is over, with the service killed in between", async function () {
    quietMs = 60_000;
    await openOnChain();
    const first = run();
    await charge(first.inbox);
    await tell(first.inbox, "StopTransaction", { transactionId: 4711, meterStop: 3_000, timestamp: timeText(20) });
    expect(await outcome()).to.include({ status: "charging" });
    nowMs += 59_999;
    await reopen();
    await run().pursue();
    expect(await outcome()).to.include({ status: "charging" });
    nowMs += 1;
    expect(await failure(run(true).pursue())).to.equal("Killed");
    await reopen();
    expect(await outcome()).to.include({ status: "charging" });
    await run().pursue();
    expect(await outcome()).to.deep.equal(held);
  });

  describe("that was given up and not assessed", function () {
    async function giveUpAndDie(): Promise<void> {
      await openOnChain();
      const first = run();
      await charge(first.inbox);
      await tell(first.inbox, "StatusNotification", { connectorId: 1, status: "Available", errorCode: "NoError" });
      await meanwhile();
      nowMs += 7 * 3_600_000;
      expect(await failure(run(true).pursue())).to.equal("Killed");
      await reopen();
      expect(await store.findTransactionOfSession(sessionId)).to.deep.include({ isOpen: false, assessment: null });
    }
    let meanwhile: () => Promise<void> = () => Promise.resolve();

    it("assesses it for a session that is charging", async function () {
      meanwhile = () => Promise.resolve();
      await giveUpAndDie();
      expect(await outcome()).to.include({ status: "charging" });
      await run().pursue();
      expect(await outcome()).to.deep.equal(held);
    });

    it("assesses it for a session that a record has put into dispute meanwhile", async function () {
      meanwhile = async () => {
        const event: SessionEvent = { kind: "evidence-disputed", reason: "REGISTER_GAP", isFinal: false };
        const { sequence, state } = await readSession();
        const change = { sessionId, expectedSequence: sequence, events: [event], next: transition(state, event) };
        await store.commitStep({ session: { change: { ...change, atMs: nowMs }, cdr: null, acts: [] } });
      };
      await giveUpAndDie();
      expect(await outcome()).to.include({ status: "disputed" });
      await run().pursue();
      expect(await outcome()).to.deep.equal(held);
    });

    it("does not assess it again once it was", async function () {
      meanwhile = () => Promise.resolve();
      await giveUpAndDie();
      await run().pursue();
      await reopen();
      expect(await store.listTransactionsToAssess(10)).to.deep.equal([]);
    });
  });
});
