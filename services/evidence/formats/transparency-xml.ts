import { encodeSubjectPublicKeyInfo } from "./ocmf/public-key.ts";
import { escapeXml, readXml } from "../carriage/xml.ts";
import { formatOfRecord } from "./all-formats.ts";
import { toHex } from "./ocmf/bytes.ts";
import type { SignedSession } from "./signed-session.ts";

/**
 * The session's records in the container that the S.A.F.E. transparency software reads: each with its key, and the two of
 * one session tied together by a number. It is text put together here, so everything that a record says is escaped.
 * @returns `null` where a record is not UTF-8 and so cannot stand in the file as it was signed, or there is none.
 */
export function transparencyXmlOf(session: SignedSession): string | null {
  const { records, meter, opening } = session;
  if (records.length === 0) return null;
  const { curve } = meter;
  const digits = meter.publicKey.slice(2);
  const half = digits.length / 2;
  const key = { curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
  const publicKey = toHex(encodeSubjectPublicKeyInfo(key)).toUpperCase();

  const parts = records.flatMap(({ bytes }) => partsOf(bytes));
  const values: string[] = [];
  for (const [index, { text, format, role }] of parts.entries()) {
    if (text === null || !Array.from(text).every(isXmlCharacter)) return null;
    const told = role ?? (parts.length === 1 ? "" : contextOf(index, parts.length));
    const context = told === "" ? "" : ` context="${escapeXml(told)}"`;
    values.push(
      `  <value transactionId="${opening.blockNumber}"${context}>`,
      `    <signedData format="${escapeXml(format)}" encoding="plain">${escapeXml(text)}</signedData>`,
      `    <publicKey encoding="plain">${publicKey}</publicKey>`,
      "  </value>",
    );
  }
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<values>", ...values, "</values>", ""].join("\n");
}

/** A value as it stands in the container. */
interface Part {
  /** `null`: it is no text. */
  readonly text: string | null;
  readonly format: string;
  /** The context that the record itself says, `null` where it says none. */
  readonly role: string | null;
}

/** Names of formats in this container. */
const names: ReadonlyMap<string, string> = new Map([
  ["EDL40", "EDL_40_P"],
  ["Mennekes", "EDL_40_MENNEKES"],
]);

/** The values of a record: one, or those of a container that came as one. */
function partsOf(bytes: Uint8Array): readonly Part[] {
  const known = formatOfRecord(bytes);
  const format = names.get(known) ?? known;
  const text = decode(bytes);
  if (text === null) return [{ text: known === "EDL40" ? toHex(bytes) : null, format, role: null }];
  const elements = text.trimStart().startsWith("<") ? (readXml(text) ?? []) : [];
  const found: Part[] = [];
  let data: string[] = [];
  for (const { name, attributes, text: inside } of elements) {
    if (name === "signedData") data.push(inside);
    if (name !== "value") continue;
    found.push(...data.map((one) => ({ text: one, format, role: attributes.get("context") ?? null })));
    data = [];
  }
  return found.length > 0 ? found : [{ text, format, role: null }];
}

function contextOf(index: number, count: number): string {
  if (index === 0) return "Transaction.Begin";
  return index === count - 1 ? "Transaction.End" : "Transaction.Update";
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
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
