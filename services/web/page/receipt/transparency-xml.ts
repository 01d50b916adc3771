import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { encodeSubjectPublicKeyInfo } from "../../../evidence/formats/ocmf/public-key.ts";
import { toHex } from "../../../evidence/formats/ocmf/bytes.ts";

/**
 * The receipt's records in the container that the S.A.F.E. transparency software reads: each with its key, and the two of
 * one session tied together by a number. It is text put together here, so everything that a record says is escaped.
 * @returns `null` where a record is not UTF-8 and so cannot stand in the file as it was signed, or there is none.
 */
export function transparencyXmlOf(receipt: ParsedReceipt): string | null {
  const { records, meter, opening } = receipt;
  if (records.length === 0) return null;
  const { curve } = meter;
  const digits = meter.publicKey.slice(2);
  const half = digits.length / 2;
  const key = { curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
  const publicKey = toHex(encodeSubjectPublicKeyInfo(key)).toUpperCase();

  const values: string[] = [];
  for (const [index, { bytes }] of records.entries()) {
    const text = decode(bytes);
    if (text === null) return null;
    const context = records.length === 1 ? "" : ` context="${contextOf(index, records.length)}"`;
    values.push(
      `  <value transactionId="${opening.blockNumber}"${context}>`,
      `    <signedData format="OCMF" encoding="plain">${escapeXml(text)}</signedData>`,
      `    <publicKey encoding="plain">${publicKey}</publicKey>`,
      "  </value>",
    );
  }
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<values>", ...values, "</values>", ""].join("\n");
}

function contextOf(index: number, count: number): string {
  if (index === 0) return "Transaction.Begin";
  return index === count - 1 ? "Transaction.End" : "Transaction.Update";
}

function decode(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return Array.from(text).every(isXmlCharacter) ? text : null;
  } catch {
    // Not UTF-8: the caller says so.
    return null;
  }
}

/** XML 1.0 has no way to write other characters, not even escaped. */
function isXmlCharacter(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code >= 0x20 ? code !== 0xfffe && code !== 0xffff : code === 0x09 || code === 0x0a || code === 0x0d;
}

function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    // A reader turns a bare carriage return into a line feed, which would break the signature.
    "\r": "&#13;",
  };
  return text.replace(/[&<>"'\r]/gu, (character) => names[character] ?? character);
}
