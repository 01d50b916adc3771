import { verifyDossier as verify, type DossierVerdict } from "../../../services/dossier/verify/verify-dossier.ts";
import { createRecordJudge } from "../../../services/evidence/formats/all-formats.ts";
import { nobleCryptography } from "../../../services/web/page/receipt/noble-cryptography.ts";
import { chainAt, type ChainEndpoint } from "./chain-endpoint.ts";

export type { DossierVerdict } from "../../../services/dossier/verify/verify-dossier.ts";
export { dossierSchema, type Dossier } from "../../../services/dossier/format/dossier-schema.ts";

/**
 * Checks a dossier piece by piece; a file may be larger than the memory.
 *
 * Warning: who signed is compared with the oracles of the contracts that the dossier names.
 *
 * @param open Gives the file's bytes from the beginning, each time that it is called.
 * @param options.chain Left out: what only a chain knows is skipped, and named in `skipped`.
 * @param options.sample How many sessions are drawn; left out: all are looked at.
 * @throws an error with the code DOSSIER_UNREADABLE for what is no JSON, and ChainEndpointError
 */
export function verifyDossier(
  open: () => AsyncIterable<Uint8Array>,
  options: { readonly chain?: ChainEndpoint; readonly sample?: number } = {},
): Promise<DossierVerdict> {
  return verify({
    open,
    verifier: createRecordJudge({ cryptography: nobleCryptography }),
    chain: options.chain === undefined ? null : chainAt(options.chain),
    sampleCount: options.sample ?? null,
  });
}
