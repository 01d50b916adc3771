import { toHex } from "./bytes.ts";
import { requireEnvelope } from "./envelope.ts";
import { recordLimits } from "./limits.ts";
import { readPayload } from "./payload.ts";
import { refuse, withVerdict } from "./refusal.ts";
import { judgeSession } from "./session.ts";
import type { Cryptography, OcmfVerifier, PublicKey, RecordVerdict, VerifiedRecord } from "./types.ts";

/**
 * Makes the verifier of signed meter values. The order of its checks: framing, signature section, key, signature over
 * the raw bytes, and only then the content: what a payload says is of no interest before it is known who says it.
 *
 * Warning: a record is authentic for a key. That the key belongs to a calibrated meter, and that the record was not
 * used before, is for the caller to know: take the key from the registry, and consume `recordIdentity` once.
 */
export function createOcmfVerifier({ cryptography }: { readonly cryptography: Cryptography }): OcmfVerifier {
  const acceptRecord = (record: Uint8Array, publicKey: string | PublicKey | null): VerifiedRecord => {
    const { payload, key, signature } = requireEnvelope(record, publicKey);
    if (!cryptography.verifyEcdsaSha256(key, payload, signature)) {
      return refuse("OCMF_SIGNATURE_MISMATCH", `${payload.length} signed bytes`);
    }
    const content = readPayload(payload);
    const payloadSha256 = toHex(cryptography.sha256(payload));
    return { ...content, verdict: "accepted", payload, payloadSha256, key, signature };
  };

  const verifyRecord = (record: Uint8Array, publicKey: string | PublicKey | null): RecordVerdict =>
    withVerdict(() => acceptRecord(record, publicKey));

  return {
    verifyRecord,
    // One record more than the limit is enough to see that there are too many.
    verifySession: (records) =>
      judgeSession(
        records
          .slice(0, recordLimits.sessionRecords + 1)
          .map(({ record, publicKey }) => verifyRecord(record, publicKey)),
      ),
  };
}
