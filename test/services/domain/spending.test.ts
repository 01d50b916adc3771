import { expect } from "chai";

import { exceededBudgetOf } from "../../../services/domain/relay-budget.ts";
import { chainPresetOf } from "../../../services/domain/chain-presets.ts";
import { brokenLimitOf, mostGasOf } from "../../../services/domain/spending.ts";
import { parseConfiguration } from "../../../services/config/config.ts";
import { feeLimitsOf, relayBudgetsOf } from "../../../services/config/spending-settings.ts";

const gwei = 10n ** 9n;
const limits = { maxFeePerGasWei: 100n * gwei, tipPerGasWei: 2n * gwei, transactionWei: 10n ** 16n };

describe("The limits of what a transaction may cost", function () {
  const cases = [
    ["a tip above the limit", 10n, 3n, 100_000n, "tip"],
    ["a fee above the limit", 101n, 2n, 1n, "fee"],
    ["a transaction above the limit", 100n, 2n, 100_001n, "transaction"],
    ["what is at the limits", 100n, 2n, 100_000n, null],
  ] as const;
  for (const [name, fee, tip, gas, limit] of cases) {
    it(`name ${name}`, function () {
      const fees = { maxFeePerGas: fee * gwei, maxPriorityFeePerGas: tip * gwei };
      expect(brokenLimitOf(fees, gas, limits)).to.equal(limit);
    });
  }

  it("grow with the calldata", function () {
    expect(mostGasOf("0x")).to.equal(1_000_000n);
    expect(mostGasOf(`0x${"00".repeat(10_000)}`)).to.equal(11_000_000n);
  });

  it("are those of the chain where nothing is set, and Ethereum's where the chain is not known", function () {
    expect(chainPresetOf(8_453).spending).to.deep.equal(chainPresetOf(42_161).spending);
    expect(chainPresetOf(987_654_321).spending).to.deep.equal(chainPresetOf(1).spending);
    const required = {
      WATTPROOF_RPC_URL: "http://127.0.0.1:8545",
      WATTPROOF_DEPLOYMENT: "deployment.json",
      WATTPROOF_DATA: "data",
      WATTPROOF_ORACLE_PRIVATE_KEY: `0x${"11".repeat(32)}`,
    };
    const { spending } = parseConfiguration({ ...required, WATTPROOF_TIP_LIMIT_GWEI: "7" });
    expect(feeLimitsOf(spending, 1)).to.deep.equal({
      maxFeePerGasWei: 500n * gwei,
      tipPerGasWei: 7n * gwei,
      transactionWei: 2n * 10n ** 17n,
    });
    expect(relayBudgetsOf(spending, 8_453)).to.deep.equal({
      budgets: { driverGas: 2_000_000, clientGas: 20_000_000, totalGwei: 10_000_000 },
      leastBalanceWei: 10n ** 16n,
    });
  });
});

describe("The budgets of what is sent for others", function () {
  const budgets = { driverGas: 10, clientGas: 20, totalGwei: 30 };
  const cases = [
    [{ driverGas: 6, clientGas: 0, totalGwei: 0 }, "driver"],
    [{ driverGas: 0, clientGas: 16, totalGwei: 0 }, "client"],
    [{ driverGas: 0, clientGas: 0, totalGwei: 26 }, "total"],
    [{ driverGas: 5, clientGas: 15, totalGwei: 25 }, null],
  ] as const;
  for (const [spent, budget] of cases) {
    it(`say ${String(budget)} after ${JSON.stringify(spent)}`, function () {
      expect(exceededBudgetOf(spent, { gas: 5, costGwei: 5 }, budgets)).to.equal(budget);
    });
  }
});
