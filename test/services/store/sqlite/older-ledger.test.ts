import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";
import { z } from "zod";

import { transition } from "../../../../services/domain/session.ts";
import { freeTariff, priceOf, taxedAlike } from "../../../../services/domain/tariff.ts";
import { migrations } from "../../../../services/store/sqlite/migrations.ts";
import { openSqliteStore } from "../../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../../services/store/store.ts";
import { isOfOlderContracts } from "../../../../services/store/sqlite/older-contracts.ts";
import { frameOf } from "../samples.ts";
import { expectCode } from "../world.ts";

const vectors = new URL("../../../vectors/ledger-241f0c3/", import.meta.url);
const sources = new URL("../../../../services/store/sqlite/", import.meta.url);

/** What the code of that commit read from its own ledger, as make.mjs wrote it. */
const bySession = z.record(z.string(), z.unknown());
const expectedSchema = z.object({
  schemaVersion: z.number(),
  stations: z.array(z.unknown()),
  sessions: z.array(z.looseObject({ sessionId: z.string() })),
  sessionCounts: z.record(z.string(), z.number()),
  records: bySession,
  readings: bySession,
  cdrs: bySession,
  acts: bySession,
  tariff: z.unknown(),
  cursor: z.unknown(),
  blockMarks: z.unknown(),
  openBatches: z.unknown(),
  transactionsAbove: z.unknown(),
  liveNonces: z.unknown(),
  frames: z.array(z.looseObject({ ordinal: z.number(), stationId: z.string() })),
  parkedFrames: z.array(z.looseObject({ ordinal: z.number(), stationId: z.string() })),
  frameCursor: z.number(),
  chargingTransactions: z.unknown(),
  transactionFrames: z.unknown(),
});
type Expected = z.infer<typeof expectedSchema>;

const bigintMark = z.strictObject({ bigint: z.string() });
const bytesMark = z.strictObject({ bytes: z.string() });

/** Contracts of then priced idling, which nobody could prove, and challenges were answered; there is nothing of it today. */
const dropped: ReadonlySet<string> = new Set([
  "idleSeconds",
  "idleMicro",
  // Prices and taxes have other units and names today; what the tariff is now has a test of its own.
  "priceMicroPerKwh",
  "priceMicroPerChargingMinute",
  "priceMicroPerIdleMinute",
  "taxBps",
  "idleGraceSeconds",
  "idleStepSeconds",
  "answerableUntil",
  "ending",
]);

function revive(key: string, value: unknown): unknown {
  if (dropped.has(key)) return undefined;
  const number = bigintMark.safeParse(value);
  if (number.success) return BigInt(number.data.bigint);
  const bytes = bytesMark.safeParse(value);
  return bytes.success ? new Uint8Array(Buffer.from(bytes.data.bytes, "base64")) : value;
}

/** `found` without the members that `known` has not: what later versions have added. */
function likeThen(found: unknown, known: unknown): unknown {
  if (Array.isArray(found) && Array.isArray(known)) {
    const items: readonly unknown[] = known;
    return found.map((item: unknown, index) => (index < items.length ? likeThen(item, items[index]) : item));
  }
  const one = z.record(z.string(), z.unknown()).safeParse(found);
  const other = z.record(z.string(), z.unknown()).safeParse(known);
  if (found instanceof Uint8Array || !one.success || !other.success) return found;
  const members = Object.entries(one.data).filter(([name]) => Object.hasOwn(other.data, name));
  return Object.fromEntries(members.map(([name, value]) => [name, likeThen(value, other.data[name])]));
}

/** A decimal without its point: Wh of kWh with three places, 10⁻⁶ token of tokens with six. */
function unitsOf(text = ""): bigint {
  return BigInt(text.replace(".", ""));
}

function expectAsThen(found: unknown, known: unknown): void {
  expect(likeThen(found, known)).to.deep.equal(known);
}

