import { expect } from "chai";

import { isCostDifferent } from "../../../../services/domain/charging/stated-cost.ts";
import { statedCostOf } from "../../../../services/ocpp/v2/stated-cost.ts";

describe("The cost that a station states", function () {
  const price = { netMicro: 4_000_000n, grossMicro: 4_760_000n };

  it("is another one only beyond a cent and a hundredth of the price", function () {
    const gross = (grossMicro: bigint): boolean => isCostDifferent({ netMicro: null, grossMicro }, price);
    expect([4_760_000n, 4_769_000n, 4_807_600n, 4_712_400n].map(gross)).to.deep.equal([false, false, false, false]);
    expect([4_807_601n, 4_712_399n, 0n, 47_600_000n].map(gross)).to.deep.equal([true, true, true, true]);
    // Of a price of a cent a cent more is rounding.
    const small = { netMicro: 10_000n, grossMicro: 10_000n };
    expect(isCostDifferent({ netMicro: null, grossMicro: 20_000n }, small)).to.equal(false);
    expect(isCostDifferent({ netMicro: null, grossMicro: 20_001n }, small)).to.equal(true);
  });

  it("counts before tax where the station says no tax, and says nothing where it says nothing", function () {
    expect(isCostDifferent({ netMicro: 4_000_000n, grossMicro: null }, price)).to.equal(false);
    expect(isCostDifferent({ netMicro: 4_760_000n, grossMicro: null }, price)).to.equal(true);
    expect(isCostDifferent({ netMicro: null, grossMicro: null }, price)).to.equal(false);
  });

  it("is read from what a station sends, and from nothing that is no amount", function () {
    const of = (total: unknown, more: object = {}) =>
      statedCostOf({ costDetails: { totalCost: { currency: "EUR", typeOfCost: "NormalCost", total }, ...more } });
    expect(of({ exclTax: 4, inclTax: 4.76 })).to.deep.equal(price);
    expect(of({ inclTax: 0.1 + 0.2 })).to.deep.equal({ netMicro: null, grossMicro: 300_000n });
    for (const nothing of [{}, { inclTax: "4.76" }, { inclTax: 1e300 }, { inclTax: null }, null, 7, []]) {
      expect(of(nothing), JSON.stringify(nothing)).to.equal(null);
    }
    expect(of({ inclTax: 4.76 }, { failureToCalculate: true })).to.equal(null);
    expect(statedCostOf({})).to.equal(null);
  });
});
