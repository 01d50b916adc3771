import type { MeterSignedRecord, RegisteredMeter } from "../chain/chain.ts";
import type { Store } from "../store/store.ts";
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
      const usable = (await store.listRecords(sessionId)).filter((record) => record.isSettleableByMeter !== false);
      return proofAmong(
        usable.map(({ record }) => record),
        meter,
        verifier,
      );
    },
  };
}

/** What of these records the contract could settle by: one with begin and end, or a begin and the end that follows it. */
export function proofAmong(
  received: readonly Uint8Array[],
  meter: Pick<RegisteredMeter, "curve" | "publicKey">,
  verifier: Pick<RecordVerifier, "verify">,
): MeterProof | null {
  const records = received.flatMap((record): VerifiedRecord[] => {
    const verified = verifier.verify(record, meter);
    return "outcome" in verified ? [] : [verified];
  });
  const whole = records.find(({ begin, end }) => begin !== null && end !== null);
  if (whole !== undefined) return proofOf([whole]);
  const begin = records.find((record) => record.begin !== null);
  const end = records.find(
    ({ end: reading, pagination }) => reading !== null && pagination.number === (begin?.pagination.number ?? 0n) + 1n,
  );
  return begin === undefined || end === undefined ? null : proofOf([begin, end]);
}

function proofOf(records: readonly [VerifiedRecord, ...VerifiedRecord[]]): MeterProof {
  return {
    records: records.map(({ payload, signature }) => ({ payload, r: signature.r, s: signature.s })),
    pagination: records[0].pagination.number,
  };
}
