/**
 * Who says that a key belongs to a meter, from the weakest word to the strongest, in the order of the registry's enum
 * without its 0. It runs in a browser, too.
 */
export const provenances = ["self-declared", "attested-by-quorum", "vouched-by-maker"] as const;

export type Provenance = (typeof provenances)[number];

/** @param level The registry's number; 0 where the meter was never activated. */
export function provenanceOf(level: number): Provenance | null {
  return provenances[level - 1] ?? null;
}
