import { expect } from "chai";

import type { ChainBlock, ChainReading } from "../../../services/chain/chain.ts";
import { WattproofError } from "../../../services/errors.ts";
import { createMetrics } from "../../../services/observability/metrics.ts";
import { createBlockReader, type BlockReader } from "../../../services/settlement/read-blocks.ts";

const nothing: ChainReading = { events: [], omissions: [] };

function codeOf(error: unknown): string {
  return error instanceof WattproofError ? error.code : String(error);
}

describe("Reading the next blocks", function () {
  let asked: (readonly [number, number])[];
  let broken: number | null;
  let nowMs: number;
  let elapsedMs: number;
  let alerts: unknown[];
  let blocks: BlockReader;

  beforeEach(function () {
    asked = [];
    broken = null;
    nowMs = 1_000;
    elapsedMs = 70;
    alerts = [];
    blocks = createBlockReader({
      store: { noteAlert: () => Promise.resolve(true) },
      chain: {
        readBlock: (number): Promise<ChainBlock> => Promise.resolve({ number, hash: "0x", timestamp: 0 }),
        readEvents: (from, to) => {
          asked.push([from, to.number]);
          const isWhole = broken === null || broken < from || broken > to.number;
          if (isWhole) return Promise.resolve(nothing);
          return Promise.reject(new WattproofError("CHAIN_EVENTS_MISSING", `Of block ${broken}.`));
        },
      },
      desk: {
        alert(alert, details) {
          alerts.push([alert, details]);
        },
      },
      metrics: createMetrics(),
      now: () => nowMs,
      elapsedMs: () => elapsedMs,
      blockRange: 8,
      repeatMs: 60_000,
    });
  });

  async function readFrom(from: number): Promise<number> {
    const { to, reading } = await blocks.readNext(from, 100, null);
    await blocks.noteRead(reading);
    return to.number;
  }

  it("halves the range after each one that fails, until it ends before the block that cannot be read", async function () {
    broken = 3;
    const ends: unknown[] = [];
    for (let look = 0; look < 3; look += 1) ends.push(await readFrom(1).catch(codeOf));
    expect(ends).to.deep.equal(["CHAIN_EVENTS_MISSING", "CHAIN_EVENTS_MISSING", 2]);
    expect(asked).to.deep.equal([
      [1, 8],
      [1, 4],
      [1, 2],
    ]);
  });

  it("says for how long events are missing, whatever the clock on the wall does, and no more once they were read", async function () {
    broken = 1;
    await readFrom(1).catch(() => undefined);
    nowMs = -500_000;
    elapsedMs += 4_000;
    await readFrom(1).catch(() => undefined);
    expect(blocks.missingForMs()).to.equal(4_000);
    expect(alerts.at(-1)).to.deep.equal([
      "chain-events-missing",
      { fromBlock: 1, ageSeconds: 4, detail: "Of block 1." },
    ]);
    broken = null;
    await readFrom(1);
    expect(blocks.missingForMs()).to.equal(null);
  });

  it("doubles the range after each one that was read, up to the configured one", async function () {
    broken = 1;
    await readFrom(1).catch(() => undefined);
    await readFrom(1).catch(() => undefined);
    broken = null;
    asked = [];
    for (let from = 1; from < 30;) from = (await readFrom(from)) + 1;
    expect(asked.map(([from, to]) => to - from + 1)).to.deep.equal([2, 4, 8, 8, 8]);
  });
});
