import { expect } from "chai";

import type { Cdr } from "../../../services/domain/cdr.ts";
import type { SessionEvent } from "../../../services/domain/session.ts";
import { openSession, transition } from "../../../services/domain/session.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { RawMessage } from "../../../services/store/messages.ts";
import type { JudgedMessage } from "../../../services/store/steps.ts";
import type {
  BlockMark,
  ChainProgress,
  EvidenceRecord,
  NewSession,
  SessionChange,
  SettlementTransaction,
  Store,
  StoredSession,
} from "../../../services/store/store.ts";
import { testTariff } from "../../helpers/test-tariff.ts";

/** A store on an empty medium, and the same medium opened again. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen(): Promise<Store>;
  remove(): Promise<void>;
}

const accepted = { outcome: "accepted", code: null, detail: null, recordIdentity: "r" } as const;
const refused = { outcome: "refused", code: "SESSION_UNKNOWN", detail: "d", recordIdentity: null } as const;
const tariffId = `0x${"77".repeat(32)}`;

function block(number: number, branch = "a"): BlockMark {
  return { number, hash: `0x${branch}${number}` };
}

function message(id: string, body = `body ${id}`): RawMessage {
  const bytes = new Uint8Array(Buffer.from(body));
  return {
    messageId: id,
    source: { kind: "http", stationId: "CS-1", body: bytes, mediaType: "text/plain" },
    record: bytes,
    sessionReference: null,
    receivedAtMs: 1,
  };
}

function newSession(name: string, blockNumber: number): NewSession {
  const opening = { txHash: `0xt${name}`, blockNumber, blockHash: `0xa${blockNumber}`, logIndex: 0 };
  const event = { kind: "opened", opening, unservableReason: null } as const;
  const terms = {
    driver: "0xd",
    lane: 0,
    nonce: 1,
    operator: "0xo",
    agreement: 0,
    maximumPowerW: 22_000,
    evse: 1,
    meter: 1,
    tariffId,
    holdMicro: 2n ** 64n - 1n,
    expiresAt: 9,
  };
  return { sessionId: `0x${name}`, idTag: `TAG${name}`, terms, event, state: openSession(event), atMs: 1 };
}

function changeOf(session: StoredSession, event: SessionEvent, atMs = 5): SessionChange {
  const { sessionId, sequence, state } = session;
  return { sessionId, expectedSequence: sequence, events: [event], next: transition(state, event), atMs };
}

function recordOf(
  name: string,
  sessionId: string,
  pagination: bigint,
  beginMicroWh: bigint,
  endMicroWh: bigint,
): EvidenceRecord {
  return {
    recordIdentity: name,
    sessionId,
    messageId: name,
    // The bytes of its message.
    record: message(name).record,
    payloadSha256: "00",
    meterKeyId: "key",
    paginationContext: "T",
    paginationNumber: pagination,
    isBoundToSession: true,
    isSettleableByMeter: true,
    energyWh: "1.5",
    spans: [{ register: "1.8.0", beginMicroWh, endMicroWh }],
    reading: `says ${name}`,
    isBoundary: true,
  };
}

function cdrOf(sessionId: string): Cdr {
  const price = {
    flatFeeMicro: 1n,
    energyMicro: 2n,
    chargingMicro: 3n,
    idleMicro: 0n,
    netMicro: 6n,
    taxMicro: 1n,
    grossMicro: 7n,
  };
  return {
    sessionId,
    meter: { number: 1, curve: "secp256r1", publicKey: "0x" },
    energyWh: "1.5",
    energyMicroWh: 1_500_000n,
    chargingSeconds: 3,
    idleSeconds: 0,
    price,
    chargedMicro: 7n,
    returnedMicro: 2n ** 64n - 8n,
    isBoundToSession: true,
    evidence: { grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"], flags: [] },
  };
}

function transactionOf(batchId: string, attempt: number, nonce: number): SettlementTransaction {
  return {
    txHash: `0x${batchId}${attempt}`,
    batchId,
    attempt,
    nonce,
    gasLimit: 100n,
    maxFeePerGas: 2n ** 70n,
    maxPriorityFeePerGas: 1n,
    calldata: "0x01",
    rawTransaction: "0x02",
    status: "prepared",
    sentAtMs: null,
    blockNumber: null,
  };
}

/** What every store has to do, whatever it keeps its data in. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`The store in ${name}`, function () {
    let under: StoreUnderTest;
    let store: Store;

    beforeEach(async function () {
      under = await open();
      ({ store } = under);
    });
    afterEach(async function () {
      await under.remove();
    });

    async function progress(part: Partial<ChainProgress>): Promise<string> {
      return store.commitChain({
        expectedCursor: await store.readCursor(),
        cursor: null,
        forgetAboveBlock: null,
        tariffs: [],
        openings: [],
        changes: [],
        transactions: [],
        acts: [],
        finishedActs: [],
        reopenedActs: [],
        ...part,
      });
    }

    async function session(sessionId: string): Promise<StoredSession> {
      const found = await store.findSession(sessionId);
      return found ?? expect.fail(`${sessionId} is missing`);
    }

    async function openSessions(...names: readonly string[]): Promise<void> {
      const openings = names.map((opened) => newSession(opened, 1));
      const tariffs = [{ tariffId, tariff: testTariff }];
      expect(await progress({ cursor: block(1), openings, tariffs })).to.equal("stored");
    }

    async function judged(record: EvidenceRecord): Promise<JudgedMessage> {
      const { messageId, recordIdentity, meterKeyId } = record;
      const expectedRecordCount = await store.countRecords(meterKeyId);
      return { messageId, verdict: { ...accepted, recordIdentity }, record, meterKeyId, expectedRecordCount };
    }

    async function addRecord(record: EvidenceRecord, event: SessionEvent): Promise<void> {
      await store.putMessage(message(record.messageId));
      const change = changeOf(await session(record.sessionId), event);
      const step = { message: await judged(record), session: { change, cdr: null, acts: [] } };
      expect((await store.commitStep(step)).outcome).to.equal("stored");
    }

    async function complete(sessionId: string, identity: string, pagination: bigint): Promise<string> {
      await store.putMessage(message(identity));
      const record = recordOf(identity, sessionId, pagination, pagination * 10n, pagination * 10n + 5n);
      const change = changeOf(await session(sessionId), { kind: "evidence-completed" });
      const { outcome } = await store.commitStep({
        message: await judged(record),
        session: { change, cdr: cdrOf(sessionId), acts: [] },
      });
      return outcome;
    }

    async function batchOf(batchId: string, ...sessionIds: readonly string[]): Promise<string> {
      const sessions = await Promise.all(sessionIds.map(session));
      const changes = sessions.map((member) => changeOf(member, { kind: "batched", batchId }));
      return store.createBatch({ batchId, kind: "oracles", sessionIds, createdAtMs: 7 }, changes);
    }

    it("finds nothing while it is empty", async function () {
      expect(await store.findStation("x")).to.equal(null);
      expect(await store.findSession("x")).to.equal(null);
      expect(await store.findSessionsByIdTag("x")).to.deep.equal([]);
      expect(await store.findRecord("x")).to.equal(null);
      expect(await store.findCdr("x")).to.equal(null);
      expect(await store.findTariff("x")).to.equal(null);
      expect(await store.findBatch("x")).to.equal(null);
      expect(await store.findTransaction("x")).to.equal(null);
      expect(await store.readCursor()).to.equal(null);
      expect(await store.listPendingMessages(9)).to.deep.equal([]);
      expect(await store.removeStation("x")).to.equal(false);
      expect(await store.countRecords("x")).to.equal(0);
      await store.probe();
    });

    it("keeps stations, replaces them whole and removes them", async function () {
      await store.putStation({ stationId: "B", apiKeySha256: "01", evses: [3, 1, 3] });
      await store.putStation({ stationId: "A", apiKeySha256: "02", evses: [] });
      await store.putStation({ stationId: "B", apiKeySha256: "03", evses: [2] });
      expect(await store.listStations()).to.deep.equal([
        { stationId: "A", apiKeySha256: "02", evses: [] },
        { stationId: "B", apiKeySha256: "03", evses: [2] },
      ]);
      expect(await store.removeStation("B")).to.equal(true);
      expect(await store.findStation("B")).to.equal(null);
    });

    it("keeps a message once, byte by byte, as it came first", async function () {
      const bytes = new Uint8Array([0, 255, 124, 10]);
      const source = { kind: "http", stationId: "CS-1", body: bytes, mediaType: "text/plain" } as const;
      const first = { ...message("m"), source, record: new Uint8Array([124]), sessionReference: "0xs" };
      expect(await store.putMessage(first)).to.deep.equal({ ...first, verdict: null });
      expect(await store.putMessage({ ...first, receivedAtMs: 99 })).to.deep.equal({ ...first, verdict: null });
      expect(await store.listPendingMessages(9)).to.deep.equal([{ ...first, verdict: null }]);
    });

    it("keeps where a message came from", async function () {
      const ofTransaction = { kind: "ocpp", stationId: "CS-1", ocppTransactionId: "17" } as const;
      const ofPeer = { kind: "peer", oracle: "0x0a" } as const;
      for (const source of [ofTransaction, ofPeer]) {
        const kept = { ...message(source.kind), source };
        expect(await store.putMessage(kept)).to.deep.equal({ ...kept, verdict: null });
      }
      store = await under.reopen();
      const sources = (await store.listPendingMessages(9)).map(({ source }) => source);
      expect(sources).to.deep.equal([ofTransaction, ofPeer]);
    });

    it("takes a new verdict on a refused message, and none on an accepted one", async function () {
      await store.putMessage(message("m"));
      await store.setVerdict("m", refused);
      expect((await store.putMessage(message("m"))).verdict).to.deep.equal(refused);
      await store.setVerdict("m", accepted);
      await store.setVerdict("m", refused);
      expect((await store.putMessage(message("m"))).verdict).to.deep.equal(accepted);
      expect(await store.listPendingMessages(9)).to.deep.equal([]);
    });

    it("opens sessions with the blocks that opened them, or neither", async function () {
      await openSessions("s1", "s2");
      expect(await progress({ expectedCursor: null, cursor: block(2), openings: [newSession("s3", 2)] })).to.equal(
        "stale",
      );
      expect(await store.readCursor()).to.deep.equal(block(1));
      expect(await store.findSession("0xs3")).to.equal(null);
      const expected = newSession("s1", 1);
      expect(await session("0xs1")).to.deep.equal({
        sessionId: "0xs1",
        idTag: "TAGs1",
        terms: expected.terms,
        state: expected.state,
        sequence: 1,
      });
      expect((await store.findSessionsByIdTag("TAGs2")).length).to.equal(1);
      expect(await store.findTariff(tariffId)).to.deep.equal(testTariff);
    });

    it("lists sessions page by page and by status", async function () {
      await openSessions("s1", "s2", "s3");
      await complete("0xs2", "r1", 1n);
      const ids = async (query: Parameters<Store["listSessions"]>[0]): Promise<readonly string[]> =>
        (await store.listSessions(query)).map(({ sessionId }) => sessionId);
      expect(await ids({ status: null, limit: 2, after: null })).to.deep.equal(["0xs1", "0xs2"]);
      expect(await ids({ status: null, limit: 2, after: "0xs2" })).to.deep.equal(["0xs3"]);
      expect(await ids({ status: "opened", limit: 9, after: null })).to.deep.equal(["0xs1", "0xs3"]);
      expect((await store.countSessions()).get("completed")).to.equal(1);
      await expectCode(store.listSessions({ status: null, limit: 2, after: "0xs9" }), "QUERY_INVALID");
    });

    it("commits a step whole, or says that something moved", async function () {
      await openSessions("s1", "s2");
      await store.putMessage(message("r1"));
      const record = recordOf("r1", "0xs1", 2n ** 63n - 1n, 10n, 2n ** 63n - 1n);
      const change = changeOf(await session("0xs1"), { kind: "evidence-completed" });
      const step = { message: await judged(record), session: { change, cdr: cdrOf("0xs1"), acts: [] } };
      const late = { ...step, message: { ...step.message, expectedRecordCount: 1 } };
      const moved = { ...step, session: { ...step.session, change: { ...change, expectedSequence: 2 } } };
      const stale = { outcome: "stale", transaction: null };
      for (const one of [late, moved]) expect(await store.commitStep(one)).to.deep.equal(stale);
      expect(await store.findRecord("r1")).to.equal(null);
      expect(await store.findCdr("0xs1")).to.equal(null);
      expect((await session("0xs1")).sequence).to.equal(1);
      expect((await store.listPendingMessages(9)).map(({ messageId }) => messageId)).to.deep.equal(["r1"]);

      expect(await store.commitStep(step)).to.deep.equal({ outcome: "stored", transaction: null });
      expect(await store.findRecord("r1")).to.deep.equal(record);
      expect(await store.listRecords("0xs1")).to.deep.equal([record]);
      expect(await store.listReadings("0xs1")).to.deep.equal([
        {
          sequence: 1,
          receivedAtMs: message("r1").receivedAtMs,
          register: "1.8.0",
          beginMicroWh: 10n,
          endMicroWh: 2n ** 63n - 1n,
        },
      ]);
      expect(await store.listReadings("0xs2")).to.deep.equal([]);
      expect(await store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
      expect(await session("0xs1")).to.deep.include({ sequence: 2, state: change.next });
      expect(await store.countRecords("key")).to.equal(1);
      expect(await store.listPendingMessages(9)).to.deep.equal([]);
      expect(await store.commitStep(step)).to.deep.equal(stale);
    });

    it("writes a CDR once, and of a step with a second one nothing", async function () {
      await openSessions("s1");
      await complete("0xs1", "r1", 1n);
      const before = await session("0xs1");
      const change = changeOf(before, { kind: "evidence-completed" });
      const cdr = { ...cdrOf("0xs1"), energyWh: "9" };
      const outcome = await store.commitStep({ session: { change, cdr, acts: [] } });
      expect(outcome).to.deep.equal({ outcome: "stale", transaction: null });
      expect(await store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
      expect(await session("0xs1")).to.deep.equal(before);
    });

    for (const isSettleableByMeter of [true, false, null]) {
      it(`keeps the mark ${isSettleableByMeter} of a record`, async function () {
        await openSessions("s1");
        const record = { ...recordOf("r1", "0xs1", 1n, 0n, 5n), isSettleableByMeter };
        await addRecord(record, { kind: "evidence-begun" });
        store = await under.reopen();
        expect(await store.findRecord("r1")).to.deep.equal(record);
        expect(await store.listRecords("0xs1")).to.deep.equal([record]);
      });
    }

    it("lists the records with which a session may begin or end, and knows how far all of them reach", async function () {
      await openSessions("s1", "s2");
      expect(await store.readRecordRange("0xs1")).to.equal(null);
      const records = [9n, 7n, 2n ** 63n - 1n].map((pagination, index) => ({
        ...recordOf(`r${index}`, "0xs1", pagination, 0n, 5n),
        isBoundary: pagination !== 9n,
        isBoundToSession: pagination !== 9n,
      }));
      for (const record of records) await addRecord(record, { kind: "evidence-added" });
      const [between, first, last] = records;
      expect(await store.listBoundaryRecords("0xs1")).to.deep.equal([first, last]);
      expect(await store.listRecords("0xs1")).to.deep.equal([first, between, last]);
      const range = { count: 3, leastNumber: 7n, greatestNumber: 2n ** 63n - 1n, areAllBound: false };
      expect(await store.readRecordRange("0xs1")).to.deep.equal(range);
      expect(await store.listBoundaryRecords("0xs2")).to.deep.equal([]);
    });

    it("keeps what a record says where that was not kept yet, and never something else", async function () {
      await openSessions("s1");
      const record = { ...recordOf("r1", "0xs1", 1n, 0n, 5n), reading: null };
      await addRecord(record, { kind: "evidence-begun" });
      await store.keepReading("r1", { reading: "first", isBoundary: false });
      await store.keepReading("r1", { reading: "second", isBoundary: true });
      await store.keepReading("unknown", { reading: "first", isBoundary: false });
      store = await under.reopen();
      expect(await store.findRecord("r1")).to.deep.equal({ ...record, reading: "first", isBoundary: false });
      expect(await store.listBoundaryRecords("0xs1")).to.deep.equal([]);
    });

    it("knows the register values before and after a record", async function () {
      await openSessions("s1", "s2");
      await complete("0xs1", "r1", 1n);
      await complete("0xs2", "r5", 5n);
      const at = (pagination: bigint): Promise<unknown> => store.readNeighbours("key", "1.8.0", "T", pagination);
      expect(await at(1n)).to.deep.equal({ greatestBelowMicroWh: null, smallestAboveMicroWh: 50n });
      expect(await at(3n)).to.deep.equal({ greatestBelowMicroWh: 15n, smallestAboveMicroWh: 50n });
      expect(await at(9n)).to.deep.equal({ greatestBelowMicroWh: 55n, smallestAboveMicroWh: null });
      const nothing = { greatestBelowMicroWh: null, smallestAboveMicroWh: null };
      expect(await store.readNeighbours("key", "2.8.0", "T", 3n)).to.deep.equal(nothing);
      expect(await store.readNeighbours("key", "1.8.0", "F", 3n)).to.deep.equal(nothing);
      expect(await store.readNeighbours("other", "1.8.0", "T", 3n)).to.deep.equal(nothing);
    });

    it("carries a session in one batch at a time", async function () {
      await openSessions("s1", "s2");
      await complete("0xs1", "r1", 1n);
      await complete("0xs2", "r2", 2n);
      expect((await store.listCompleted(9, "oracles", 0)).map(({ session: { sessionId } }) => sessionId)).to.deep.equal(
        ["0xs1", "0xs2"],
      );
      const before = await session("0xs1");
      expect(await batchOf("b1", "0xs1")).to.equal("stored");
      const again = [changeOf(before, { kind: "batched", batchId: "b2" })];
      expect(
        await store.createBatch({ batchId: "b2", kind: "oracles", sessionIds: ["0xs1"], createdAtMs: 7 }, again),
      ).to.equal("stale");
      expect((await store.listCompleted(9, "oracles", 0)).length).to.equal(1);
      expect(await store.listOpenBatches()).to.deep.equal([
        { batchId: "b1", kind: "oracles", status: "formed", sessionIds: ["0xs1"], createdAtMs: 7 },
      ]);
    });

    it("releases sessions to other batches, and ends a batch that carries none", async function () {
      await openSessions("s1", "s2");
      await complete("0xs1", "r1", 1n);
      await complete("0xs2", "r2", 2n);
      await batchOf("b1", "0xs1", "0xs2");
      await store.putTransaction(transactionOf("b1", 0, 4));
      const released = { kind: "released", isFailedAttempt: true, attemptLimit: 3 } as const;
      const one = [changeOf(await session("0xs2"), released)];
      expect(await store.releaseSessions("b1", one, null)).to.equal("stored");
      expect(await store.findBatch("b1")).to.deep.include({ status: "formed", sessionIds: ["0xs1"] });
      const other = [changeOf(await session("0xs1"), released)];
      expect(await store.releaseSessions("b1", other, "0xb10")).to.equal("stored");
      expect(await store.findBatch("b1")).to.deep.include({ status: "failed", sessionIds: [] });
      expect((await store.findTransaction("0xb10"))?.status).to.equal("reverted");
      expect(await batchOf("b2", "0xs1", "0xs2")).to.equal("stored");
    });

    it("keeps the journal of transactions from prepared to confirmed, and back when a block is undone", async function () {
      await openSessions("s1");
      await complete("0xs1", "r1", 1n);
      await batchOf("b1", "0xs1");
      const [first, second] = [transactionOf("b1", 0, 4), transactionOf("b1", 1, 4)];
      await store.putTransaction(first);
      await store.putTransaction(first);
      expect(await store.listTransactions("b1")).to.deep.equal([first]);
      expect(await store.listLiveNonces()).to.deep.equal([4]);
      await store.markSent(first.txHash, 8);
      await store.markSent(first.txHash, 9);
      expect(await store.findTransaction(first.txHash)).to.deep.include({ status: "sent", sentAtMs: 8 });
      expect((await store.findBatch("b1"))?.status).to.equal("sent");
      await store.putTransaction(second);

      await progress({ cursor: block(2), transactions: [{ txHash: first.txHash, blockNumber: 2 }] });
      expect((await store.listTransactions("b1")).map(({ status }) => status)).to.deep.equal(["confirmed", "replaced"]);
      expect((await store.findBatch("b1"))?.status).to.equal("confirmed");
      expect(await store.listLiveNonces()).to.deep.equal([]);
      expect((await store.listTransactionsAbove(1)).length).to.equal(1);

      await progress({
        cursor: block(1),
        forgetAboveBlock: 1,
        transactions: [{ txHash: first.txHash, blockNumber: null }],
      });
      expect(await store.findTransaction(first.txHash)).to.deep.include({ status: "sent", blockNumber: null });
      expect((await store.findBatch("b1"))?.status).to.equal("sent");
      expect(await store.listBlockMarks(9)).to.deep.equal([block(1)]);
    });

    it("gives up transactions whose nonce went elsewhere", async function () {
      await openSessions("s1");
      await complete("0xs1", "r1", 1n);
      await batchOf("b1", "0xs1");
      await store.putTransaction(transactionOf("b1", 0, 4));
      await store.markSent("0xb10", 8);
      await store.abandonTransactions("b1");
      expect((await store.findTransaction("0xb10"))?.status).to.equal("replaced");
      expect((await store.findBatch("b1"))?.status).to.equal("formed");
    });

    it("finds the sessions that a block opened or closed", async function () {
      await openSessions("s1", "s2");
      const position = { txHash: "0x", blockNumber: 5, blockHash: "0xa5", logIndex: 0 };
      const closing = { kind: "expired", position, returnedMicro: 1n } as const;
      const change = changeOf(await session("0xs2"), { kind: "closed", closing, reason: null });
      await progress({ cursor: block(5), changes: [change] });
      const above = async (number: number): Promise<readonly string[]> =>
        (await store.listSessionsAbove(number)).map(({ sessionId }) => sessionId);
      expect(await above(0)).to.deep.equal(["0xs1", "0xs2"]);
      expect(await above(1)).to.deep.equal(["0xs2"]);
      expect(await above(5)).to.deep.equal([]);
      expect(await store.listBlockMarks(9)).to.deep.equal([block(5), block(1)]);
    });

    it("takes several steps of a session that is new in the same range", async function () {
      const opening = newSession("s1", 1);
      const position = { ...opening.state.opening, logIndex: 1 };
      const event = {
        kind: "closed",
        closing: { kind: "expired", position, returnedMicro: 1n },
        reason: null,
      } as const;
      const next = transition(opening.state, event);
      const change = { sessionId: "0xs1", expectedSequence: 1, events: [event], next, atMs: 5 };
      expect(await progress({ cursor: block(1), openings: [opening], changes: [change] })).to.equal("stored");
      expect(await session("0xs1")).to.deep.include({ sequence: 2, state: next });
    });

    it("offers a session to a lane alone, and not before its time", async function () {
      await openSessions("s1");
      await complete("0xs1", "r1", 1n);
      await batchOf("b1", "0xs1");
      const nextTry = { lane: "meter", notBeforeMs: 50, quorumLackingSinceMs: 9 } as const;
      const released = { kind: "released", isFailedAttempt: false, attemptLimit: 3, nextTry } as const;
      await store.releaseSessions("b1", [changeOf(await session("0xs1"), released)], null);
      expect(await store.listCompleted(9, "oracles", 100)).to.deep.equal([]);
      expect(await store.listCompleted(9, "meter", 49)).to.deep.equal([]);
      expect((await store.listCompleted(9, "meter", 50)).length).to.equal(1);
    });

    it("never keeps two claims of one session, and keeps none beside a contradiction", async function () {
      const claim = { energyMicroWh: 2n ** 64n - 1n, chargingSeconds: 2 ** 32 - 1, idleSeconds: 0 };
      const first = { sessionId: "0xs1", ...claim };
      const second = { sessionId: "0xs2", ...claim };
      expect(await store.recordClaims([first], 1)).to.deep.equal([]);
      expect(await store.recordClaims([first, second], 2)).to.deep.equal([]);
      const other = { ...first, energyMicroWh: 5n };
      const third = { sessionId: "0xs3", ...claim };
      expect(await store.recordClaims([other, third], 3)).to.deep.equal(["0xs1"]);
      expect(await store.recordClaims([{ ...third, idleSeconds: 1 }], 4)).to.deep.equal([]);
      expect(await store.recordClaims([{ ...second, chargingSeconds: 1 }], 5)).to.deep.equal(["0xs2"]);
    });

    it("keeps what is to be done in a dispute from due to done, and back when a block is undone", async function () {
      await openSessions("s1");
      const seed = { sessionId: "0xs1", act: "challenge", dueAtMs: 10 } as const;
      expect(await progress({ cursor: block(2), acts: [seed, seed] })).to.equal("stored");
      expect(await store.listDueActs(9, 5)).to.deep.equal([]);
      const [due] = await store.listDueActs(10, 5);
      if (due === undefined) expect.fail("Nothing is due.");
      const nothingYet = { ...seed, status: "due", attempts: 0, batchId: null, reason: null };
      expect(due).to.deep.equal(nothingYet);

      await store.beginAct(due, { batchId: "d1", kind: "dispute", sessionIds: [], createdAtMs: 7 });
      const prepared = await store.findActOfBatch("d1");
      expect(prepared).to.deep.equal({ ...nothingYet, status: "prepared", batchId: "d1" });
      expect((await store.listOpenBatches()).map(({ kind }) => kind)).to.deep.equal(["dispute"]);
      await store.postponeAct(prepared ?? due, 99, "WHY");
      expect(await store.listOpenBatches()).to.deep.equal([]);
      expect(await store.listActs("0xs1")).to.deep.equal([{ ...nothingYet, dueAtMs: 99, attempts: 1, reason: "WHY" }]);

      await progress({ cursor: block(3), finishedActs: [seed] });
      expect((await store.listActs("0xs1"))[0]?.status).to.equal("done");
      await progress({ cursor: block(2), forgetAboveBlock: 2, reopenedActs: ["0xs1"] });
      const [again] = await store.listDueActs(99, 5);
      if (again === undefined) expect.fail("Nothing is due again.");
      await store.giveUpAct(again, "LOST");
      expect((await store.listActs("0xs1"))[0]).to.deep.include({ status: "given-up", reason: "LOST" });
    });

    it("assigns tariffs once, ends and replaces them in one step, and forgets nobody who did", async function () {
      const [first, second] = ["0xt1", "0xt2"].map((id) => ({ tariffId: id, tariff: testTariff }));
      if (first === undefined || second === undefined) expect.fail("There are two.");
      const on = (blockNumber: number, by: string) => ({
        at: { blockNumber, atSeconds: blockNumber * 12 },
        atMs: blockNumber,
        by,
      });
      const assign = { evses: [7, 8, 7], tariffs: [first], isReplacing: false };
      expect(await store.assignTariffs({ ...assign, ...on(1, "A") })).to.deep.equal([
        { evse: 7, tariffId: "0xt1", step: "assigned" },
        { evse: 8, tariffId: "0xt1", step: "assigned" },
      ]);
      expect(await store.assignTariffs({ ...assign, ...on(2, "B") })).to.deep.equal([]);
      expect(await store.findTariff("0xt1")).to.deep.equal(testTariff);
      const replace = { evses: [7], tariffs: [second], isReplacing: true };
      expect(await store.assignTariffs({ ...replace, ...on(3, "C") })).to.deep.equal([
        { evse: 7, tariffId: "0xt1", step: "ended" },
        { evse: 7, tariffId: "0xt2", step: "assigned" },
      ]);
      const end = { evses: [7, 8, 9], tariffId: "0xt2" };
      expect(await store.unassignTariff({ ...end, ...on(4, "D") })).to.deep.equal([
        { evse: 7, tariffId: "0xt2", step: "ended" },
      ]);
      expect(await store.unassignTariff({ ...end, ...on(5, "E") })).to.deep.equal([]);

      store = await under.reopen();
      const begun = { since: { blockNumber: 1, atSeconds: 12 }, assignedAtMs: 1, assignedBy: "A" };
      const going = { until: null, endedAtMs: null, endedBy: null };
      expect(await store.listAssignmentsOfEvse(7)).to.deep.equal([
        {
          ...{ ordinal: 1, evse: 7, tariffId: "0xt1" },
          ...begun,
          ...{ until: { blockNumber: 3, atSeconds: 36 }, endedAtMs: 3, endedBy: "C" },
        },
        {
          ...{ ordinal: 3, evse: 7, tariffId: "0xt2", since: { blockNumber: 3, atSeconds: 36 } },
          ...{ assignedAtMs: 3, assignedBy: "C", until: { blockNumber: 4, atSeconds: 48 }, endedAtMs: 4, endedBy: "D" },
        },
      ]);
      const ofEight = { ordinal: 2, evse: 8, tariffId: "0xt1", ...begun, ...going };
      const page = { evse: null, isWithEnded: false, afterOrdinal: 0, limit: 9 };
      expect(await store.listTariffAssignments(page)).to.deep.equal([ofEight]);
      expect(await store.listTariffAssignments({ ...page, evse: 7 })).to.deep.equal([]);
      expect(await store.listTariffAssignments({ ...page, afterOrdinal: 2 })).to.deep.equal([]);
      const ordinals = async (limit: number, afterOrdinal: number) =>
        (await store.listTariffAssignments({ ...page, isWithEnded: true, limit, afterOrdinal })).map(
          ({ ordinal }) => ordinal,
        );
      expect([await ordinals(2, 0), await ordinals(2, 2)]).to.deep.equal([[1, 2], [3]]);
      // What ended can begin again.
      expect(await store.assignTariffs({ ...replace, ...on(6, "F") })).to.deep.equal([
        { evse: 7, tariffId: "0xt2", step: "assigned" },
      ]);
    });

    it("knows at which EVSEs of its stations nothing can be charged", async function () {
      await store.putStation({ stationId: "A", apiKeySha256: "01", evses: [3, 1] });
      await store.putStation({ stationId: "B", apiKeySha256: "02", evses: [2, 1] });
      const tariffs = [{ tariffId: "0xt1", tariff: testTariff }];
      const on = { at: { blockNumber: 0, atSeconds: 0 }, atMs: 0, by: "A" };
      await store.assignTariffs({ evses: [2, 9], tariffs, isReplacing: false, ...on });
      expect(await store.listEvsesWithoutTariff(9)).to.deep.equal([1, 3]);
      expect(await store.listEvsesWithoutTariff(1)).to.deep.equal([1]);
      await store.unassignTariff({ evses: [2], tariffId: "0xt1", ...on });
      expect(await store.listEvsesWithoutTariff(9)).to.deep.equal([1, 2, 3]);
      expect(await store.readLastBlockBeforeAssignments()).to.equal(-1);
    });

    it("keeps proofs of possession by their tag, the record byte by byte, and of all those that expire last", async function () {
      const possession = {
        ...{ tag: "A".repeat(20), evse: 7, stationId: "CS-1", stationEvse: 2, curve: "secp256r1" as const },
        ...{ publicKey: `0x${"33".repeat(64)}`, expectedAtMs: 1, expiresAtMs: 10, starts: 0 },
        ...{ record: null, receivedAtMs: null },
      };
      const other = { ...possession, tag: "B".repeat(20), expiresAtMs: 30 };
      const received = { ...possession, starts: 1, record: new Uint8Array([79, 0, 255]), receivedAtMs: 5 };
      expect(await store.listPossessions()).to.deep.equal([]);
      await store.putPossession(possession, 2);
      await store.putPossession(other, 2);
      await store.putPossession(received, 2);
      expect(await store.listPossessions()).to.deep.equal([other, received]);
      const newest = { ...possession, tag: "C".repeat(20), expiresAtMs: 20 };
      await store.putPossession(newest, 2);
      store = await under.reopen();
      expect(await store.listPossessions()).to.deep.equal([other, newest]);
    });

    it("writes all or nothing of a call, whatever is written beside it", async function () {
      const good = Array.from({ length: 20 }, (_unused, index) => message(`m${index}`));
      const results = await Promise.allSettled([
        ...good.slice(0, 10).map((each) => store.putMessage(each)),
        store.putTransaction(transactionOf("no such batch", 0, 1)),
        ...good.slice(10).map((each) => store.putMessage(each)),
      ]);
      expect(results.filter(({ status }) => status === "rejected").length).to.equal(1);
      expect((await store.listPendingMessages(99)).length).to.equal(20);
      await expectCode(store.putTransaction(transactionOf("no such batch", 0, 1)), "STORE_UNAVAILABLE");
    });

    it("has everything it answered for after it was opened again", async function () {
      await openSessions("s1");
      await complete("0xs1", "r1", 1n);
      const before = await session("0xs1");
      store = await under.reopen();
      expect(await session("0xs1")).to.deep.equal(before);
      expect(await store.readCursor()).to.deep.equal(block(1));
      expect(await store.findCdr("0xs1")).to.deep.equal(cdrOf("0xs1"));
    });

    it("takes no more writes once it is closed, and can be closed twice", async function () {
      await store.close();
      await store.close();
      await expectCode(store.putMessage(message("m")), "STORE_UNAVAILABLE");
    });
  });
}

export async function expectCode(work: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(WattproofError).with.property("code", code);
}
