import { reservedGas } from "../domain/relay-budget.ts";
import { brokenLimitOf, type FeeLimits } from "../domain/spending.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { RelayChain } from "./relay-chain.ts";
import type { RelayerState } from "./relay-desk.ts";

/** Whether the account that pays for others can pay. */
export interface RelayerBalance {
  /** Asks the chain. */
  readState(): Promise<RelayerState>;
  /** What a call costs at present, which the account has. @throws RELAY_UNAVAILABLE */
  priceOf(gas: bigint): Promise<bigint>;
  /** A look every few seconds: one alert each time that the balance becomes low, not one for each look. */
  watch(): Promise<void>;
}

export const gweiInWei = 1_000_000_000n;
const watchPauseMs = 5_000;
const cheapestCallGas = BigInt(Math.min(...Object.values(reservedGas)));

export function createRelayerBalance(deps: {
  readonly chain: Pick<RelayChain, "chain" | "readBalanceWei">;
  readonly desk: Pick<OperatorDesk, "alert">;
  readonly metrics: Pick<Metrics, "relayerBalanceGwei">;
  readonly limits: FeeLimits;
  /** Below this the operator is told to pay in, in wei. */
  readonly leastBalanceWei: bigint;
  /** Milliseconds since whenever; never steps. */
  readonly elapsedMs: () => number;
}): RelayerBalance {
  const { desk, metrics } = deps;
  const { chain } = deps.chain;
  let wasLow = false;
  let nextWatchMs = Number.NEGATIVE_INFINITY;

  function alertLow(details: Readonly<Record<string, unknown>>): void {
    if (!wasLow) desk.alert("relayer-low", { account: chain.oracle, ...details });
    wasLow = true;
  }

  async function readState(): Promise<RelayerState> {
    const balanceWei = await deps.chain.readBalanceWei();
    const { maxFeePerGas } = await chain.readFees();
    metrics.relayerBalanceGwei.set(Number(balanceWei / gweiInWei));
    return {
      balanceWei,
      isLow: balanceWei < deps.leastBalanceWei,
      isSolvent: balanceWei >= cheapestCallGas * maxFeePerGas,
    };
  }

  return {
    readState,
    async priceOf(gas) {
      const fees = await chain.readFees();
      const limit = brokenLimitOf(fees, gas, deps.limits);
      if (limit !== null) {
        desk.alert("fee-limit", { limit, account: chain.oracle, maxFeePerGas: fees.maxFeePerGas.toString() });
        throw new WattproofError("RELAY_UNAVAILABLE", "Gas costs more at present than the service pays.");
      }
      const priceWei = gas * fees.maxFeePerGas;
      if ((await deps.chain.readBalanceWei()) < priceWei) {
        alertLow({ isSolvent: false });
        throw new WattproofError("RELAY_UNAVAILABLE", "The account that pays for gas is empty.");
      }
      return priceWei;
    },
    async watch() {
      const elapsedMs = deps.elapsedMs();
      if (elapsedMs < nextWatchMs) return;
      nextWatchMs = elapsedMs + watchPauseMs;
      const { balanceWei, isLow, isSolvent } = await readState();
      if (isLow || !isSolvent) alertLow({ balanceWei: balanceWei.toString(), isSolvent });
      else wasLow = false;
    },
  };
}
