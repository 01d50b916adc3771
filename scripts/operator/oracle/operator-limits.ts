import type { ChainAccess } from "../../command-line/chain-access.ts";

/** Amounts of a contract's 64 bits. */
const UINT64_MAX = 2n ** 64n - 1n;

/** How much oracles can do for an operator in an epoch, in 10⁻⁶ token. */
export interface OperatorLimits {
  /** Of what sessions cost. */
  readonly creditMicro: bigint;
  /** Of what drivers get back. */
  readonly returnMicro: bigint;
  /** Of the holds of sessions whose records the contract cannot read. */
  readonly unreadableMicro: bigint;
}

/** So many times the settlement's limits, as far as its 64 bits hold them. */
export async function limitsTimes({ contracts }: ChainAccess, multiple: number): Promise<OperatorLimits> {
  const { chargingSettlement } = contracts;
  const times = (leastMicro: bigint): bigint => {
    const limitMicro = leastMicro * BigInt(multiple);
    return limitMicro < UINT64_MAX ? limitMicro : UINT64_MAX;
  };
  return {
    creditMicro: times(await chargingSettlement.epochLimitMicro()),
    returnMicro: times(await chargingSettlement.epochReturnLimitMicro()),
    unreadableMicro: times(await chargingSettlement.epochUnreadableLimitMicro()),
  };
}
