import type { Fees } from "../domain/chain-transaction.ts";
import { brokenLimitOf, type FeeLimits } from "../domain/spending.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";

/** Keeps transactions back that would cost more than the operator allows, and tells the operator of each. */
export interface FeeGate {
  isAboveLimit(batchId: string, fees: Fees, gasLimit: bigint): boolean;
  /** An endpoint that asks for more gas than any such call needs would have the service pay for it. */
  isMoreThanNeeded(batchId: string, gas: bigint, mostGas: bigint): boolean;
}

export function createFeeGate(deps: {
  readonly desk: Pick<OperatorDesk, "alert">;
  /** Who would pay. */
  readonly account: string;
  readonly limits: FeeLimits;
}): FeeGate {
  const { desk, account, limits } = deps;
  return {
    isAboveLimit(batchId, fees, gasLimit) {
      const limit = brokenLimitOf(fees, gasLimit, limits);
      if (limit === null) return false;
      const { maxFeePerGas, maxPriorityFeePerGas } = fees;
      const asked = { maxFeePerGas: maxFeePerGas.toString(), maxPriorityFeePerGas: maxPriorityFeePerGas.toString() };
      desk.alert("fee-limit", { batchId, limit, account, ...asked, gasLimit: gasLimit.toString() });
      return true;
    },
    isMoreThanNeeded(batchId, gas, mostGas) {
      if (gas <= mostGas) return false;
      desk.alert("fee-limit", { batchId, limit: "gas", account, gas: gas.toString(), most: mostGas.toString() });
      return true;
    },
  };
}
