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

/** Behind the two numbers of the signature stand two bytes that count the logbook and are part of what is signed. */
export function splitSignature(bytes: Uint8Array): { readonly signature: Uint8Array; readonly logbook: Uint8Array } {
  if (bytes.length !== 50 && bytes.length !== 66) {
    return refuse("SIGNED_VALUE_SIGNATURE_MALFORMED", `${bytes.length} bytes instead of 50 or 66`);
  }
  return { signature: bytes.subarray(0, -logbookBytes), logbook: bytes.subarray(-logbookBytes) };
}
