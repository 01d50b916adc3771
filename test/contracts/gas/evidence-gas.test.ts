import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import { measureEvidence } from "../../../scripts/gas/measure-evidence.ts";

const SNAPSHOT = new URL("evidence-gas-snapshot.json", import.meta.url);
const LARGEST_GROWTH = 1.02;
/** The gate of the project: a later claim of 100 meters, for each meter, everything included. */
const CLAIM_LIMIT = 12_000;

describe("gas of the market of evidence", function () {
  let figures: Record<string, number>;

  before(async function () {
    this.timeout(600_000);
    const rows = await measureEvidence();
    figures = Object.fromEntries(rows.map((row) => [`${row.entry}/${row.n}`, row.gasPerItem]));
  });

  it("claims for at most 12,000 gas a meter in a later claim of 100 meters", function () {
    expect(figures["EnergyClaims.claim (later)/100"]).to.be.greaterThan(0).and.at.most(CLAIM_LIMIT);
  });

  it("costs at most 2 % more than the committed snapshot (WATTPROOF_UPDATE_SNAPSHOT=1 writes a new one)", async function () {
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
