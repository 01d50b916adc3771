import { expect } from "chai";

import { measureFormats } from "../../scripts/evidence-bench/measure-formats.ts";
import { measureGrowth } from "../../scripts/evidence-bench/measure-growth.ts";
import { measureVerification } from "../../scripts/evidence-bench/measure-verification.ts";
import { signedSamples } from "../../scripts/simulator/formats/signed-samples.ts";

describe("The benchmark of evidence", function () {
  it("measures sessions of every length that it is told, through the receiver of the service", async function () {
    const tasks = [
      { curve: "secp256r1", records: 2 },
      { curve: "brainpoolP384r1", records: 5 },
    ] as const;
    const { rows, longestHoldMs } = await measureGrowth(tasks, 2);
    expect(rows.map(({ curve, records }) => ({ curve, records }))).to.deep.equal(tasks);
    for (const { cpuMsPerRecord } of rows) expect(cpuMsPerRecord).to.be.greaterThan(0);
    expect(longestHoldMs).to.be.greaterThan(0);
  });

  it("measures a value of each format beside its bare signature", function () {
    const rows = measureFormats(3, 3);
    expect(rows.map(({ format }) => format)).to.deep.equal(signedSamples().map(({ name }) => name));
    for (const { perCoreSecond, barePerCoreSecond, ratio } of rows) {
      expect(perCoreSecond).to.be.greaterThan(0);
      expect(barePerCoreSecond).to.be.greaterThan(0);
      expect(ratio).to.be.greaterThan(0);
    }
  });

  it("measures records beside bare signatures", function () {
    const { perCoreSecond, barePerCoreSecond, ratio } = measureVerification("secp192r1", 20, 3);
    expect(perCoreSecond).to.be.greaterThan(0);
    expect(barePerCoreSecond).to.be.greaterThan(0);
    expect(ratio).to.be.greaterThan(0);
  });
});
