import { recordLimits } from "./limits.ts";
import { otherFormatOf } from "../../carriage/unwrap.ts";
import { answerUnsupported, refuse } from "./refusal.ts";

/** The two sections of a record, as views of its bytes. */
export interface Sections {
  /** The signed bytes: exactly what stands between the first and the second `|`, white space included. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

const header = Uint8Array.of(0x4f, 0x43, 0x4d, 0x46, 0x7c); // OCMF|
const separator = 0x7c;

/**
 * Splits a record. A `|` inside a section is forbidden by the format, so every `|` separates, and anything but three
 * sections is refused: readers that split at the first and at the last one must not see different payloads, and a
 * fourth section (a public key, withdrawn from the format in 2023) would tempt to trust a key that came with the record.
 */
export function splitRecord(record: Uint8Array): Sections {
  if (record.length > recordLimits.recordBytes) {
    refuse("OCMF_RECORD_TOO_LARGE", `${record.length} bytes; the limit is ${recordLimits.recordBytes}`);
  }
  if (!header.every((byte, index) => record[index] === byte)) {
    const other = otherFormatOf(record);
    if (other !== null) answerUnsupported("FORMAT_UNSUPPORTED", `the format is ${other}`);
    refuse("OCMF_HEADER_INVALID", "the first five bytes are not OCMF|");
  }
  const second = record.indexOf(separator, header.length);
  if (second < 0) refuse("OCMF_FRAMING_INVALID", "there is no signature section");
  if (record.includes(separator, second + 1)) refuse("OCMF_FRAMING_INVALID", "there are more than three sections");
  return { payload: record.subarray(header.length, second), signature: record.subarray(second + 1) };
}
