import { isTransactionMessage, type SignedContainer, type StationMessage } from "../domain/charging/message.ts";
import {
  judgeFreshness,
  type RecordFreshness,
  type SignedEvidence,
  type SignedRecord,
} from "../domain/charging/signed-evidence.ts";
import type { RegisteredMeter } from "../chain/chain.ts";
import type { Store } from "../store/store.ts";
import { describeRecord } from "../evidence/describe-record.ts";
import { isValidAt, type MeterDirectory } from "../evidence/meter-directory.ts";
import { recordIdentity } from "../evidence/formats/ocmf/record-identity.ts";
import type { RecordReading } from "../evidence/formats/ocmf/types.ts";
import { publicKeyOf, type RecordVerifier } from "../evidence/verify-record.ts";
import { judgeRecords } from "../evidence/session-judge.ts";
import { createSessionReadings, type SessionRecordStore } from "../evidence/session-readings.ts";

/** Whose records count. */
export interface MeasuredBy {
  /** Number of the meter in the registry. */
  readonly meter: number;
  /** `null`: nobody opened a session. */
  readonly sessionId: string | null;
}

/** Something signed that came for a session, through whichever door. */
interface Found {
  readonly record: Uint8Array;
  readonly enclosedKey: string | null;
  readonly receivedAtSeconds: number | null;
}

type RecordStore = Pick<Store, "findRecord" | "readGreatestPaginationBefore"> & SessionRecordStore;

/**
 * Reads everything that was signed for a session, under the key that its meter is registered with. What counts already was
 * verified when it came.
 */
export function createSignedEvidenceReader(deps: {
  readonly store: RecordStore;
  readonly meters: MeterDirectory;
  readonly verifier: Pick<RecordVerifier, "verify">;
}): (measured: MeasuredBy, messages: readonly StationMessage[]) => Promise<SignedEvidence | null> {
  const { store, meters, verifier } = deps;
  const readings = createSessionReadings(deps);

  async function freshnessOf(
    sessionId: string | null,
    verified: RecordReading,
    meterKeyId: string,
  ): Promise<RecordFreshness> {
    const { context, number } = verified.pagination;
    const known = await store.findRecord(recordIdentity(verified.key, verified.pagination));
    if (sessionId === null) return known === null ? "fresh" : "replayed";
    // What is no counter is not greater than another.
    const greatestBefore =
      context === "H" ? null : await store.readGreatestPaginationBefore(sessionId, meterKeyId, context);
    return judgeFreshness({ sessionId, paginationNumber: number }, known?.sessionId ?? null, greatestBefore);
  }

  function verdictOn(record: Uint8Array, meter: RegisteredMeter) {
    const read = verifier.verify(record, meter);
    return "outcome" in read ? { verdict: read.outcome } : read;
  }

  return async ({ sessionId, meter: number }, messages) => {
    const stored = sessionId === null ? [] : await store.listRecords(sessionId);
    const found = distinct([
      ...messages.flatMap(foundIn),
      ...stored.map(({ record }) => ({ record, enclosedKey: null, receivedAtSeconds: null })),
    ]);
    if (found.length === 0) return null;
    const meter = await meters.readMeter(number);
    const refused = { verdict: "refused" } as const;
    const storedOf = new Map(stored.map((one) => [bytesOf(one), one]));
    const records: SignedRecord[] = [];
    const accepted = new Map<string, RecordReading>();
    for (const { record, enclosedKey, receivedAtSeconds } of found) {
      if (meter === null) continue;
      const registeredKey = publicKeyOf(meter);
      // What the store has was valid when it came.
      const isValid = receivedAtSeconds === null || isValidAt(meter, receivedAtSeconds);
      const counted = storedOf.get(bytesOf({ record }));
      const verify = () => (counted === undefined ? verdictOn(record, meter) : readings.read(counted, meter));
      const verdict = isValid ? await verify() : refused;
      const meterKeyId = `${meter.curve}:${meter.publicKey}`;
      const freshness =
        verdict.verdict === "accepted" ? await freshnessOf(sessionId, verdict, meterKeyId) : ("fresh" as const);
      records.push(describeRecord(verdict, { registeredKey, enclosedKey, isExpectedMeter: () => null, freshness }));
      if (verdict.verdict === "accepted") accepted.set(verdict.payloadSha256, verdict);
    }
    return { records, judgement: judgeRecords([...accepted.values()]) };
  };
}

/** The records that a message carries. */
export function recordsIn(message: StationMessage): readonly (SignedContainer & { readonly record: Uint8Array })[] {
  if (!isTransactionMessage(message)) return [];
  return message.signed.flatMap((container) => {
    const { record } = container;
    return record === null ? [] : [{ ...container, record }];
  });
}

function foundIn(message: StationMessage): readonly Found[] {
  const receivedAtSeconds = Math.floor(message.receivedAtMs / 1_000);
  return recordsIn(message).map(({ record, enclosedKey }) => ({ record, enclosedKey, receivedAtSeconds }));
}

/** Each record once, the first copy: stations send one in several messages, and through several doors. */
function distinct(found: readonly Found[]): readonly Found[] {
  const byBytes = new Map<string, Found>();
  for (const one of found) {
    const bytes = bytesOf(one);
    if (!byBytes.has(bytes)) byBytes.set(bytes, one);
  }
  return [...byBytes.values()];
}

function bytesOf({ record }: { readonly record: Uint8Array }): string {
  return Buffer.from(record).toString("base64");
}
