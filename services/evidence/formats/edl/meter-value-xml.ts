import type { XmlElement } from "../../carriage/xml.ts";
import { fromBase32, fromHex, fromLooseBase64 } from "../ocmf/bytes.ts";
import { refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { requireKeyOn, requireSignature } from "../values/require.ts";
import type { GivenKey, SignedValue, ValueVerdict } from "../values/value.ts";
import { edlValue } from "./edl-value.ts";
import { splitSignature } from "./list-parts.ts";
import { decodeEdlReading, signedBlockBytes } from "./signed-block.ts";
import { readStatus } from "./status.ts";

/** A value in `<signedMeterValue>`: the signed block itself, its signature and mostly the key. */
export interface MeterValueXml {
  readonly block: XmlElement | undefined;
  readonly signature: XmlElement | undefined;
  /** Name of an element that is there twice. */
  readonly repeated: string | null;
}

/**
 * Judges the block of 320 bytes of EDL40 in the XML of OCPP 1.5 and EMH (`signedMeterValue`), on secp192r1 or secp256r1. The
 * block has the meter's local time and not its zone, so that durations are known and the time of day is not.
 */
export function verifyMeterValueXml(value: MeterValueXml, given: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict((): SignedValue => {
    if (value.repeated !== null) return refuse("SIGNED_VALUE_FIELD_REPEATED", value.repeated);
    const block = bytesOf(value.block, "encodedMeterValue");
    if (block.length !== signedBlockBytes) {
      return refuse("SIGNED_VALUE_MALFORMED", `the block has ${block.length} bytes instead of ${signedBlockBytes}`);
    }
    const { signature } = splitSignature(bytesOf(value.signature, "meterValueSignature"));
    const key = requireKeyOn([signature.length === 48 ? "secp192r1" : "secp256r1"], given);
    const signed = requireSignature(cryptography, key, block, signature);
    const reading = decodeEdlReading(block);
    const isTold = readStatus(reading.status) === "S";
    return edlValue(reading, signed, { epochMs: 1_000 * reading.localSeconds, state: isTold ? "R" : "U" });
  });
}

function bytesOf(element: XmlElement | undefined, name: string): Uint8Array {
  if (element === undefined) return refuse("SIGNED_VALUE_FIELD_MISSING", name);
  const text = element.text.replace(/\s/gu, "");
  const readers: Readonly<Record<string, (text: string) => Uint8Array | null>> = {
    base64: fromLooseBase64,
    hex: fromHex,
    base32: fromBase32,
  };
  const encoding = element.attributes.get("encoding")?.toLowerCase() ?? "";
  const bytes = readers[encoding]?.(text) ?? fromHex(text) ?? fromLooseBase64(text);
  return bytes ?? refuse("SIGNED_VALUE_MALFORMED", `${name} is in no known encoding`);
}
