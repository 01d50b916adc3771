import type { Opening } from "./opening.ts";

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

/** What the contract is told about a session: `PackedMetering` of the settlement contract. */
export interface ClaimedMetering extends Metered, Opening {
  /** By how much the driver raised the hold, in 10⁻⁶ token. */
  readonly toppedUpMicro: bigint;
}

/** From the high bits to the low ones: opening (40 + 24), top-up (64), energy (64), charging (32), connected (32). */
export function packMetering(metering: ClaimedMetering): bigint {
  return (
    (BigInt(metering.openedAt) << 216n) |
    (BigInt(metering.salt) << 192n) |
    (metering.toppedUpMicro << 128n) |
    (metering.energyMicroWh << 64n) |
    (BigInt(metering.chargingSeconds) << 32n) |
    BigInt(metering.connectedSeconds)
  );
}

/** The parts of a claim. */
export function unpackMetering(metering: bigint): ClaimedMetering {
  const field = fieldsOf(metering);
  return {
    openedAt: Number(field(216n, 40n)),
    salt: Number(field(192n, 24n)),
    toppedUpMicro: field(128n, 64n),
    ...meteredOf(field, 0n),
  };
}

/** The word in which the contract tells of a settled session: energy, charging, connected, charged, returned. */
export function packSettlementResult(result: SettlementResult): bigint {
  return (
    (result.energyMicroWh << 192n) |
    (BigInt(result.chargingSeconds) << 160n) |
    (BigInt(result.connectedSeconds) << 128n) |
    (result.chargedMicro << 64n) |
    result.returnedMicro
  );
}

/** What the contract tells about a settled session: `result` of its event SessionSettled. */
export function unpackSettlementResult(result: bigint): SettlementResult {
  const field = fieldsOf(result);
  return { ...meteredOf(field, 128n), chargedMicro: field(64n, 64n), returnedMicro: field(0n, 64n) };
}

type FieldReader = (shift: bigint, bits: bigint) => bigint;

function fieldsOf(word: bigint): FieldReader {
  return (shift, bits) => (word >> shift) & ((1n << bits) - 1n);
}

/** @param shift Where the lowest of the three fields begins. */
function meteredOf(field: FieldReader, shift: bigint): Metered {
  return {
    energyMicroWh: field(shift + 64n, 64n),
    chargingSeconds: Number(field(shift + 32n, 32n)),
    connectedSeconds: Number(field(shift, 32n)),
  };
}
