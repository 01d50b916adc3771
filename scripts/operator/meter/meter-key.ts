import { hexlify } from "ethers";

import { WattproofError } from "../../../services/errors.ts";
import { encodePoint, parsePublicKey } from "../../../services/evidence/formats/ocmf/public-key.ts";
import type { Curve, PublicKey } from "../../../services/evidence/formats/ocmf/types.ts";
import { readBytes } from "../../command-line/files.ts";

/** The key's text as it was given, by argument or file. It is public; there is nothing to hide. */
export interface KeyInput {
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly curve?: Curve | undefined;
}

/** The curve of OCMF where nothing names another one. */
const usualCurve: Curve = "secp256r1";

/**
 * A meter's key, in whatever form it was found on the charger.
 * @throws USAGE_INVALID, METER_KEY_INVALID
 */
export function readMeterKey({ key, keyFile, curve }: KeyInput): PublicKey {
  if ((key === undefined) === (keyFile === undefined)) {
    throw new WattproofError("USAGE_INVALID", "Give the meter's public key by --key or by --key-file.");
  }
  const text = key ?? textOf(readBytes(keyFile ?? ""));
  const parsed = parsePublicKey(text, curve ?? usualCurve);
  if ("verdict" in parsed) throw new WattproofError("METER_KEY_INVALID", `${parsed.reason}: ${parsed.detail}`);
  if (curve !== undefined && parsed.curve !== curve) {
    throw new WattproofError("METER_KEY_INVALID", `The key is of ${parsed.curve}, not of ${curve}.`);
  }
  return parsed;
}

/** X and Y, as the registry keeps them. */
export function registryKeyOf(key: PublicKey): string {
  return hexlify(encodePoint(key).subarray(1));
}

/** Text as it is, DER as hexadecimal digits. */
function textOf(bytes: Uint8Array): string {
  const isText = bytes.every(
    (byte) => byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f),
  );
  return isText ? Buffer.from(bytes).toString("ascii") : Buffer.from(bytes).toString("hex");
}
