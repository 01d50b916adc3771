import { z } from "zod";

import { encodeSubjectPublicKeyInfo } from "../../../services/verify/ocmf/public-key.ts";
import { nodeCryptography } from "../../../services/verify/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../../services/verify/ocmf/verifier.ts";
import { receiptSchema } from "../../../services/receipts/receipt-schema.ts";
import type { ServiceClient } from "../core/service-client.ts";
import type { SignedText } from "../ocpi/cdr.ts";

const provenTimes: ReadonlySet<string> = new Set(["S", "R", "I"]);

/** What the service has of a session, verified again. */
export interface SessionEvidence {
  /** How many records do not verify, and are not among the others. */
  readonly unverified: number;
  /** SubjectPublicKeyInfo in DER, hexadecimal. */
  readonly publicKey: string;
  readonly records: readonly SignedText[];
  /** What the meter vouches for; `null` where it does not. */
  readonly startSeconds: number | null;
  readonly endSeconds: number | null;
}

export async function readEvidence(service: ServiceClient, sessionId: string): Promise<SessionEvidence> {
  const receipt = receiptSchema.parse(await service.get(`/v1/receipts/${sessionId}`, z.unknown()));
  const digits = receipt.meter.publicKey.slice(2);
  const half = digits.length / 2;
  const { curve } = receipt.meter;
  const key = { curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
  const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
  const records: SignedText[] = [];
  let startSeconds: number | null = null;
  let endSeconds: number | null = null;
  for (const { bytes } of receipt.records) {
    const verdict = verifier.verifyRecord(bytes, key);
    if (verdict.verdict !== "accepted") continue;
    const { begin, end } = verdict;
    // A record with both readings ends the session, and holds its beginning.
    const nature = end !== null ? "End" : begin !== null ? "Start" : "Intermediate";
    records.push({ nature, plain: Buffer.from(verdict.payload).toString("utf8"), record: bytes });
    if (begin !== null && provenTimes.has(begin.time.synchronisation))
      startSeconds = Math.floor(begin.time.epochMs / 1_000);
    if (end !== null && provenTimes.has(end.time.synchronisation)) endSeconds = Math.floor(end.time.epochMs / 1_000);
  }
  const publicKey = Buffer.from(encodeSubjectPublicKeyInfo(key)).toString("hex");

  return { publicKey, records, startSeconds, endSeconds, unverified: receipt.records.length - records.length };
}
