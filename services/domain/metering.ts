/** What a meter measured of a session. */
export interface Metered {
  /** In 10⁻⁶ Wh, rounded down. */
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  /** From plugging in to the end: at least the time charged. */
  readonly connectedSeconds: number;
}

/** How the contract settled a session. The two amounts are its hold. */
export interface SettlementResult extends Metered {
  readonly chargedMicro: bigint;
  readonly returnedMicro: bigint;
}

/**
 * What the contract is told about a session: `PackedMetering` of the settlement contract.
 * @param toppedUpMicro By how much the driver raised the hold.
 */
export function packMetering(metered: Metered, toppedUpMicro: bigint): bigint {
  return (
    (toppedUpMicro << 128n) |
    (metered.energyMicroWh << 64n) |
    (BigInt(metered.chargingSeconds) << 32n) |
    BigInt(metered.connectedSeconds)
  );
}

/** What the contract tells about a settled session: `result` of its event SessionSettled. */
export function unpackSettlementResult(result: bigint): SettlementResult {
  const field = (shift: bigint, bits: bigint): bigint => (result >> shift) & ((1n << bits) - 1n);
  return {
    energyMicroWh: field(192n, 64n),
    chargingSeconds: Number(field(160n, 32n)),
    connectedSeconds: Number(field(128n, 32n)),
    chargedMicro: field(64n, 64n),
    returnedMicro: field(0n, 64n),
  };
}
