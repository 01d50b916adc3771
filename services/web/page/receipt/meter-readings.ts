import { meterReadingsOf, type MeterReadings } from "../../../evidence/formats/meter-readings.ts";
import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { nobleCryptography } from "./noble-cryptography.ts";

/** What the meter signed first and last, verified in the browser. */
export function readingsOf(receipt: ParsedReceipt): MeterReadings | null {
  return meterReadingsOf(receipt, nobleCryptography);
}
