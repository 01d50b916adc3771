import { expect } from "chai";

import { freeTariff } from "../../../../services/domain/tariff.ts";
import { ocpiStatusOf } from "../../../../services/http/public/open-data/evse-status.ts";
import { shareNext } from "../../../../services/http/public/open-data/share-next.ts";
import { createStamps } from "../../../../services/http/public/open-data/stamps.ts";
import { remarksOf } from "../../../../services/http/public/open-data/tariff-remarks.ts";

describe("Times of the open data", function () {
  it("are those of the start for what was there, and of the reading for what came or changed", function () {
    let nowMs = 1_000;
    const stamps = createStamps(() => nowMs);
    nowMs = 2_000;
    expect(stamps.stamp("a", { price: 1 })).to.equal(1_000);
    stamps.endReading();
    nowMs = 3_000;
    expect([stamps.stamp("a", { price: 1 }), stamps.stamp("b", {})]).to.deep.equal([1_000, 3_000]);
    stamps.endReading();
    nowMs = 4_000;
    expect(stamps.stamp("a", { price: 2 })).to.equal(4_000);
    stamps.endReading();
    nowMs = 5_000;
    // What went and comes again is new, and a clock that was set back takes no change back.
    expect(stamps.stamp("b", {})).to.equal(5_000);
    nowMs = 3_500;
    expect(stamps.stamp("a", { price: 3 })).to.equal(4_000);
  });
});

describe("Readings of the open data", function () {
  it("are shared by those who ask before one begins, and by none who asks later", async function () {
    const begun: ((value: number) => void)[] = [];
    const read = shareNext(() => new Promise<number>((resolve) => begun.push(resolve)));
    const first = read();
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).to.have.length(1);
    const others = [read(), read()];
    begun[0]?.(1);
    expect(await first).to.equal(1);
    while (begun.length < 2) await Promise.resolve();
    begun[1]?.(2);
    expect([await Promise.all(others), begun.length]).to.deep.equal([[2, 2], 2]);
  });

  it("go on after one that failed", async function () {
    let runs = 0;
    const read = shareNext(async () => {
      runs += 1;
      await Promise.resolve();
      if (runs === 1) throw new Error("no chain");
      return runs;
    });
    const outcomes = await Promise.allSettled([read()]);
    expect([outcomes[0].status, await read()]).to.deep.equal(["rejected", 2]);
  });
});

describe("Words of the open data", function () {
  it("are OCPI's for what a charger of 2.x says, whose word does not tell whether somebody charges", function () {
    expect(ocpiStatusOf("occupied", "Occupied", true)).to.equal("CHARGING");
    expect(ocpiStatusOf("occupied", "Occupied", false)).to.equal("BLOCKED");
    expect(ocpiStatusOf("unknown", null, false)).to.equal("UNKNOWN");
  });

  it("say where a session costs less than OCPI's rules give", function () {
    expect(remarksOf({ ...freeTariff, priceNanoPerKwh: 1n }, "EUR")).to.equal("");
    const fee = { ...freeTariff, priceNanoPerConnectedHour: 1n, connectedStepSeconds: 60, chargesWithoutEnergy: true };
    expect(remarksOf({ ...fee, connectedMaximumMicro: 12_500_000n }, "CHF")).to.equal(
      "A step that was begun and not completed is free. The fee for the time connected is at most 12.5 CHF before tax.",
    );
  });
});
