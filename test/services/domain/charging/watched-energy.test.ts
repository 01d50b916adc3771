import { expect } from "chai";

import type { TransactionMessage } from "../../../../services/domain/charging/message.ts";
import { watchEnergy, type WatchedEnergy } from "../../../../services/domain/charging/watched-energy.ts";
import { formatDecimal } from "../../../../services/domain/decimal.ts";
import { sample16, start16 } from "../../../helpers/station-messages.ts";

const watchedOf = (messages: readonly TransactionMessage[]): WatchedEnergy | null =>
  messages.reduce<WatchedEnergy | null>((known, message) => watchEnergy(known, message, 11_000), null);
const energyOf = (...messages: readonly TransactionMessage[]): string | null => {
  const watched = watchedOf(messages);
  return watched === null ? null : formatDecimal(watched.energyWh);
};
const sample = (seconds: number, value: string) => sample16(seconds, { value });
const start = start16(0, 5_000);

describe("The watch over a transaction's energy", function () {
  it("knows nothing before the first reading", function () {
    expect(energyOf()).to.equal(null);
    expect(energyOf(sample(0, "NaN"))).to.equal(null);
    expect(energyOf(start)).to.equal("0");
  });
  it("counts each step once, whatever is repeated or older", function () {
    expect(energyOf(start, sample(60, "5100"), sample(60, "5100"), sample(30, "5050"), sample(120, "5200"))).to.equal(
      "200",
    );
  });
  it("loses nothing to a single reading that is wrong", function () {
    for (const wrong of ["0", "9000000000", "4999", "999999"]) {
      const counted = energyOf(start, sample(60, "5100"), sample(120, wrong), sample(180, "5300"), sample(240, "5400"));
      expect(counted, wrong).to.equal("400");
    }
  });
  it("goes on where a register was reset and stays so", function () {
    const after = [sample(120, "0"), sample(180, "100"), sample(240, "200")];
    expect(energyOf(start, sample(60, "5100"), ...after)).to.equal("300");
    expect(energyOf(start16(0, 0), sample(60, "909948"), sample(120, "910048"), sample(180, "910148"))).to.equal("200");
  });
  it("is not held up by a begin that comes again beside each sample", function () {
    const both = (seconds: number, value: string) =>
      sample16(seconds, [{ value }, { value: "5000", context: "Transaction.Begin" }]);
    expect(energyOf(start, both(60, "5100"))).to.equal("100");
    expect(energyOf(start, both(60, "5100"), both(120, "5200"))).to.equal("200");
  });
});
