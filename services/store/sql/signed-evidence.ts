import { z } from "zod";

import type { ClaimEvidence } from "../../domain/claim-evidence.ts";
import { WattproofError } from "../../errors.ts";
import type { DisputeStore } from "../disputes.ts";
import type { Access } from "./access.ts";

/** What this oracle signed for as the evidence of a batch. */
export const signedEvidenceStep = `
  CREATE TABLE signed_evidence (
    evidence_root TEXT NOT NULL,
    place INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    -- Records that the contract reads, or others, as JSON.
    content TEXT NOT NULL,
    signed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (evidence_root, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signed_evidence_session ON signed_evidence (session_id);
`;

const bytes = z.base64().transform((text): Uint8Array => Uint8Array.from(Buffer.from(text, "base64")));
const integer = z
  .string()
  .regex(/^[0-9]+$/)
  .transform(BigInt);
const content = z.discriminatedUnion("isReadable", [
  z.strictObject({
    isReadable: z.literal(true),
    records: z.array(z.strictObject({ payload: bytes, r: integer, s: integer })),
  }),
  z.strictObject({ isReadable: z.literal(false), documents: z.array(bytes) }),
]);
const evidenceRow = z
  .object({ session_id: z.string(), content: z.string().transform((text): unknown => JSON.parse(text)) })
  .transform((row): ClaimEvidence => ({ sessionId: row.session_id, ...content.parse(row.content) }));

export function createSignedEvidenceStore(access: Access): Pick<DisputeStore, "recordEvidence" | "findEvidence"> {
  return {
    recordEvidence: (evidenceRoot, evidence, atMs) =>
      access.write(async () => {
        for (const [place, kept] of evidence.entries()) {
          await access.run(
            `INSERT INTO signed_evidence (evidence_root, place, session_id, content, signed_at_ms)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (evidence_root, place) DO NOTHING`,
            evidenceRoot,
            place,
            kept.sessionId,
            contentOf(kept),
            atMs,
          );
        }
      }),
    findEvidence: (evidenceRoot) =>
      access.read(async () => {
        const sql = "SELECT session_id, content FROM signed_evidence WHERE evidence_root = ? ORDER BY place";
        const rows = (await access.all(sql, evidenceRoot)).map(readEvidence);
        return rows.length === 0 ? null : rows;
      }),
  };
}

function contentOf(evidence: ClaimEvidence): string {
  const text = (value: Uint8Array): string => Buffer.from(value).toString("base64");
  if (!evidence.isReadable) return JSON.stringify({ isReadable: false, documents: evidence.documents.map(text) });
  const records = evidence.records.map(({ payload, r, s }) => ({
    payload: text(payload),
    r: r.toString(),
    s: s.toString(),
  }));
  return JSON.stringify({ isReadable: true, records });
}

function readEvidence(row: unknown): ClaimEvidence {
  const parsed = evidenceRow.safeParse(row);
  if (parsed.success) return parsed.data;
  throw new WattproofError("STORE_CORRUPT", "Kept evidence cannot be read.", { cause: parsed.error });
}
