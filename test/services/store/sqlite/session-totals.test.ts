import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";
import fc from "fast-check";

import type { Cdr } from "../../../../services/domain/cdr.ts";
import { quarterMs } from "../../../../services/domain/energy-totals.ts";
import { openSession, transition, type Closing, type SessionEvent } from "../../../../services/domain/session.ts";
import { sumsOf } from "../../../../services/domain/session-sums.ts";
import { migrations } from "../../../../services/store/sqlite/migrations.ts";
import { operatorSumsStep } from "../../../../services/store/sqlite/operator-sums.ts";
import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import type { SessionChange, Store, StoredSession } from "../../../../services/store/store.ts";
import { testTariff } from "../../../helpers/test-tariff.ts";
import { testOpening } from "../../../helpers/test-opening.ts";

const operators = [`0x${"A1".repeat(20)}`, `0x${"B2".repeat(20)}`] as const;
const tariffId = `0x${"77".repeat(32)}`;
const position = { txHash: "0xt", blockNumber: 2, blockHash: "0xb", logIndex: 0 };

/** What can become of one session, as far as sums are concerned. */
const fate = fc.record({
  operator: fc.constantFrom(...operators),
  quarter: fc.integer({ min: 0, max: 3 }),
  grossMicro: fc.nat({ max: 40_000_000 }),
  holdMicro: fc.nat({ max: 30_000_000 }),
  toppedUpMicro: fc.nat({ max: 5_000_000 }),
  hasRecord: fc.boolean(),
  ending: fc.constantFrom(
    "none",
    "settled",
    "settled-by-others",
    "challenged",
    "refunded",
    "agreed",
    "expired",
    "skipped",
  ),
  chargedMicro: fc.nat({ max: 30_000_000 }),
  givenBackMicro: fc.nat({ max: 40_000_000 }),
});
type Fate = typeof fate extends fc.Arbitrary<infer Value> ? Value : never;

