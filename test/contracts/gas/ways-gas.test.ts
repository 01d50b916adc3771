import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import { measureWays } from "../../../scripts/gas/measure-ways.ts";

const SNAPSHOT = new URL("ways-gas-snapshot.json", import.meta.url);
const LARGEST_GROWTH = 1.02;

describe("gas of further ways to pay", function () {
  it("costs at most 2 % more than the committed snapshot (WATTPROOF_UPDATE_SNAPSHOT=1 writes a new one)", async function () {
    this.timeout(600_000);
    const rows = await measureWays();
    const figures = Object.fromEntries(rows.map((row) => [`${row.entry}/${row.n}`, row.gasPerItem]));
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
