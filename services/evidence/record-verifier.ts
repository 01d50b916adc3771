import type { RegisteredMeter } from "../chain/chain.ts";
import type { ErrorCode } from "../errors.ts";
import { splitRecord } from "./formats/ocmf/framing.ts";
import { parseJsonObject } from "./formats/ocmf/json.ts";
import { withVerdict } from "./formats/ocmf/refusal.ts";
import type { OcmfVerifier, PublicKey, Refusal, Unsupported, VerifiedRecord } from "./formats/ocmf/types.ts";

/** A verdict that ends the way of a record. */
export interface RecordRefusal {
  readonly outcome: "refused" | "unsupported";
  readonly code: ErrorCode;
  readonly detail: string;
}

/** From raw bytes to a reading that was verified under the registered key of the session's meter. */
export interface RecordVerifier {
  /**
   * What the record says its `ID` is, to find the session by. Nothing is verified: whoever sent the record may have
   * written it.
   */
  readIdentification(record: Uint8Array): { readonly identification: string | null } | RecordRefusal;
  verify(record: Uint8Array, meter: RegisteredMeter): VerifiedRecord | RecordRefusal;
}

export function createRecordVerifier(deps: { readonly ocmf: OcmfVerifier }): RecordVerifier {
  return {
    readIdentification(record) {
      const reading = withVerdict(() => {
        const identification = parseJsonObject(splitRecord(record).payload).members.get("ID");
        return { identification: identification?.kind === "string" ? identification.text : null };
      });
      return "verdict" in reading ? asRefusal(reading) : reading;
    },
    verify(record, meter) {
      const verdict = deps.ocmf.verifyRecord(record, publicKeyOf(meter));
      return verdict.verdict === "accepted" ? verdict : asRefusal(verdict);
    },
  };
}

/** The registered key, as the verifier takes it. */
export function publicKeyOf(meter: Pick<RegisteredMeter, "curve" | "publicKey">): PublicKey {
  const digits = meter.publicKey.slice(2);
  const half = digits.length / 2;
  return { curve: meter.curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
}

function asRefusal(verdict: Refusal | Unsupported): RecordRefusal {
  return { outcome: verdict.verdict, code: verdict.reason, detail: verdict.detail };
}