describe("Sums of sessions", function () {
  this.timeout(120_000);
  let folder: string;
  let store: Store;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-totals-"));
    store = openSqliteStore(folder);
  });
  afterEach(async function () {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function commit(part: Partial<Parameters<Store["commitChain"]>[0]>): Promise<void> {
    const outcome = await store.commitChain({
      ...{ expectedCursor: await store.readCursor(), cursor: null, forgetAboveBlock: null, tariffs: [], openings: [] },
      ...{ changes: [], reopenings: [], transactions: [], acts: [], finishedActs: [], reopenedActs: [], ...part },
    });
    expect(outcome).to.equal("stored");
  }

  async function found(sessionId: string): Promise<StoredSession> {
    return (await store.findSession(sessionId)) ?? expect.fail(`${sessionId} is missing`);
  }

  async function changeBy(sessionId: string, event: SessionEvent, atMs: number): Promise<SessionChange> {
    const { sequence, state } = await found(sessionId);
    return { sessionId, expectedSequence: sequence, events: [event], next: transition(state, event), atMs };
  }

  async function live(sessionId: string, life: Fate): Promise<void> {
    const atMs = life.quarter * quarterMs + 7;
    const event = {
      kind: "opened",
      opening: { ...position, ...testOpening, blockNumber: 1 },
      unservableReason: null,
    } as const;
    const terms = {
      ...{ driver: "0xd", lane: 0, nonce: 1, operator: life.operator, agreement: 0, maximumPowerW: 1, evse: 1 },
      ...{ meter: 1, tariffId, holdMicro: BigInt(life.holdMicro), expiresAt: 9 },
    };
    await commit({
      cursor: await store.readCursor().then((known) => known ?? { number: 1, hash: "0xa1" }),
      tariffs: [{ tariffId, tariff: testTariff }],
      openings: [{ sessionId, idTag: sessionId, terms, event, state: openSession(event), atMs: 1 }],
    });
    const next = async (change: SessionEvent, at = atMs): Promise<void> => {
      await commit({ cursor: await store.readCursor(), changes: [await changeBy(sessionId, change, at)] });
    };
    await next({ kind: "topped-up", topUp: { position, totalMicro: BigInt(life.toppedUpMicro) } });
    if (life.hasRecord || life.ending === "settled") await recordOf(sessionId, life, atMs);
    const closing = closingOf(life);
    if (closing !== null) await next({ kind: "closed", closing, reason: closing.kind === "skipped" ? "X" : null });
    const givenBackMicro = BigInt(life.givenBackMicro);
    if (life.ending === "refunded") await next({ kind: "refunded", position, amountMicro: givenBackMicro }, 1e12);
    if (life.ending === "challenged") {
      const amounts = { paidMicro: BigInt(life.chargedMicro), provenMicro: givenBackMicro };
      await next({ kind: "challenged", position, challenger: "0xc", ...amounts }, 1e12);
    }
  }

  async function recordOf(sessionId: string, life: Fate, atMs: number): Promise<void> {
    const price = {
      flatFeeMicro: 0n,
      energyMicro: 0n,
      chargingMicro: 0n,
      connectedMicro: 0n,
      ...{ flatTaxMicro: 0n, energyTaxMicro: 0n, chargingTaxMicro: 0n, connectedTaxMicro: 0n },
      netMicro: 0n,
      taxMicro: 0n,
    };
    const cdr: Cdr = {
      ...{ sessionId, meter: { number: 1, curve: "secp256r1", publicKey: "0x" }, energyWh: "1.5" },
      ...{ energyMicroWh: 1_500_000n, chargingSeconds: 3, connectedSeconds: 3, isBoundToSession: true },
      ...{ chargedMicro: 0n, returnedMicro: 0n, price: { ...price, grossMicro: BigInt(life.grossMicro) } },
      evidence: { grade: "meter-signed-bound", reasons: [], flags: [] },
    };
    const body = new Uint8Array([1]);
    const source = { kind: "http", stationId: "S", body, mediaType: "text/plain" } as const;
    const message = { messageId: sessionId, source, record: body };
    await store.putMessage({ ...message, sessionReference: null, receivedAtMs: 1 });
    const change = await changeBy(sessionId, { kind: "evidence-completed" }, atMs);
    const { outcome } = await store.commitStep({
      message: {
        messageId: sessionId,
        verdict: { outcome: "accepted", code: null, detail: null, recordIdentity: sessionId },
        record: {
          ...{ recordIdentity: sessionId, sessionId, messageId: sessionId, payloadSha256: "00" },
          ...{ meterKeyId: sessionId, paginationContext: "T", paginationNumber: 1n, isBoundToSession: true },
          ...{ reading: null, isBoundary: true, isSettleableByMeter: true, energyWh: "1.5", spans: [] },
        },
        meterKeyId: sessionId,
        expectedRecordCount: 0,
      },
      session: { change, cdr, acts: [] },
    });
    expect(outcome).to.equal("stored");
  }

  it("are what the sessions say one by one, for each operator and for all, whatever became of them", async function () {
    let count = 0;
    const names: string[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 4 }), async (lives) => {
        for (const life of lives) {
          count += 1;
          const sessionId = `0x${count.toString().padStart(64, "0")}`;
          await live(sessionId, life);
          names.push(sessionId);
        }
        for (const operator of [...operators, null]) {
          const expected = { sessions: 0, energyMicroWh: 0n, billedMicro: 0n, settledMicro: 0n };
          for (const name of names) {
            const session = await found(name);
            if (operator !== null && session.terms.operator !== operator) continue;
            const cdr = await store.findCdr(name);
            const { closing } = session.state;
            const { billedMicro, settledMicro } = sumsOf(session, cdr);
            if (billedMicro === null) continue;
            expected.sessions += 1;
            expected.energyMicroWh += cdr?.energyMicroWh ?? (closing?.kind === "settled" ? closing.energyMicroWh : 0n);
            expected.billedMicro += billedMicro;
            expected.settledMicro += settledMicro ?? 0n;
          }
          const sums = await store.sumSessions(0, 4 * quarterMs, operator);
          const summed = sums.reduce(
            (sum, part) => ({
              sessions: sum.sessions + part.sessions,
              energyMicroWh: sum.energyMicroWh + part.energyMicroWh,
              billedMicro: sum.billedMicro + part.billedMicro,
              settledMicro: sum.settledMicro + part.settledMicro,
            }),
            { sessions: 0, energyMicroWh: 0n, billedMicro: 0n, settledMicro: 0n },
          );
          expect(summed).to.deep.equal(expected);
          expect(summed.settledMicro <= summed.billedMicro).to.equal(true);
        }
      }),
      { numRuns: 40 },
    );
    expect(await store.listOperators(9)).to.deep.equal([...operators]);
  });

  it("are there for sessions of a folder that was written before", async function () {
    await live(`0x${"01".repeat(32)}`, { ...plainFate, ending: "settled-by-others" });
    await live(`0x${"02".repeat(32)}`, { ...plainFate, ending: "challenged", hasRecord: true });
    const expected = await store.sumSessions(0, 4 * quarterMs, null);
    expect(expected).to.have.lengthOf(1);
    await store.close();
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"));
    // Back to the step before: what it summed up is of no use to this one.
    database.exec(`DROP TRIGGER session_totals_begin; DROP TRIGGER session_totals_follow; DROP VIEW session_amounts;
      DROP VIEW session_parts; DROP TABLE session_totals; DROP INDEX sessions_operator_status;
      CREATE TABLE cdr_totals (quarter INTEGER); CREATE VIEW cdr_amounts AS SELECT 1;
      CREATE TRIGGER cdr_totals_begin AFTER INSERT ON cdrs BEGIN SELECT 1; END;
      CREATE TRIGGER cdr_totals_follow AFTER UPDATE ON sessions BEGIN SELECT 1; END;`);
    expect(migrations).to.include(operatorSumsStep);
    database.exec(operatorSumsStep);
    database.close();
    store = openSqliteStore(folder);
    expect(await store.sumSessions(0, 4 * quarterMs, null)).to.deep.equal(expected);
  });
});

const plainFate: Fate = {
  ...{ operator: operators[0], quarter: 1, grossMicro: 9, holdMicro: 100, toppedUpMicro: 0, hasRecord: false },
  ...{ ending: "none", chargedMicro: 8, givenBackMicro: 3 },
};

function closingOf({ ending, chargedMicro }: Fate): Closing | null {
  if (ending === "none") return null;
  if (ending === "expired") return { kind: "expired", position, returnedMicro: 0n };
  if (ending === "skipped") return { kind: "skipped", position };
  const amounts = { chargedMicro: BigInt(chargedMicro), returnedMicro: 0n };
  if (ending === "agreed") return { kind: "agreed", position, ...amounts };
  return {
    kind: "settled",
    position,
    energyMicroWh: 2_000_000n,
    chargingSeconds: 1,
    connectedSeconds: 1,
    batch: 1,
    isReadable: true,
    ...amounts,
  };
}
