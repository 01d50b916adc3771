import { createReadStream } from "node:fs";

import { z } from "zod";

import { readDossier } from "../../../services/dossier/format/read-dossier.ts";
import {
  signatureSchema,
  type DossierManifest,
  type DossierSignature,
  type DossierTotals,
} from "../../../services/dossier/format/dossier-schema.ts";
import type { Backing, Statement } from "../../../services/dossier/market/statement.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";

/** The service reads its whole ledger, and so do those of the other oracles. */
const patienceMs = 3_600_000;

/**
 * The part of a dossier on which a claim, an offer or a round rests, after the whole was verified without a chain.
 * @throws the first reason if it is refused, DOSSIER_FORM_INVALID without its totals, and what reading throws
 */
export async function readBacking(path: string): Promise<Backing> {
  const { verdict, reasons } = await judgeDossier(path, null);
  const [first] = reasons;
  if (verdict === "refused") {
    throw new WattproofError(first?.code ?? "INTERNAL", `${first?.where ?? ""}; ${reasons.length} reasons in all`);
  }
  let manifest: DossierManifest | null = null;
  let totals: DossierTotals | null = null;
  let signatures: DossierSignature[] | null = null;
  for await (const part of readDossier(createReadStream(path))) {
    if (part.name === "manifest") manifest = part.value;
    if (part.name === "totals") totals = part.value;
    if (part.name === "signatures") signatures = part.value;
  }
  if (manifest === null || totals === null || signatures === null) {
    throw new WattproofError("DOSSIER_FORM_INVALID", "It does not show its totals; take the whole dossier.");
  }
  return { manifest, totals, signatures };
}

/**
 * Has the oracles sign a statement, each by its own records.
 * @returns what the contract takes, and the signatures
 * @throws what the service answers
 */
export async function haveSigned<Content>(
  service: ServiceClient,
  statement: Statement,
  backings: readonly Backing[],
  content: z.ZodType<Content>,
): Promise<{ readonly content: Content; readonly signatures: readonly { r: string; vs: string }[] }> {
  const schema = z.object({ content: z.unknown(), signatures: z.array(signatureSchema).min(1) });
  const body = { statement, backings };
  const answer = await service.post("/v1/evidence-statements", schema, body, patienceMs);
  const parsed = content.safeParse(answer.content);
  if (!parsed.success) {
    throw new WattproofError("SERVICE_UNREACHABLE", "The statement cannot be read.", { cause: parsed.error });
  }
  return { content: parsed.data, signatures: answer.signatures.map(({ r, vs }) => ({ r, vs })) };
}
