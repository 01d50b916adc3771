import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Chain } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import { dossierDigestOf, signerOf } from "../format/commitment.ts";
import { dossierLimits, type DossierCommitment, type DossierSignature } from "../format/dossier-schema.ts";
import type { OfferContent } from "../format/dossier-sale.ts";
import { rootWordOf } from "../format/energy-claim.ts";
import { readDossier } from "../format/read-dossier.ts";

/** The dossiers that this service hands out to buyers, as files in its data folder, by the id of the offer. */
export interface DossierShelf {
  /**
   * Puts a dossier there, in place of another one. It is there whole or not at all.
   * @throws DOSSIER_NOT_OF_OFFER, DOSSIER_NOT_SIGNED_HERE, BODY_TOO_LARGE, and what reading the form throws
   */
  put(offerId: string, offer: OfferContent, content: Readable): Promise<void>;
  /** `null` if there is none. @throws STORE_UNAVAILABLE */
  open(offerId: string): Promise<{ readonly bytes: number; readonly content: Readable } | null>;
}

/** Its owner alone reads it: it can hold drivers' data. */
const ownersAlone = 0o600;

export function createDossierShelf(folder: string, chain: Pick<Chain, "domain" | "oracle">): DossierShelf {
  const pathOf = (offerId: string): string => join(folder, `${offerId.toLowerCase()}.json`);

  async function requireOf(path: string, { root, scopes }: OfferContent): Promise<void> {
    let depth = "";
    let commitment: DossierCommitment | null = null;
    let signatures: DossierSignature[] = [];
    for await (const part of readDossier(createReadStream(path))) {
      if (part.name === "depth") depth = part.value;
      if (part.name === "commitment") commitment = part.value;
      if (part.name === "signatures") signatures = part.value;
    }
    if (commitment === null || rootWordOf(commitment.root) !== root) {
      throw new WattproofError("DOSSIER_NOT_OF_OFFER", "The offer is of another root.");
    }
    if (scopes === 0 && depth !== "T0") {
      throw new WattproofError(
        "DOSSIER_NOT_OF_OFFER",
        "Without drivers' consent the public summary alone is for sale.",
      );
    }
    const digest = dossierDigestOf(commitment, chain.domain);
    if (!signatures.some(({ r, vs }) => signerOf(digest, r, vs) === chain.oracle.toLowerCase())) {
      throw new WattproofError("DOSSIER_NOT_SIGNED_HERE", `${chain.oracle} has not signed it.`);
    }
  }

  return {
    async put(offerId, offer, content) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = `${pathOf(offerId)}.${randomBytes(6).toString("hex")}.new`;
      try {
        await pipeline(content, limited(), createWriteStream(draft, { mode: ownersAlone, flush: true }));
        await requireOf(draft, offer);
        await rename(draft, pathOf(offerId));
      } finally {
        await rm(draft, { force: true });
      }
    },
    async open(offerId) {
      const file = await openFile(pathOf(offerId));
      if (file === null) return null;
      // From the file that is open, so that its length is that of its content, whatever takes its place meanwhile.
      return { bytes: (await file.stat()).size, content: file.createReadStream() };
    },
  };
}

/** @returns `null` if it is not there. @throws STORE_UNAVAILABLE */
async function openFile(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new WattproofError("STORE_UNAVAILABLE", "The file of the dossier cannot be opened.", { cause: error });
  }
}

function limited(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, next) {
      bytes += chunk.length;
      if (bytes > dossierLimits.fileBytes) next(new WattproofError("BODY_TOO_LARGE", "A dossier has at most 8 GiB."));
      else next(null, chunk);
    },
  });
}
