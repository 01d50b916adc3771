import { toHex } from "../ocmf/bytes.ts";
import { refuse } from "../ocmf/refusal.ts";
import { identificationBytes } from "./signed-block.ts";

/** The identification without the zeros behind it: as text where all its bytes are printable ASCII, else in hex. */
export function readIdentification(bytes: Uint8Array): string | null {
  if (bytes.length > identificationBytes) {
    return refuse("SIGNED_VALUE_MALFORMED", `the identification has ${bytes.length} bytes of ${identificationBytes}`);
  }
  const last = bytes.findLastIndex((byte) => byte !== 0);
  const content = bytes.subarray(0, last + 1);
  if (content.length === 0) return null;
  const isPrintable = content.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isPrintable ? String.fromCharCode(...content) : toHex(content);
}
