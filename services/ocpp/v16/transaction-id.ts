import { numberOf, type JsonRecord } from "../payload.ts";

/** 1.6 numbers its transactions; every number, −1 and 0 too, is kept as it came. */
export function transactionIdOf(payload: JsonRecord): string | null {
  return numberOf(payload, "transactionId")?.toString() ?? null;
}
