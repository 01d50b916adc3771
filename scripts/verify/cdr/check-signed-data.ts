import { errorCatalogue, type ErrorCode } from "../../../services/errors.ts";
import { judgeRecords } from "../../../services/evidence/session-judge.ts";
import { encodingMethodOf, isKnownEncodingMethod } from "../../../services/evidence/formats/all-formats.ts";
import type { OcmfVerifier, VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { compare, decimalsOf, fraction, fractionOf, roundDown, roundHalfUp } from "../../operator/ocpi/fraction.ts";
import { ocpiTime } from "../../../services/domain/ocpi/ocpi-time.ts";
import type { Cdr } from "./cdr-schema.ts";
import type { CdrReason } from "./read-cdr.ts";

const provenTimes: ReadonlySet<string> = new Set(["S", "R", "I"]);
/** What the clocks of meter and back-end may be apart. */
const timeSlackMs = 3_600_000;

/** What the meter signed of a record, and what of that does not fit. */
export interface CheckedSignedData {
  /** SHA-256 of each value that verified. */
  readonly hashes: readonly string[];
  readonly reasons: readonly CdrReason[];
}

/** Verifies the signed values of a record with the key beside them, and that they are of this session and energy. */
export function checkSignedData(cdr: Cdr, verifier: OcmfVerifier): CheckedSignedData {
  const { signed_data: signed } = cdr;
  if (signed === undefined) return { hashes: [], reasons: [] };
  if (!isKnownEncodingMethod(signed.encoding_method)) {
    return refusal("CDR_SIGNED_FORMAT_UNSUPPORTED", "signed_data.encoding_method");
  }
  const key = base64(signed.public_key ?? "");
  if (key === null) return refusal("CDR_SIGNED_KEY_INVALID", "signed_data.public_key");
  const reasons: CdrReason[] = [];
  const records = new Map<string, VerifiedRecord>();
  for (const [index, { signed_data: text, plain_data: plain }] of signed.signed_values.entries()) {
    const where = `signed_data.signed_values[${index}]`;
    const record = base64(text);
    if (record === null) {
      reasons.push({ code: "CDR_SIGNED_VALUE_INVALID", where: `${where}.signed_data` });
      continue;
    }
    if (!isSameMethod(encodingMethodOf(record), signed.encoding_method)) {
      return refusal("CDR_SIGNED_FORMAT_UNSUPPORTED", "signed_data.encoding_method");
    }
    const verdict = verifier.verifyRecord(record, key.toString("hex"));
    if (verdict.verdict !== "accepted") {
      reasons.push(...refusalOf(verdict, where));
      continue;
    }
    if (plain !== undefined && !isPlain(plain, verdict.payload, record)) {
      reasons.push({ code: "CDR_SIGNED_PLAIN_DIFFERS", where: `${where}.plain_data` });
    }
    if (!isOfSession(verdict, cdr)) reasons.push({ code: "CDR_SIGNED_SESSION_DIFFERS", where });
    if (!isAtItsTime(verdict, cdr)) reasons.push({ code: "CDR_SIGNED_TIME_DIFFERS", where });
    records.set(verdict.payloadSha256, verdict);
  }
  if (reasons.length === 0) reasons.push(...energyReasons(cdr, [...records.values()]));
  return { hashes: [...records.keys()], reasons };
}

function energyReasons(cdr: Cdr, records: readonly VerifiedRecord[]): readonly CdrReason[] {
  const judgement = judgeRecords(records);
  const where = "signed_data.signed_values";
  if (judgement.kind === "disputed" && isErrorCode(judgement.reason)) return [{ code: judgement.reason, where }];
  if (judgement.kind !== "complete") return [{ code: "CDR_SIGNED_INCOMPLETE", where }];
  const [whole = "", decimals = ""] = judgement.energyWh.split(".");
  const energyKwh = fraction(BigInt(`${whole}${decimals}`), 10n ** BigInt(decimals.length + 3));
  const places = Math.max(3, decimalsOf(cdr.total_energy));
  const stated = fractionOf(cdr.total_energy);
  const isSame = [roundDown, roundHalfUp].some(
    (round) => compare(fraction(round(energyKwh, places), 10n ** BigInt(places)), stated) === 0,
  );
  return isSame ? [] : [{ code: "CDR_SIGNED_ENERGY_DIFFERS", where: "total_energy" }];
}

function isErrorCode(reason: string): reason is ErrorCode {
  return Object.hasOwn(errorCatalogue, reason);
}

function refusalOf(
  verdict: Exclude<ReturnType<OcmfVerifier["verifyRecord"]>, VerifiedRecord>,
  where: string,
): readonly CdrReason[] {
  if (/^(?:OCMF|SIGNED_VALUE)_KEY_/u.test(verdict.reason))
    return [{ code: "CDR_SIGNED_KEY_INVALID", where: "signed_data.public_key" }];
  if (verdict.verdict === "unsupported") return [{ code: "CDR_SIGNED_FORMAT_UNSUPPORTED", where }];
  return [{ code: verdict.reason, where: `${where}.signed_data` }];
}

/** What the meter was told of the user: the token, the authorization or the session; some put a scheme before it. */
function isOfSession({ identification, isAssigned }: VerifiedRecord, cdr: Cdr): boolean {
  const given = (identification ?? "").trim().toUpperCase();
  if (given === "" || isAssigned === false) return true;
  const { uid, contract_id: contractId } = cdr.cdr_token;
  return [uid, contractId, cdr.authorization_reference, cdr.session_id]
    .map((known) => known?.trim().toUpperCase() ?? "")
    .some((known) => known !== "" && (given === known || given.endsWith(`:${known}`)));
}

/** A time that the meter vouches for is within the session; others say nothing. */
function isAtItsTime({ begin, end }: VerifiedRecord, cdr: Cdr): boolean {
  const from = (ocpiTime(cdr.start_date_time) ?? 0) * 1_000 - timeSlackMs;
  const to = (ocpiTime(cdr.end_date_time) ?? 0) * 1_000 + timeSlackMs;
  return [begin, end].every(
    (reading) =>
      reading === null ||
      !provenTimes.has(reading.time.synchronisation) ||
      (reading.time.epochMs >= from && reading.time.epochMs <= to),
  );
}

function isSameMethod(method: string, stated: string): boolean {
  return method.toUpperCase() === stated.trim().toUpperCase();
}

/** The signed payload or the whole record as text. */
function isPlain(plain: string, payload: Uint8Array, record: Uint8Array): boolean {
  return [payload, record].some((bytes) => Buffer.from(bytes).toString("utf8").trim() === plain.trim());
}

function base64(text: string): Buffer | null {
  const compact = text.replace(/\s/gu, "");
  const bytes = Buffer.from(compact, "base64");
  return compact !== "" && bytes.toString("base64") === compact ? bytes : null;
}

function refusal(code: CdrReason["code"], where: string): CheckedSignedData {
  return { hashes: [], reasons: [{ code, where }] };
}
