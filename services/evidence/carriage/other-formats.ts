const sectionOfAlfen = "[A-Z2-7]+=*";
/** `AP;type;format;key;data;signature;` with base32 sections. */
const alfen = new RegExp(`^AP;[0-9]+;[0-9]+;${sectionOfAlfen};${sectionOfAlfen};${sectionOfAlfen};?$`, "u");
/** OBIS number and members in parentheses, a signature among them. */
const pcdf =
  /^[0-9]{1,3}(?:\.[0-9]{1,3}){2}(?:\([A-Z]{2,3}:[^()]*\))*\(SG:[0-9a-fA-F]{16,}\)(?:\([A-Z]{2,3}:[^()]*\))*$/u;
/** Escape sequence and version 1 of the Smart Message Language. */
const smlStart = [0x1b, 0x1b, 0x1b, 0x1b, 0x01, 0x01, 0x01, 0x01];

/** Which other format a text of a signed value is in, by its framing; `null`: none that is known here. */
export function otherFormatOfText(text: string): string | null {
  if (alfen.test(text)) return "Alfen";
  return pcdf.test(text) ? "PCDF" : null;
}

/** The same of bytes. */
export function otherFormatOfBytes(bytes: Uint8Array): string | null {
  return smlStart.every((byte, index) => bytes[index] === byte) ? "EDL (SML)" : null;
}

/** The same of a JSON object. */
export function otherFormatOfJson(content: Readonly<Record<string, unknown>>): string | null {
  const values = content["signedMeterValues"];
  if (Array.isArray(values) && values.some((value) => hasAll(value, ["meterInfo"]) || hasAll(value, ["signature"]))) {
    return "chargeIT";
  }
  if (hasAll(content, ["ocmfBegin", "ocmfEnd"])) return "PTB container";
  return hasAll(content, ["company_name", "totalAmount", "additional_info"]) ? "ChargePoint" : null;
}

/** The same of the elements of an XML document. */
export function otherFormatOfXml(names: ReadonlySet<string>): string | null {
  const has = (...wanted: readonly string[]): boolean => wanted.every((name) => names.has(name));
  return has("ChargingProcess", "MeasurementStart") || has("Billing", "ChargingProcess") ? "Mennekes" : null;
}

function hasAll(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}
