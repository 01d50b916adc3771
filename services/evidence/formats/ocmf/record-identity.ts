import { greatestStoredNumber } from "../../../domain/evidence.ts";
import { toHex } from "./bytes.ts";
import { encodePoint } from "./public-key.ts";
import type { Pagination, PublicKey, RecordReading } from "./types.ts";

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

/** Names of the gateways that number every record alike, and the number. */
const constantPaginations: readonly (readonly [gateway: RegExp, pagination: string])[] = [[/^zaptec/iu, "T1"]];

/** Whether the meter tells its records apart by a number (docs/decisions/0034-constant-pagination.md). */
export function isNumbered({
  gatewayIdentification,
  pagination,
}: Pick<RecordReading, "gatewayIdentification" | "pagination">): boolean {
  const number = `${pagination.context}${pagination.number}`;
  const isConstant = constantPaginations.some(
    ([gateway, constant]) => gateway.test(gatewayIdentification ?? "") && number === constant,
  );
  return pagination.context !== "H" && !isConstant;
}
