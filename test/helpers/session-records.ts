import type { RegisteredMeter } from "../../services/chain/chain.ts";
import { keptOf } from "../../services/evidence/session-readings.ts";
import type { EvidenceRecord } from "../../services/store/store.ts";
import type { VerifiedRecord } from "../../services/evidence/formats/ocmf/types.ts";
import { beginReading, payloadText, recordOf, testKey, verifier } from "./ocmf.ts";

export const key = testKey("secp256r1");
const half = 64;
export const meter: RegisteredMeter = {
  number: 1,
  evse: 1,
  curve: "secp256r1",
  status: "active",
  possession: "attested-by-oracle",
  provenance: "attested-by-quorum",
  maker: 0,
  validFrom: 0,
  validUntil: 0,
  calibrationExpiresAt: 0,
  publicKey: `0x${[key.publicKey.x, key.publicKey.y].map((part) => part.toString(16).padStart(half, "0")).join("")}`,
};

/** A record with one reading for each of the markers. */
export function record(
  number: number,
  ...markers: readonly { readonly TX: string; readonly RV: string }[]
): VerifiedRecord {
  const readings = markers.map(({ TX, RV }) => ({ ...beginReading, TX: `"${TX}"`, RV }));
  const verdict = verifier.verifyRecord(recordOf(payloadText({ PG: `"T${number}"` }, readings), key), key.publicKey);
  if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
  return verdict;
}

/** The record as the store has it; one that is not kept came before readings were. */
export function rowOf(verified: VerifiedRecord, isKept: boolean): EvidenceRecord {
  return {
    recordIdentity: `record ${verified.pagination.number}`,
    sessionId: "0x01",
    messageId: "message",
    record: recordOf(verified.payload, key),
    payloadSha256: verified.payloadSha256,
    meterKeyId: "key",
    paginationContext: "T",
    paginationNumber: verified.pagination.number,
    isBoundToSession: true,
    isSettleableByMeter: false,
    energyWh: null,
    spans: [],
    ...(isKept ? keptOf(verified) : { reading: null, isBoundary: true }),
  };
}
