import { greatestStoredNumber } from "../../../domain/evidence.ts";
import { toHex } from "./bytes.ts";
import { encodePoint } from "./public-key.ts";
import type { Pagination, PublicKey } from "./types.ts";

/**
 * The one name of a record: registered key and pagination. Signature bytes, encodings and white space around the record
 * can be changed by anybody and are no part of it, so that a record counts once however it arrives.
 */
export function recordIdentity(key: PublicKey, pagination: Pagination): string {
  return `${key.curve}:${toHex(encodePoint(key))}:${pagination.context}${pagination.number}`;
}

/** In place of a number that the meter did not sign: the first 63 bits of the hash of what it signed, in lower-case hex. */
export function contentPagination(payloadSha256: string): Pagination {
  return { context: "H", number: BigInt(`0x${payloadSha256.slice(0, 16)}`) & greatestStoredNumber };
}
