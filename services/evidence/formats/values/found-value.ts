import type { Refusal } from "../ocmf/types.ts";
import type { ValueJudge, ValueVerdict } from "./value.ts";

/** What the container says of a value, or the value where that is signed. `null`: nothing. */
export type ValueRole = "begin" | "between" | "end" | null;

/** What stands around a value. */
export interface Around {
  /** The key that came along, as it came. It proves nothing about the meter. */
  readonly enclosedKey: string | null;
  readonly role: ValueRole;
  /** Values with the same text belong to one session. `null`: the container does not say to which. */
  readonly session: string | null;
  /** The name that the container gives the format, `null` where it gives none. */
  readonly claimedFormat: string | null;
}

/** A signed value as it was found in a file, not judged yet. */
export type FoundValue = Omit<Around, "claimedFormat"> &
  (
    | { readonly format: "OCMF"; readonly record: Uint8Array }
    | {
        /** `null`: a format that is not known. */
        readonly format: string | null;
        readonly judge: ValueJudge;
      }
  );

/** Finds the values in a text that stands inside of another. */
export type TextFinder = (text: string, around: Around, depth: number) => readonly FoundValue[] | null;

const unsupported: ValueVerdict = {
  verdict: "unsupported",
  reason: "FORMAT_UNSUPPORTED",
  detail: "the bytes are in no format that is read",
};

const claimableFormats: ReadonlyMap<string, string> = new Map([
  ["OCMF", "OCMF"],
  ["ALFEN", "ALFEN"],
  ["EDL_40_P", "EDL40"],
  ["SML_EDL40_P", "EDL40"],
  ["ISA_EDL_40_P", "EDL40"],
  ["PCDF", "PCDF"],
]);

/** What is in no known format. A container that names one around such bytes makes them malformed. */
export function unknownValue(around: Around): FoundValue {
  const claimed = claimableFormats.get(around.claimedFormat ?? "");
  if (claimed === undefined) return { ...around, format: null, judge: () => unsupported };
  const detail = `the bytes are not of the format ${claimed}`;
  return refusedValue(around, claimed === "OCMF" ? null : claimed, {
    verdict: "refused",
    reason: "SIGNED_VALUE_MALFORMED",
    detail,
  });
}

/** A value whose format is known, and which is refused before it is read. */
export function refusedValue(around: Around, format: string | null, refusal: Refusal): FoundValue {
  return { ...around, format, judge: () => refusal };
}
