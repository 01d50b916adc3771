import { expect } from "chai";

import { createFeeGate } from "../../../services/settlement/fee-gate.ts";

const gwei = 10n ** 9n;
const limits = { maxFeePerGasWei: 100n * gwei, tipPerGasWei: 2n * gwei, transactionWei: 10n ** 16n };
const cheap = { maxFeePerGas: 10n * gwei, maxPriorityFeePerGas: gwei };

describe("The gate of fees", function () {
  const told: unknown[] = [];
  const gate = createFeeGate({
    account: "0xpayer",
    limits,
    desk: {
      alert(alert, details) {
        told.push([alert, details]);
      },
    },
  });
  beforeEach(function () {
    told.length = 0;
  });

  it("keeps a transaction back whose fee is above the limit, and says what was asked", function () {
    expect(gate.isAboveLimit("b", { ...cheap, maxFeePerGas: 101n * gwei }, 21_000n)).to.equal(true);
    const asked = { maxFeePerGas: "101000000000", maxPriorityFeePerGas: "1000000000", gasLimit: "21000" };
    expect(told).to.deep.equal([["fee-limit", { batchId: "b", limit: "fee", account: "0xpayer", ...asked }]]);
  });

  it("keeps a transaction back for which the endpoint asks more gas than it can need", function () {
    expect(gate.isMoreThanNeeded("b", 1_001n, 1_000n)).to.equal(true);
    const details = { batchId: "b", limit: "gas", account: "0xpayer", gas: "1001", most: "1000" };
    expect(told).to.deep.equal([["fee-limit", details]]);
  });

  it("lets pass what is within the limits, and tells nothing", function () {
    expect(gate.isAboveLimit("b", cheap, 21_000n)).to.equal(false);
    expect(gate.isMoreThanNeeded("b", 1_000n, 1_000n)).to.equal(false);
    expect(told).to.deep.equal([]);
  });
});
