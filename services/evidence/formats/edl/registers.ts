import { fromHex } from "../ocmf/bytes.ts";
import { refuse } from "../ocmf/refusal.ts";

/** Registers of imported active energy that these meters sign: 1.17.0 is the counter of the signed values, 1.8.0 the main one. */
const importRegisters: ReadonlyMap<string, string> = new Map([
  ["0100011100ff", "1-0:1.17.0*255"],
  ["0100010800ff", "1-0:1.8.0*255"],
]);

/** The code of an import register in the notation of OBIS. `hexadecimal` are its six bytes, lower case. */
export function requireImportRegister(hexadecimal: string): { readonly bytes: Uint8Array; readonly text: string } {
  const text = importRegisters.get(hexadecimal);
  const bytes = fromHex(hexadecimal);
  return text === undefined || bytes === null
    ? refuse("SIGNED_VALUE_REGISTER_UNKNOWN", `${hexadecimal} is no register of imported energy`)
    : { bytes, text };
}

export const signedImportRegisters: readonly string[] = [...importRegisters.keys()];
