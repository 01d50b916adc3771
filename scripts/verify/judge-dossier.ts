import { createReadStream } from "node:fs";

import { z } from "zod";

import { readRisks } from "../../services/dossier/insight/report.ts";
import { verifyDossier, type DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { WattproofError } from "../../services/errors.ts";
import { createRecordJudge } from "../../services/evidence/formats/all-formats.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import type { ReceiptChain } from "../../services/receipts/receipt-chain.ts";

/**
 * Checks a dossier in a file.
 * @param chain `null`: what only a chain knows is skipped.
 * @param options.sampleCount Records of this many sessions alone; `null`: of all.
 * @param options.isByRisk What is unusual is likelier in the sample.
 * @param options.isClaimNeeded Refuses a dossier whose energy nobody has claimed.
 * @throws INPUT_UNREADABLE, DOSSIER_UNREADABLE, and what the chain's endpoint throws
 */
export function judgeDossier(
  path: string,
  chain: ReceiptChain | null,
  {
    sampleCount = null,
    isClaimNeeded = false,
    isByRisk = false,
    onRead = () => undefined,
  }: {
    readonly sampleCount?: number | null;
    readonly isClaimNeeded?: boolean;
    readonly isByRisk?: boolean;
    readonly onRead?: (bytes: number) => void;
  } = {},
): Promise<DossierVerdict> {
  const verifier = createRecordJudge({ cryptography: nodeCryptography });
  const open = (): AsyncGenerator<Uint8Array> => readPieces(path);
  return verifyDossier({
    ...{ open, verifier, chain, sampleCount, isClaimNeeded, onRead },
    ...(isByRisk ? { readRisks: () => readRisks(open()) } : {}),
  });
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path)) yield z.instanceof(Uint8Array).parse(piece);
  } catch (cause) {
    if (cause instanceof WattproofError) throw cause;
    throw new WattproofError("INPUT_UNREADABLE", path, { cause });
  }
}
