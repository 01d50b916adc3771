import { z } from "zod";

import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { measure } from "../../../services/domain/evidence.ts";
import { receiptSchema } from "../../../services/receipts/receipt-schema.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { encodeSubjectPublicKeyInfo } from "../../../services/evidence/formats/ocmf/public-key.ts";
import type { PublicKey, VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { decodeText } from "../../../services/evidence/carriage/text.ts";
import { createRecordJudge, encodingMethodOf } from "../../../services/evidence/formats/all-formats.ts";
import { publicKeyOf } from "../../../services/evidence/verify-record.ts";
import { judgeRecords } from "../../../services/evidence/session-judge.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import type { SignedText } from "../ocpi/cdr.ts";

const provenTimes: ReadonlySet<string> = new Set(["S", "R", "I"]);

/** What a meter signed of a session, verified again. */
export interface SessionEvidence {
  /** How many records do not verify, and are not among the others. */
  readonly unverified: number;
  /** SubjectPublicKeyInfo in DER, base64. */
  readonly publicKey: string;
  /** OCPI's name of the format in which the meter signs. */
  readonly encodingMethod: string;
  readonly records: readonly SignedText[];
  /** What the meter vouches for; `null` where it does not. */
  readonly startSeconds: number | null;
  readonly endSeconds: number | null;
  /** What begin and end prove together; `null` where one is missing or they contradict each other. */
  readonly metered: { readonly energyMicroWh: bigint; readonly chargingSeconds: number } | null;
}

/** What the service has of a session. @throws SERVICE_UNREACHABLE, or what the service answers */
export async function readEvidence(service: ServiceClient, sessionId: string): Promise<SessionEvidence> {
  const receipt = receiptSchema.parse(await service.get(`/v1/receipts/${sessionId}`, z.unknown()));
  return evidenceOf(
    receipt.records.map(({ bytes }) => bytes),
    receipt.meter,
  );
}

/** Verifies records with the meter's key. */
export function evidenceOf(
  records: readonly Uint8Array[],
  meter: Pick<RegisteredMeter, "curve" | "publicKey">,
): SessionEvidence {
  const key: PublicKey = publicKeyOf(meter);
  const verifier = createRecordJudge({ cryptography: nodeCryptography });
  const verified: VerifiedRecord[] = [];
  const texts: SignedText[] = [];
  let startSeconds: number | null = null;
  let endSeconds: number | null = null;
  for (const record of records) {
    const verdict = verifier.verifyRecord(record, key);
    if (verdict.verdict !== "accepted") continue;
    const { begin, end } = verdict;
    verified.push(verdict);
    // A record with both readings ends the session, and holds its beginning.
    const nature = end !== null ? "End" : begin !== null ? "Start" : "Intermediate";
    texts.push({ nature, plain: plainTextOf(verdict.payload, record), record });
    if (begin !== null && provenTimes.has(begin.time.synchronisation))
      startSeconds = Math.floor(begin.time.epochMs / 1_000);
    if (end !== null && provenTimes.has(end.time.synchronisation)) endSeconds = Math.floor(end.time.epochMs / 1_000);
  }
  const judgement = judgeRecords(verified);
  const metered = judgement.kind === "complete" ? measure(judgement.begin, judgement.end) : null;

  return {
    encodingMethod: encodingMethodOf(records[0] ?? new Uint8Array()),
    publicKey: Buffer.from(encodeSubjectPublicKeyInfo(key)).toString("base64"),
    records: texts,
    startSeconds,
    endSeconds,
    metered,
    unverified: records.length - texts.length,
  };
}

/** The signed bytes as text. Of a format that signs other bytes than a text, the record, or its bytes in hex. */
function plainTextOf(payload: Uint8Array, record: Uint8Array): string {
  return textOf(payload) ?? textOf(record) ?? Buffer.from(record).toString("hex");
}

function textOf(bytes: Uint8Array): string | null {
  const text = decodeText(bytes);
  // eslint-disable-next-line no-control-regex -- what a text has none of
  return text === null || /[\u0000-\u0008\u000e-\u001f]/u.test(text) ? null : text;
}
