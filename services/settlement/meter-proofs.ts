import type { MeterSignedRecord } from "../chain/chain.ts";
import type { EvidenceRecord, Store } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { VerifiedRecord } from "../evidence/formats/ocmf/types.ts";
import type { RecordVerifier } from "../evidence/verify-record.ts";

/** The records with which the contract can settle a session by itself. */
export interface MeterProof {
  /** One with begin and end, or the begin and the end that follows it. */
  readonly records: readonly MeterSignedRecord[];
  /** Number of the first; a meter's sessions are settled in the order of their records. */
  readonly pagination: bigint;
}

/** Finds what of a session's records the contract takes. */
export interface MeterProofs {
  /** `null` if there is nothing, as far as is known here; the contract has the last word. */
  findProof(sessionId: string): Promise<MeterProof | null>;
}

interface ReadRecord {
  readonly verified: VerifiedRecord;
  readonly stored: EvidenceRecord;
}

export function createMeterProofs(deps: {
  readonly store: Pick<Store, "findSession" | "listRecords">;
  readonly meters: MeterDirectory;
  readonly verifier: RecordVerifier;
}): MeterProofs {
  const { store, meters, verifier } = deps;

  return {
    async findProof(sessionId) {
      const session = await store.findSession(sessionId);
      const meter = session === null ? null : await meters.readMeter(session.terms.meter);
      if (meter === null) return null;
      const usable = (await store.listRecords(sessionId)).filter(
        ({ isBoundToSession, isSettleableByMeter }) => isBoundToSession && isSettleableByMeter !== false,
      );
      const records = usable.flatMap((stored): ReadRecord[] => {
        const verified = verifier.verify(stored.record, meter);
        return "outcome" in verified ? [] : [{ verified, stored }];
      });
      const whole = records.find(({ verified: { begin, end } }) => begin !== null && end !== null);
      if (whole !== undefined) return proofOf([whole]);
      const begin = records.find(({ verified }) => verified.begin !== null);
      const end = records.find(
        ({ verified, stored }) =>
          verified.end !== null && stored.paginationNumber === (begin?.stored.paginationNumber ?? 0n) + 1n,
      );
      return begin === undefined || end === undefined ? null : proofOf([begin, end]);
    },
  };
}

function proofOf(records: readonly [ReadRecord, ...ReadRecord[]]): MeterProof {
  return {
    records: records.map(({ verified: { payload, signature } }) => ({ payload, r: signature.r, s: signature.s })),
    pagination: records[0].stored.paginationNumber,
  };
}