describe("A ledger that commit 241f0c3 wrote", function () {
  let folder: string;
  let expected: Expected;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-older-"));
    const packed = await readFile(new URL("ledger.sqlite.gz", vectors));
    await writeFile(join(folder, "wattproof.sqlite"), gunzipSync(packed));
    expected = expectedSchema.parse(JSON.parse(await readFile(new URL("expected.json", vectors), "utf8"), revive));
  });
  afterEach(async function () {
    await rm(folder, { recursive: true, force: true });
  });

  function readVersion(): number {
    const database = new DatabaseSync(join(folder, "wattproof.sqlite"), { readOnly: true });
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    database.close();
    return version;
  }

  /** Everything that the code of then read is read today. */
  async function expectEverything(store: Store): Promise<void> {
    expectAsThen(await store.listStations(), expected.stations);
    expectAsThen(await store.listSessions({ status: null, limit: 1_000, after: null }), expected.sessions);
    expectAsThen(Object.fromEntries(await store.countSessions()), expected.sessionCounts);
    for (const { sessionId } of expected.sessions) {
      expectAsThen(await store.listRecords(sessionId), expected.records[sessionId]);
      expectAsThen(await store.listReadings(sessionId), expected.readings[sessionId]);
      expectAsThen(await store.findCdr(sessionId), expected.cdrs[sessionId]);
      expectAsThen(await store.listActs(sessionId), expected.acts[sessionId]);
    }
    const [session] = await store.listSessions({ status: null, limit: 1, after: null });
    expectAsThen(await store.findTariff(session?.terms.tariffId ?? ""), expected.tariff);
    expectAsThen(await store.readCursor(), expected.cursor);
    expectAsThen(await store.listBlockMarks(1_000), expected.blockMarks);
    expectAsThen(await store.listOpenBatches(), expected.openBatches);
    expectAsThen(await store.listTransactionsAbove(0), expected.transactionsAbove);
    expectAsThen(await store.listLiveNonces(), expected.liveNonces);
    expectAsThen(await store.listChargingTransactions("OLD-A"), expected.chargingTransactions);
    expectAsThen(await store.listTransactionFrames(1), expected.transactionFrames);
    for (const stationId of ["OLD-A", "OLD-B", "OLD-C"]) {
      const then = expected.frames.filter((frame) => frame.stationId === stationId);
      const found = await store.listFrames(stationId, 0, 1_000);
      expectAsThen(found, then);
      expect(found.map(({ stationOrdinal }) => stationOrdinal)).to.deep.equal(then.map((_frame, index) => index + 1));
      const parked = expected.parkedFrames.filter((frame) => frame.stationId === stationId);
      expectAsThen(await store.listParkedFrames(stationId, 1_000), parked);
    }
  }

  it("has the schema of then before it is opened, and today's afterwards", async function () {
    expect(readVersion()).to.equal(expected.schemaVersion);
    await openSqliteStore(folder).close();
    expect(readVersion()).to.equal(migrations.length);
  });

  it("is read today as the code of then read it", async function () {
    expect(expected.sessions.length).to.equal(20);
    expect(expected.frames.length).to.equal(8);
    const store = openSqliteStore(folder);
    await expectEverything(store);
    await store.close();
  });

  it("has cars that were connected as long as they charged, and says so of what was signed", async function () {
    const store = openSqliteStore(folder);
    for (const { sessionId, state } of await store.listSessions({ status: "settled", limit: 1_000, after: null })) {
      if (state.closing?.kind !== "settled") expect.fail(`${sessionId} is not settled.`);
      const { energyMicroWh, chargingSeconds, connectedSeconds } = state.closing;
      expect(connectedSeconds).to.equal(chargingSeconds);
      const claim = { sessionId, energyMicroWh, chargingSeconds, connectedSeconds };
      expect(await store.recordClaims([claim], 1)).to.deep.equal([]);
      expect(await store.recordClaims([{ ...claim, connectedSeconds: connectedSeconds + 1 }], 2)).to.deep.equal([
        sessionId,
      ]);
    }
    await store.close();
  });

  it("has its tariff as it is told today, at the same price for each of its sessions", async function () {
    const store = openSqliteStore(folder);
    const [any] = await store.listSessions({ status: "settled", limit: 1, after: null });
    const tariff = (await store.findTariff(any?.terms.tariffId ?? "")) ?? expect.fail("There is no tariff.");
    expect(tariff).to.deep.equal({
      ...{ ...freeTariff, ...taxedAlike(810) },
      ...{ flatFeeMicro: 350_000n, priceNanoPerKwh: 420_000_000n },
      ...{ priceNanoPerChargingHour: 720_000_000n, chargingStepSeconds: 60 },
      ...{ minimumMicro: 500_000n, minimumGrossMicro: 540_500n },
    });
    let priced = 0;
    for (const { sessionId } of await store.listSessions({ status: "settled", limit: 1_000, after: null })) {
      const cdr = await store.findCdr(sessionId);
      if (cdr === null) continue;
      const { netMicro, grossMicro } = priceOf(tariff, cdr.energyMicroWh, cdr.chargingSeconds, cdr.connectedSeconds);
      // Each component's tax is rounded down today, which can be two millionths less than that of the sum.
      expect([netMicro, cdr.price.grossMicro - grossMicro <= 2n]).to.deep.equal([cdr.price.netMicro, true]);
      priced += 1;
    }
    expect(priced).to.be.greaterThan(5);
    await store.close();
  });

  it("adds up to what the demo of then reported", async function () {
    const report = await readFile(new URL("report.txt", vectors), "utf8");
    const [, planned, settled, , , energyKwh, charged] =
      / +all +(\d+) +(\d+) +(\d+) +(\d+) +([\d.]+) +([\d.]+) /.exec(report) ?? expect.fail("The report has no sums.");
    const store = openSqliteStore(folder);
    const quarters = await store.sumSessions(0, Number.MAX_SAFE_INTEGER, null);
    await store.close();
    const sum = (valueOf: (quarter: (typeof quarters)[number]) => bigint) =>
      quarters.reduce((total, quarter) => total + valueOf(quarter), 0n);
    expect(sum(({ sessions }) => BigInt(sessions))).to.equal(BigInt(settled ?? 0));
    expect(sum(({ energyMicroWh }) => energyMicroWh)).to.equal(unitsOf(energyKwh) * 1_000_000n);
    expect(sum(({ settledMicro }) => settledMicro)).to.equal(unitsOf(charged));
    expect(planned).to.equal("21");
  });

  it("goes on: each station is handed on from where it was, and what is written stays", async function () {
    let store = openSqliteStore(folder);
    const handedOn = (stationId: string) =>
      expected.frames.filter((frame) => frame.stationId === stationId && frame.ordinal <= expected.frameCursor).length;
    const newest = (stationId: string) => expected.frames.filter((frame) => frame.stationId === stationId).length;
    expect(await store.listFrameBacklogs()).to.deep.equal(
      ["OLD-A", "OLD-B"].map((stationId) => ({
        stationId,
        stationOrdinal: handedOn(stationId),
        newestOrdinal: newest(stationId),
      })),
    );
    const { frame } = await store.commitFrame(frameOf("OLD-C", "in", "Heartbeat"), []);
    expect(frame.stationOrdinal).to.equal(newest("OLD-C") + 1);
    const [settled] = await store.listSessions({ status: "settled", limit: 1, after: null });
    if (settled === undefined) expect.fail("No session is settled.");
    const event = { kind: "closing-reorganised" } as const;
    const change = {
      sessionId: settled.sessionId,
      expectedSequence: settled.sequence,
      events: [event],
      next: transition(settled.state, event),
      atMs: 1,
    };
    const cursor = await store.readCursor();
    const progress = { expectedCursor: cursor, cursor, forgetAboveBlock: null, changes: [change] };
    const nothing = {
      tariffs: [],
      openings: [],
      reopenings: [],
      transactions: [],
      acts: [],
      finishedActs: [],
      reopenedActs: [],
    };
    expect(await store.commitChain({ ...progress, ...nothing })).to.equal("stored");
    await store.close();

    store = openSqliteStore(folder);
    expect((await store.listFrames("OLD-C", 0, 10)).at(-1)).to.deep.equal(frame);
    expect((await store.findSession(settled.sessionId))?.state).to.deep.equal(change.next);
    expect((await store.listFrameBacklogs()).map(({ stationId }) => stationId)).to.deep.equal([
      "OLD-A",
      "OLD-B",
      "OLD-C",
    ]);
    await store.close();
  });

  it("is known as one of the first contracts, before and after it is brought up to date, and settles nothing", async function () {
    expect(isOfOlderContracts(folder)).to.equal(true);
    const store = openSqliteStore(folder);
    const owner = { chainId: 31_337, settlement: `0x${"11".repeat(20)}`, oracle: `0x${"22".repeat(20)}` };
    await expectCode(store.claimLedger(owner, null), "STORE_OF_OLDER_CONTRACTS");
    for (const session of await store.listSessions({ status: null, limit: 1_000, after: null })) {
      expect(session.state.opening).to.deep.include({ openedAt: 0, salt: 0 });
      expect((await store.findSessionByIdTag(session.idTag))?.sessionId).to.equal(session.sessionId);
      expect(await store.listIdTags(session.sessionId)).to.deep.equal([session.idTag]);
    }
    await store.close();
    expect(isOfOlderContracts(folder)).to.equal(true);
  });

  it("differs in that from one that begins today", async function () {
    const other = await mkdtemp(join(tmpdir(), "wattproof-today-"));
    const store = openSqliteStore(other);
    expect(isOfOlderContracts(other)).to.equal(false);
    const owner = { chainId: 31_337, settlement: `0x${"11".repeat(20)}`, oracle: `0x${"22".repeat(20)}` };
    expect(await store.claimLedger(owner, null)).to.equal("claimed");
    await store.close();
    expect(isOfOlderContracts(other)).to.equal(false);
    await rm(other, { recursive: true, force: true });
  });

  it("is whole after a kill at any step of bringing it up to date, and the next start completes that", async function () {
    this.timeout(120_000);
    const steps = migrations.slice(expected.schemaVersion);
    const places = [...steps, `PRAGMA user_version = ${migrations.length}`];
    for (const place of places) {
      const killed = spawnSync(process.execPath, ["--input-type=module", "-e", killAfter(place)], { encoding: "utf8" });
      expect(killed.signal, killed.stderr).to.equal("SIGKILL");
      expect(readVersion()).to.equal(expected.schemaVersion);
    }
    const store = openSqliteStore(folder);
    await expectEverything(store);
    await store.close();
    expect(readVersion()).to.equal(migrations.length);
  });

  /** A process that opens the ledger and dies after one statement of that. */
  function killAfter(statement: string): string {
    return `
      import { DatabaseSync } from "node:sqlite";
      import { openDatabase } from ${JSON.stringify(fileURLToPath(new URL("database.ts", sources)))};
      const { exec } = DatabaseSync.prototype;
      DatabaseSync.prototype.exec = function (sql) {
        exec.call(this, sql);
        if (sql === ${JSON.stringify(statement)}) process.kill(process.pid, "SIGKILL");
      };
      openDatabase(${JSON.stringify(folder)});
    `;
  }
});
