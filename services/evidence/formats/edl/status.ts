import { refuse } from "../ocmf/refusal.ts";
import type { Synchronisation } from "../ocmf/types.ts";

/** Bits of the status in the block: a fault that the meter found in itself, and a clock that somebody set. */
const bits = { fault: 0x01, clock: 0x08 };

/**
 * Where the bits of a status of 32 bits stand in the byte that meters with secp256r1 sign: fault, clock, backstop, export,
 * magnet, start.
 */
const placesOfLongStatus: readonly (readonly [to: number, from: number])[] = [
  [0, 17],
  [3, 31],
  [4, 16],
  [5, 11],
  [6, 9],
  [7, 8],
];

/**
 * How far the meter vouches for its time.
 * @throws through `refuse` where the status says that the meter is faulty
 */
export function readStatus(status: number): Synchronisation {
  if ((status & bits.fault) !== 0) {
    return refuse("SIGNED_VALUE_METER_ERROR", "the status says that the meter is faulty");
  }
  return (status & bits.clock) === 0 ? "I" : "S";
}

/** The byte of a status of 32 bits. */
export function shortenStatus(status: bigint): number {
  return placesOfLongStatus.reduce((byte, [to, from]) => byte | (Number((status >> BigInt(from)) & 1n) << to), 0);
}
