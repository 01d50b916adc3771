import { toInteger } from "./bytes.ts";
import { curveParameters } from "./curves.ts";
import { derTag, readDerElements } from "./der.ts";
import { refuse } from "./refusal.ts";
import type { Curve, EcdsaSignature } from "./types.ts";

/**
 * Reads (r, s) from what meters write: DER, DER whose INTEGERs lack the zero byte in front of a high bit or have too
 * many of them, and bare r‖s, each as long as n. Every INTEGER is read as not negative. Both numbers
 * must then lie in 1..n-1; they are never reduced modulo n. Of the two twins s and n-s the lower one is returned.
 */
export function readEcdsaSignature(curve: Curve, data: Uint8Array): EcdsaSignature {
  const { n, scalarBytes } = curveParameters[curve];
  const scalars = readDerScalars(data) ?? readBareScalars(data, scalarBytes);
  if (scalars === null) {
    return refuse("OCMF_SIGNATURE_MALFORMED", `${data.length} bytes that are neither DER nor r and s of ${curve}`);
  }
  const [r, s] = scalars;
  if (r < 1n || r >= n) return refuse("OCMF_SIGNATURE_OUT_OF_RANGE", "r is not between 1 and n-1");
  if (s < 1n || s >= n) return refuse("OCMF_SIGNATURE_OUT_OF_RANGE", "s is not between 1 and n-1");
  return { r, s: s > n / 2n ? n - s : s };
}

function readDerScalars(data: Uint8Array): [bigint, bigint] | null {
  const [content] = readDerElements(data, [derTag.sequence]) ?? [];
  if (content === undefined) return null;
  const [r, s] = readDerElements(content, [derTag.integer, derTag.integer]) ?? [];
  if (r === undefined || s === undefined || r.length === 0 || s.length === 0) return null;
  return [toInteger(r), toInteger(s)];
}

function readBareScalars(data: Uint8Array, scalarBytes: number): [bigint, bigint] | null {
  if (data.length !== 2 * scalarBytes) return null;
  return [toInteger(data.subarray(0, scalarBytes)), toInteger(data.subarray(scalarBytes))];
}
