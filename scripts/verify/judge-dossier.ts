import { createReadStream } from "node:fs";

import { z } from "zod";

import { verifyDossier, type DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { WattproofError } from "../../services/errors.ts";
import { createRecordJudge } from "../../services/evidence/formats/all-formats.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import type { ReceiptChain } from "../../services/receipts/receipt-chain.ts";

/**
 * Checks a dossier in a file.
 * @param chain `null`: what only a chain knows is skipped.
 * @param options.sampleCount Records of this many sessions alone; `null`: of all.
 * @throws INPUT_UNREADABLE, DOSSIER_UNREADABLE, and what the chain's endpoint throws
 */
export function judgeDossier(
  path: string,
  chain: ReceiptChain | null,
  {
    sampleCount = null,
    onRead = () => undefined,
  }: {
    readonly sampleCount?: number | null;
    readonly onRead?: (bytes: number) => void;
  } = {},
): Promise<DossierVerdict> {
  const verifier = createRecordJudge({ cryptography: nodeCryptography });
  return verifyDossier({ open: () => readPieces(path), verifier, chain, sampleCount, onRead });
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path)) yield z.instanceof(Uint8Array).parse(piece);
  } catch (cause) {
    if (cause instanceof WattproofError) throw cause;
    throw new WattproofError("INPUT_UNREADABLE", path, { cause });
  }
}
