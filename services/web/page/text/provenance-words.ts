import type { Provenance } from "../../../domain/provenance.ts";
import type { TextKey } from "./translation.ts";

/** Who vouches for a meter, in words. */
export const provenanceWords: Readonly<Record<Provenance, TextKey>> = {
  "self-declared": "provenance.self-declared",
  "attested-by-quorum": "provenance.attested-by-quorum",
  "vouched-by-maker": "provenance.vouched-by-maker",
};
