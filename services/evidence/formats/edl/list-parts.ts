import { refuse } from "../ocmf/refusal.ts";
import type { SmlEntry, SmlList } from "./sml.ts";

const meterBytes = 10;
const logbookBytes = 2;

/** The meter's number, as it is signed. */
export function requireMeter(serverId: Uint8Array): Uint8Array {
  if (serverId.length === meterBytes) return serverId;
  return refuse("SIGNED_VALUE_MALFORMED", `the meter's number has ${serverId.length} bytes instead of ${meterBytes}`);
}

export function requireEntry(list: SmlList, name: string, what: string): SmlEntry {
  return list.entries.get(name) ?? refuse("SIGNED_VALUE_FIELD_MISSING", `${what} (${name})`);
}

/**
 * Behind the two numbers of the signature mostly stand two bytes that count the logbook. They are part of what is signed;
 * where they are missing, the last two bytes of the signature stand in their place.
 */
export function splitSignature(bytes: Uint8Array): { readonly signature: Uint8Array; readonly logbook: Uint8Array } {
  const logbook = bytes.subarray(-logbookBytes);
  if (bytes.length === 48 || bytes.length === 64) return { signature: bytes, logbook };
  if (bytes.length === 50 || bytes.length === 66) return { signature: bytes.subarray(0, -logbookBytes), logbook };
  return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", `${bytes.length} bytes instead of 48, 50, 64 or 66`);
}
