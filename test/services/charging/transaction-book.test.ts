import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { createTransactionBook, type TransactionBook } from "../../../services/charging/transaction-book.ts";
import type { ChargingTransaction } from "../../../services/store/charging.ts";
import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../../services/store/store.ts";

const stationId = "CS-1";

describe("The book of transactions", function () {
  let folder: string;
  let store: Store;
  let book: TransactionBook;
  let isBroken: boolean;
  let begun: ChargingTransaction;

  beforeEach(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-book-"));
    store = openSqliteStore(folder);
    isBroken = false;
    book = createTransactionBook({
      store: {
        ...store,
        commitChargingFrames: (steps) =>
          isBroken ? Promise.reject(new Error("The disk is full")) : store.commitChargingFrames(steps),
      },
    });
    await store.putStation({ stationId, apiKeySha256: "00", evses: [1] });
    begun = await begin("1");
  });
  afterEach(async function () {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function begin(ocppTransactionId: string): Promise<ChargingTransaction> {
    const unknown = { evse: 1, connector: null, idToken: "A", sessionId: null, startedAtMs: 1, endedAtMs: null };
    const stored = await book.commit({
      transaction: {
        ...unknown,
        ...{ stationId, protocol: "ocpp1.6", ocppTransactionId, lastMessageAtMs: 1, endSignAtMs: null },
        ...{ askedAtMs: null, isOpen: true, watched: null, stopOrder: null, assessment: null, assessedFrame: null },
        ...{ remoteStartId: null, waitUntilMs: null, assessDueAtMs: null, assessedAtMs: null, lateFrames: 0 },
      },
    });
    if (stored === null) throw new Error("It was not stored");
    return stored;
  }

  async function frame(): Promise<number> {
    const what = { stationId, protocol: "ocpp1.6", direction: "in", text: "[]", action: "MeterValues" } as const;
    const other = { receivedAtMs: 1, messageId: "1", answer: null, faults: null };
    return (await store.commitFrame({ ...what, ...other }, [])).frame.ordinal;
  }

  async function onDisk(): Promise<object> {
    const [kept] = await store.findChargingTransactions(stationId, begun.ocppTransactionId);
    const frames = await store.listTransactionFrames(begun.ordinal);
    return { lastMessageAtMs: kept?.lastMessageAtMs, frames: frames.map(({ ordinal }) => ordinal) };
  }

  it("shows at once what it keeps for later, and has it on disk after the next flush", async function () {
    const frames = [await frame(), await frame()];
    await book.list(stationId);
    for (const [index, ordinal] of frames.entries()) {
      const energyWh = { unscaled: 10n ** 20n + BigInt(index), scale: 3 };
      const suspect = { registerWh: energyWh, quantumWh: energyWh, atMs: index };
      const watched = { ...suspect, energyWh, beganAtMs: 1, suspect };
      book.commitLater({ ...begun, lastMessageAtMs: 2 + index, watched }, ordinal);
    }
    const [listed] = await book.list(stationId);
    expect(listed?.lastMessageAtMs).to.equal(3);
    expect(await onDisk()).to.deep.equal({ lastMessageAtMs: 1, frames: [] });
    await book.flush();
    expect(await onDisk()).to.deep.equal({ lastMessageAtMs: 3, frames });
    expect(await store.findChargingTransactions(stationId, "1")).to.deep.equal([{ ...listed, revision: 1 }]);
  });

  it("has it on disk before anything that is committed after it", async function () {
    const ordinal = await frame();
    book.commitLater({ ...begun, lastMessageAtMs: 2 }, ordinal);
    await begin("2");
    expect(await onDisk()).to.deep.equal({ lastMessageAtMs: 2, frames: [ordinal] });
  });

  it("keeps what could not be written for the next time, and commits nothing before it", async function () {
    const frames = [await frame(), await frame()];
    isBroken = true;
    book.commitLater({ ...begun, lastMessageAtMs: 2 }, frames[0] ?? 0);
    const failed = book.flush().then(
      () => "written",
      () => "failed",
    );
    book.commitLater({ ...begun, lastMessageAtMs: 3 }, frames[1] ?? 0);
    expect(await failed).to.equal("failed");
    expect(await begin("2").catch(() => "failed")).to.equal("failed");
    isBroken = false;
    await book.flush();
    expect(await onDisk()).to.deep.equal({ lastMessageAtMs: 3, frames });
  });
});
