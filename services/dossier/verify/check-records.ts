import { toUtf8Bytes } from "ethers";

import { toMicroWh } from "../../domain/decimal.ts";
import { isSameIdTag } from "../../domain/id-tag.ts";
import type { ErrorCode } from "../../errors.ts";
import { isOfTransactionRank } from "../../evidence/formats/ocmf/obis.ts";
import { isNumbered } from "../../evidence/formats/ocmf/record-identity.ts";
import type {
  BillingReading,
  OcmfVerifier,
  PublicKey,
  RecordReading,
  VerifiedSession,
} from "../../evidence/formats/ocmf/types.ts";
import type { DossierRecord, DossierSession } from "../format/dossier-schema.ts";
import { idTagOfSession } from "./session-terms.ts";
import type { Subject } from "./subject.ts";

/** One thing that records say otherwise. */
export interface RecordFinding {
  readonly code: ErrorCode;
  readonly detail: string;
}

const provenTimes: ReadonlySet<string> = new Set(["S", "R", "I"]);

/** Verifies the records of a session, and compares what the meter signed with what the dossier says. */
export function checkRecords(
  session: DossierSession,
  { meter }: Subject,
  key: PublicKey,
  verifier: OcmfVerifier,
): readonly RecordFinding[] {
  const records = session.records.map((record) => ({ record: bytesOf(record), publicKey: key }));
  // That there is none was found before.
  if (records.length === 0) return [];
  const verdict = verifier.verifySession(records);
  if (verdict.verdict !== "accepted") {
    for (const { record } of records) {
      const one = verifier.verifyRecord(record, key);
      if (one.verdict !== "accepted") return [{ code: "DOSSIER_RECORD_INVALID", detail: one.reason }];
    }
    return [{ code: "DOSSIER_RECORDS_INCOMPLETE", detail: verdict.reason }];
  }
  return [
    ...checkPages(session, verdict.records, meter.hasCounter !== false),
    ...checkReadings(session, verdict, meter),
    ...checkBinding(session, verdict.records, meter.possession === "attested-by-oracle"),
  ];
}

function checkPages(
  session: DossierSession,
  records: readonly RecordReading[],
  hasCounter: boolean,
): readonly RecordFinding[] {
  // The verifier has them by pagination.
  const isNamed = records.every(({ payloadSha256 }, index) => payloadSha256 === session.records[index]?.sha256);
  const first = records[0]?.pagination.number.toString();
  const last = records.at(-1)?.pagination.number.toString();
  const isInPlace = !hasCounter || (first === session.firstPage && last === session.lastPage);
  const isAsSaid = records.every((record) => isNumbered(record) === hasCounter);
  return [
    ...(isNamed ? [] : [{ code: "DOSSIER_RECORD_DIFFERS", detail: "another SHA-256" } as const]),
    ...(isAsSaid
      ? []
      : [
          {
            code: "DOSSIER_RECORD_DIFFERS",
            detail: hasCounter ? "the meter does not number its records" : "the meter numbers its records",
          } as const,
        ]),
    ...(isInPlace
      ? []
      : [{ code: "DOSSIER_RECORD_DIFFERS", detail: `pagination ${first ?? ""} to ${last ?? ""}` } as const]),
  ];
}

function checkReadings(
  session: DossierSession,
  { begin, end, records }: VerifiedSession,
  meter: Subject["meter"],
): readonly RecordFinding[] {
  const findings: RecordFinding[] = [];
  const { fromMicroWh, toMicroWh: to } = registersOf(begin, end);
  if (fromMicroWh.toString() !== session.fromMicroWh || to.toString() !== session.toMicroWh) {
    findings.push({ code: "DOSSIER_ENERGY_DIFFERS", detail: `the meter signed ${fromMicroWh} to ${to} × 10⁻⁶ Wh` });
  }
  const rank = records[0]?.registers.find(({ register }) => register === begin.register)?.rank ?? 0;
  if (begin.register !== meter.register || isOfTransactionRank(rank) !== meter.restartsWithTransaction) {
    findings.push({ code: "DOSSIER_ENERGY_DIFFERS", detail: `the register is ${JSON.stringify(begin.register)}` });
  }
  if (session.clock === "meter") {
    const times = provenSecondsOf(begin, end);
    if (times?.beginSeconds !== session.beginSeconds || times.endSeconds !== session.endSeconds) {
      findings.push({ code: "DOSSIER_TIME_DIFFERS", detail: `${begin.time.text} to ${end.time.text}` });
    }
  }
  return findings;
}

/** The registers of a session, rounded so that never more is counted than the meter signed. */
export function registersOf(
  begin: Pick<BillingReading, "registerWh">,
  end: Pick<BillingReading, "registerWh">,
): { readonly fromMicroWh: bigint; readonly toMicroWh: bigint } {
  const fromMicroWh = toMicroWh(begin.registerWh, "up");
  const floor = toMicroWh(end.registerWh, "down");
  // Two equal values with more than six decimals round to a difference of −1.
  return { fromMicroWh, toMicroWh: floor === fromMicroWh - 1n ? fromMicroWh : floor };
}

/** Whole seconds of begin and end; `null` where the meter does not vouch for one of them. */
export function provenSecondsOf(
  begin: Pick<BillingReading, "time">,
  end: Pick<BillingReading, "time">,
): { readonly beginSeconds: number; readonly endSeconds: number } | null {
  const areProven = [begin, end].every(({ time }) => !time.hasTimeError && provenTimes.has(time.synchronisation));
  if (!areProven) return null;
  return {
    beginSeconds: Math.floor(begin.time.epochMs / 1_000),
    endSeconds: Math.floor(end.time.epochMs / 1_000),
  };
}

function checkBinding(
  session: DossierSession,
  records: readonly RecordReading[],
  isAttested: boolean,
): readonly RecordFinding[] {
  const isOverstated = isAttested !== (session.proof === "quorum-attested");
  const tag = idTagOfSession(session);
  const isBound = records.every(({ identification }) => identification !== null && isSameIdTag(identification, tag));
  return [
    ...(isOverstated ? [{ code: "DOSSIER_PROOF_OVERSTATED", detail: session.proof } as const] : []),
    ...(session.proof === "meter-signed-bound" && !isBound
      ? [{ code: "DOSSIER_RECORD_OF_ANOTHER_SESSION", detail: `the idTag would be ${tag}` } as const]
      : []),
  ];
}

function bytesOf(record: DossierRecord): Uint8Array {
  if ("text" in record) return toUtf8Bytes(record.text);
  return Uint8Array.from(atob(record.base64), (character) => character.charCodeAt(0));
}
