import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import type { GasMeasurement } from "../../../scripts/gas/measure-gas.ts";
import { measureGas } from "../../../scripts/gas/measure-gas.ts";

const SNAPSHOT = new URL("gas-snapshot.json", import.meta.url);
const LARGEST_GROWTH = 1.02;
// The gate of the project: opening and settling a session, 100 at a time, with a quorum, the tariff on chain, the anchor
// for challenges and a split among four.
const OPEN_PLUS_SETTLE_LIMIT = 25_800;

/** The batch of 500 from meters is five of these. */
const MOST_METERS = 100;

/** Figures by name, for example `openBatch/100`. */
function figuresOf({ rows, openPlusSettle }: GasMeasurement): Record<string, number> {
  const entries = rows.map((row): [string, number] => [`${row.entry}/${row.n}`, row.gasPerItem]);
  const sums = Object.entries(openPlusSettle).map(([n, gas]): [string, number] => [`openPlusSettle/${n}`, gas]);
  return Object.fromEntries([...entries, ...sums]);
}

describe("gas", function () {
  let measurement: GasMeasurement;

  before(async function () {
    this.timeout(900_000);
    measurement = await measureGas(MOST_METERS);
  });

  it("opens and settles a session for at most 25,800 gas at 100 sessions", function () {
    expect(measurement.openPlusSettle["100"]).to.be.greaterThan(0).and.at.most(OPEN_PLUS_SETTLE_LIMIT);
  });

  it("costs at most 2 % more than the committed snapshot (WATTPROOF_UPDATE_SNAPSHOT=1 writes a new one)", async function () {
    const figures = figuresOf(measurement);
    if (process.env["WATTPROOF_UPDATE_SNAPSHOT"] === "1") {
      await writeFile(SNAPSHOT, `${JSON.stringify(figures, null, 2)}\n`);
    }
    const snapshot: unknown = JSON.parse(await readFile(SNAPSHOT, "utf8"));

    expect(snapshot).to.be.an("object").that.has.all.keys(Object.keys(figures));
    const grown = Object.entries(snapshot as Record<string, number>).filter(
      ([name, gas]) => (figures[name] ?? Infinity) > gas * LARGEST_GROWTH,
    );
    expect(grown, "figures that grew").to.deep.equal([]);
  });
});
