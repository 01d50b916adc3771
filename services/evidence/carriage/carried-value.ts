import { findValues } from "../formats/values/file-values.ts";
import { escapeXml } from "./xml.ts";

/** A value in another format than OCMF, as a door hands it on. */
export interface CarriedValue {
  readonly format: string;
  /** The text as it came, with what wraps it: the format takes that off itself. */
  readonly record: Uint8Array;
  /** The text of the key that came along, as it came. `null` for none. */
  readonly enclosedKey: string | null;
}

/** Longer texts are no signed values of one session. */
const limitCharacters = 262_144;

/**
 * The value that a text is, in whatever wrapping, if it is of a known format other than OCMF.
 *
 * @param context Where OCPP says that the value was taken. A format that does not sign whether a value is a begin or an end
 * is put into S.A.F.E. XML that says so.
 */
export function carriedValueOf(text: string, context: string | null): CarriedValue | null {
  if (text.length > limitCharacters) return null;
  const encoder = new TextEncoder();
  const found = findValues(encoder.encode(text), null);
  const [first] = found;
  if (first === undefined || found.some((one) => one.format === null || one.format === "OCMF")) return null;
  const isUntold = found.length === 1 && first.role === null && context !== null && /\.(?:Begin|End)$/u.test(context);
  const record = isUntold
    ? `<values><value context="${escapeXml(context)}"><signedData>${escapeXml(text)}</signedData></value></values>`
    : text;
  return { format: first.format ?? "", record: encoder.encode(record), enclosedKey: first.enclosedKey };
}
