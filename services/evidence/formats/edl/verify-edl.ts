import { withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import type { GivenKey, ValueVerdict } from "../values/value.ts";
import { verifyEdl40List } from "./edl40.ts";
import { verifyIsaList } from "./isa-edl40p.ts";
import { readSmlList } from "./sml.ts";

/** A register of where the transaction began is in lists of ISA-EDL40 alone. */
const beginOfTransaction = "010001080080";

/** Judges a signed list in SML, of EDL40 and EDL40+ or of ISA-EDL40. `key`: x and y, 48 or 64 bytes, or any form that OCMF takes. */
export function verifyEdl(bytes: Uint8Array, key: GivenKey, cryptography: Cryptography): ValueVerdict {
  return withVerdict(() => {
    const list = readSmlList(bytes);
    return list.entries.has(beginOfTransaction)
      ? verifyIsaList(list, key, cryptography)
      : verifyEdl40List(list, key, cryptography);
  });
}
