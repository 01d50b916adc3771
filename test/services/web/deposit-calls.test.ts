import { expect } from "chai";

import { approveCall, depositCall, depositCalls } from "../../../services/web/page/chain/transactions.ts";

const contracts = { erc20: `0x${"11".repeat(20)}`, chargingSettlement: `0x${"22".repeat(20)}` };
const driver = `0x${"33".repeat(20)}`;

describe("Paying into a driver's account", () => {
  const approve = (amount: bigint): object => approveCall(contracts.erc20, contracts.chargingSettlement, amount);
  const deposit = depositCall(contracts.chargingSettlement, driver, 500n);

  it("takes a left-over allowance back before it gives another, as tokens in the manner of USDT ask for", () => {
    for (const allowance of [1n, 499n]) {
      const calls = depositCalls(contracts, driver, 500n, allowance);
      expect(calls).to.deep.equal([approve(0n), approve(500n), deposit]);
    }
  });

  it("sends no call that it does not need", () => {
    expect(depositCalls(contracts, driver, 500n, 0n)).to.deep.equal([approve(500n), deposit]);
    expect(depositCalls(contracts, driver, 500n, 500n)).to.deep.equal([deposit]);
    expect(depositCalls(contracts, driver, 500n, 501n)).to.deep.equal([deposit]);
  });
});
