import type { RegisteredMeter } from "../../chain/chain.ts";
import { openingOf } from "../../domain/opening.ts";
import { judgeSession } from "../../evidence/formats/ocmf/session.ts";
import { isOfTransactionRank } from "../../evidence/formats/ocmf/obis.ts";
import { isNumbered } from "../../evidence/formats/ocmf/record-identity.ts";
import type { RecordReading } from "../../evidence/formats/ocmf/types.ts";
import type { EvidenceRecord, StoredSession } from "../../store/store.ts";
import type {
  DossierExclusion,
  DossierMeter,
  DossierRecord,
  DossierSession,
  exclusionReasons,
} from "../format/dossier-schema.ts";
import { isAbovePower } from "../verify/check-month.ts";
import { provenSecondsOf, registersOf } from "../verify/check-records.ts";

export type ExclusionReason = (typeof exclusionReasons)[number];

/** A record of a session and what it says. */
export interface ReadRecord {
  readonly record: EvidenceRecord;
  readonly reading: RecordReading;
}

/** Which register of the meter is counted, and what the records say of the meter. */
export type MeterIdentity = Pick<
  DossierMeter,
  "vendor" | "model" | "serial" | "register" | "restartsWithTransaction" | "hasCounter"
>;

/** A session that the meter signed from begin to end. */
export interface ProvenSession {
  readonly kind: "proven";
  /** All but the salt, which is of one dossier. */
  readonly session: Omit<DossierSession, "salt">;
  readonly identity: MeterIdentity;
  /** Why it is not counted all the same. */
  readonly exclusion: ExclusionReason | null;
  readonly settledMicroWh: bigint;
}

/** A session of which the meter signed nothing that counts. */
export interface UnprovenSession {
  readonly kind: "unproven";
  readonly exclusion: DossierExclusion;
}

/** When the chain opened and ended a session, in seconds since 1970. */
export interface ChainTimes {
  readonly openedSeconds: number;
  readonly closedSeconds: number;
}

/** Why a session does not count by what the chain or its assessment says; `null` if it may. */
export function chainReasonOf({ state }: StoredSession, isUnsigned: boolean): ExclusionReason | null {
  const { closing, challenge, dispute } = state;
  if (closing === null) return dispute === null ? "open" : "disputed";
  if (closing.kind !== "settled") return closing.kind;
  if (challenge !== null) return "corrected";
  return isUnsigned ? "unsigned" : null;
}

/** Judges a settled session by its records. @returns `null` if they do not prove begin and end */
export async function judgeRecordsOf(
  { sessionId, terms, state }: StoredSession,
  read: readonly ReadRecord[],
  meter: RegisteredMeter,
  maximumPowerW: number,
  times: () => Promise<ChainTimes>,
): Promise<ProvenSession | null> {
  // One record with both readings proves the session alone.
  const covering = read.find(({ reading }) => reading.begin !== null && reading.end !== null);
  const used = covering === undefined ? read : [covering];
  const verdict = judgeSession(used.map(({ reading }) => reading));
  const { closing } = state;
  if (verdict.verdict !== "accepted" || closing?.kind !== "settled") return null;
  const { begin, end, records } = verdict;
  const proven = provenSecondsOf(begin, end);
  const registers = registersOf(begin, end);
  const [first] = records;
  const rank = first?.registers.find(({ register }) => register === begin.register)?.rank ?? 0;
  const byPage = used.toSorted((left, right) =>
    left.record.paginationNumber < right.record.paginationNumber ? -1 : 1,
  );

  const chainTimes = proven === null ? await times() : null;
  const session: Omit<DossierSession, "salt"> = {
    sessionId,
    terms: { ...terms, holdMicro: terms.holdMicro.toString() },
    opening: openingOf(state.opening),
    fromMicroWh: registers.fromMicroWh.toString(),
    toMicroWh: registers.toMicroWh.toString(),
    beginSeconds: proven?.beginSeconds ?? chainTimes?.openedSeconds ?? 0,
    endSeconds: proven?.endSeconds ?? chainTimes?.closedSeconds ?? 0,
    clock: proven === null ? "chain" : "meter",
    firstPage: pageOf(records[0]),
    lastPage: pageOf(records.at(-1)),
    proof:
      meter.possession === "attested-by-oracle"
        ? "quorum-attested"
        : byPage.every(({ record }) => record.isBoundToSession)
          ? "meter-signed-bound"
          : "meter-signed",
    settlement: {
      hash: closing.position.txHash,
      blockNumber: closing.position.blockNumber,
      logIndex: closing.position.logIndex,
    },
    records: byPage.map(({ record }) => recordOf(record)),
  };
  return {
    kind: "proven",
    session,
    identity: {
      vendor: first?.meterVendor ?? null,
      model: first?.meterModel ?? null,
      serial: first?.meterSerial ?? null,
      register: begin.register,
      restartsWithTransaction: isOfTransactionRank(rank),
      ...(records.every(isNumbered) ? {} : { hasCounter: false as const }),
    },
    exclusion: reasonOf(session, closing.energyMicroWh, meter, maximumPowerW),
    settledMicroWh: closing.energyMicroWh,
  };
}

/** Its number; 0 where the meter gives it none. */
function pageOf(record: RecordReading | undefined): string {
  return record !== undefined && isNumbered(record) ? record.pagination.number.toString() : "0";
}

/** Why a session that its meter signed is not counted. */
function reasonOf(
  session: Omit<DossierSession, "salt">,
  settledMicroWh: bigint,
  meter: RegisteredMeter,
  maximumPowerW: number,
): ExclusionReason | null {
  const { beginSeconds, endSeconds } = session;
  const isTrusted = meter.possession !== null && (meter.status === "active" || meter.status === "retired");
  if (!isTrusted || beginSeconds < meter.validFrom || endSeconds >= meter.validUntil) return "key-not-valid";
  if (endSeconds >= meter.calibrationExpiresAt) return "calibration-expired";
  if (BigInt(session.toMicroWh) - BigInt(session.fromMicroWh) !== settledMicroWh) return "energy-differs";
  if (endSeconds < beginSeconds) return "energy-differs";
  return isAbovePower(session, Math.min(maximumPowerW, session.terms.maximumPowerW)) ? "power-exceeded" : null;
}

/** A record as text where its bytes are UTF-8, else as base64: either way the bytes can be had back exactly. */
function recordOf({ record, payloadSha256 }: EvidenceRecord): DossierRecord {
  const bytes = Buffer.from(record);
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes);
  return { ...(isText ? { text } : { base64: bytes.toString("base64") }), sha256: payloadSha256 };
}
