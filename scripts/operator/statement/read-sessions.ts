import { createReadStream } from "node:fs";

import { isShown, type DossierManifest, type DossierSession } from "../../../services/dossier/format/dossier-schema.ts";
import { readDossier } from "../../../services/dossier/format/read-dossier.ts";
import { WattproofError } from "../../../services/errors.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";

/** What a statement is made of. */
export interface StatementSource {
  readonly manifest: DossierManifest;
  readonly root: string;
  readonly sessions: readonly DossierSession[];
}

/**
 * The sessions that a dossier shows, after the whole was verified without a chain.
 * @throws the first reason if it is refused, DOSSIER_FORM_INVALID for one that shows no session, and what reading throws
 */
export async function readStatementSource(path: string): Promise<StatementSource> {
  const { verdict, reasons } = await judgeDossier(path, null);
  const [first] = reasons;
  if (verdict === "refused") throw new WattproofError(first?.code ?? "INTERNAL", first?.where ?? "");
  let manifest: DossierManifest | null = null;
  let root: string | null = null;
  const sessions: DossierSession[] = [];
  for await (const part of readDossier(createReadStream(path))) {
    if (part.name === "manifest") manifest = part.value;
    if (part.name === "commitment") root = part.value.root;
    if (part.name === "month") sessions.push(...part.value.sessions.filter(isShown));
  }
  if (manifest === null || root === null || sessions.length === 0) {
    throw new WattproofError("DOSSIER_FORM_INVALID", "It shows no session; take the whole dossier.");
  }
  return { manifest, root, sessions };
}
