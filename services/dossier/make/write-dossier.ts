import { dossierVersion, type DossierCommitment, type DossierSignature } from "../format/dossier-schema.ts";
import type { DossierMaker, DossierRequest } from "./dossier-maker.ts";

/** Asks oracles to sign what a dossier commits to. */
export type DossierSigning = (
  request: DossierRequest,
  commitment: DossierCommitment,
) => Promise<readonly DossierSignature[]>;

/**
 * The text of a whole dossier, piece by piece: one month of one meter is held at a time.
 * @throws DOSSIER_EMPTY before the first piece, and what the ledger, the chain and the signing throw
 */
export async function* writeDossier(
  maker: DossierMaker,
  request: DossierRequest,
  sign: DossierSigning,
): AsyncGenerator<string> {
  const manifest = await maker.readManifest(request);
  yield `{"format":"wattproof-dossier","version":${dossierVersion},"depth":"T2","sample":null,\n`;
  yield `"manifest":${JSON.stringify(manifest)},\n"months":[\n`;
  const months = maker.makeMonths(request, manifest);
  let isFirst = true;
  for (;;) {
    const next = await months.next();
    if (next.done === true) {
      const { totals, summary, commitment } = next.value;
      const signatures = await sign(request, commitment);
      yield `\n],\n"totals":${JSON.stringify(totals)},\n"summary":${JSON.stringify(summary)},\n`;
      yield `"commitment":${JSON.stringify(commitment)},\n"signatures":${JSON.stringify(signatures)}}\n`;
      return;
    }
    yield `${isFirst ? "" : ",\n"}${JSON.stringify(next.value)}`;
    isFirst = false;
  }
}
