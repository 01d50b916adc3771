import { formatDecimal, type Decimal } from "../../../domain/decimal.ts";
import { judgeSession } from "../ocmf/session.ts";
import { otherAlgorithmOf, verifyOtherwiseSigned, type OtherSignatures } from "../ocmf/other-algorithms.ts";
import type { BillingReading, Cryptography, RecordReading, Refusal, Unsupported } from "../ocmf/types.ts";
import { createOcmfVerifier } from "../ocmf/verifier.ts";
import { findValues } from "./file-values.ts";
import type { FoundValue, ValueRole } from "./found-value.ts";
import { judgeValues, type ValueOfSession } from "./session.ts";
import { energyOfValue, type SignedReading, type SignedValue, type ValueVerdict } from "./value.ts";

/** What is said of one value or one session of a file. */
export interface FileLine {
  readonly id: string;
  /** `null`: no format is known to which the bytes belong. */
  readonly format: string | null;
  readonly verdict: "accepted" | "refused" | "unsupported";
  /** A code of the catalogue, `null` when accepted. */
  readonly reason: string | null;
  /** Canonical decimal; `null` unless accepted with begin and end. */
  readonly energyWh: string | null;
  /** `"file"`: no key was given, and the one that came along was used. It proves that nothing was changed, not who signed. */
  readonly keyFrom?: "file";
}

interface JudgedValue {
  readonly found: FoundValue;
  readonly key: string | null;
  readonly isKeyOfFile: boolean;
  /** An OCMF record keeps all that the rules of its sessions look at. */
  readonly verdict: ValueVerdict | (RecordReading & { readonly verdict: "accepted" });
}

/**
 * Judges every signed value of a file, each by itself, and then each session that the file holds.
 *
 * @param id Names the file in what is said of it.
 * @param signature The file beside it that holds the signature alone, if there is one
 * @param key The meter's registered key. `null`: the key that came along with each value
 */
export function judgeFile(
  id: string,
  bytes: Uint8Array,
  signature: Uint8Array | null,
  key: string | null,
  cryptography: Cryptography & OtherSignatures,
): readonly FileLine[] {
  const judged = findValues(bytes, signature).map((found) => judgeFound(found, key, cryptography));
  const valueLines = judged.map((value, index) => ({
    ...lineOf(
      { ...reasonOf(value.verdict), energyWh: energyOfVerdict(value.verdict) },
      value.found.format,
      value.isKeyOfFile,
    ),
    id: judged.length === 1 ? id : `${id}#value-${index + 1}`,
  }));
  const sessionLines = sessionsOf(judged)
    .filter(isSessionOfItsOwn)
    .map((values, index) => ({
      ...lineOf(
        judgeTogether(values),
        values[0]?.found.format ?? null,
        values.some(({ isKeyOfFile }) => isKeyOfFile),
      ),
      id: `${id}#session-${index + 1}`,
    }));
  return [...valueLines, ...sessionLines].map(({ id: name, ...rest }) => ({ id: name, ...rest }));
}

function judgeFound(
  found: FoundValue,
  givenKey: string | null,
  cryptography: Cryptography & OtherSignatures,
): JudgedValue {
  const key = givenKey ?? found.enclosedKey;
  const isKeyOfFile = givenKey === null && found.enclosedKey !== null;
  if (!("record" in found)) return { found, key, isKeyOfFile, verdict: found.judge(key, cryptography) };
  const algorithm = otherAlgorithmOf(found.record);
  if (algorithm === null) {
    const verdict = createOcmfVerifier({ cryptography }).verifyRecord(found.record, key);
    return { found, key, isKeyOfFile, verdict };
  }
  const other = verifyOtherwiseSigned(found.record, algorithm, key, cryptography);
  const verdict = other.verdict === "accepted" ? toSignedValue(other) : other;
  return { found, key, isKeyOfFile, verdict };
}

/** A record of OCMF among values of other formats, or one that was signed otherwise than on a curve. */
function toSignedValue(record: {
  readonly meterSerial: string | null;
  readonly identification: string | null;
  readonly pagination: { readonly number: bigint };
  readonly begin: BillingReading | null;
  readonly end: BillingReading | null;
}): SignedValue {
  const { begin, end } = record;
  const single = begin ?? end;
  return {
    verdict: "accepted",
    signed: null,
    meter: record.meterSerial,
    identification: record.identification,
    counter: record.pagination.number,
    register: single?.register ?? null,
    reading: single === null || (begin !== null && end !== null) ? null : readingOf(single),
    span: begin === null || end === null ? null : { begin: readingOf(begin), end: readingOf(end) },
  };
}

function readingOf({ registerWh, time }: BillingReading): SignedReading {
  return { registerWh, time: { epochMs: time.epochMs, state: time.synchronisation } };
}

/**
 * The sessions of a file. Values of which the container does not say to what session they belong follow each other: one
 * that has begin and end stands alone, and a begin after an end begins another session.
 */
function sessionsOf(judged: readonly JudgedValue[]): readonly (readonly JudgedValue[])[] {
  const named = new Map<string, JudgedValue[]>();
  const sessions: JudgedValue[][] = [];
  let current: JudgedValue[] | null = null;
  for (const value of judged) {
    const { session } = value.found;
    if (session !== null) {
      const known = named.get(session);
      if (known !== undefined) {
        known.push(value);
        continue;
      }
      const fresh = [value];
      named.set(session, fresh);
      sessions.push(fresh);
      continue;
    }
    const isAlone = energyOfVerdict(value.verdict) !== null;
    const isNext = roleOfValue(value) === "begin" && current?.some((one) => roleOfValue(one) === "end") === true;
    if (isAlone || isNext || current === null) {
      const fresh = [value];
      sessions.push(fresh);
      current = isAlone ? null : fresh;
    } else {
      current.push(value);
    }
  }
  return sessions;
}

function roleOfValue({ found, verdict }: JudgedValue): ValueRole {
  if (verdict.verdict !== "accepted" || !("pagination" in verdict)) return found.role;
  return verdict.begin !== null ? "begin" : verdict.end !== null ? "end" : "between";
}

function energyOfVerdict(verdict: JudgedValue["verdict"]): Decimal | null {
  if (verdict.verdict !== "accepted") return null;
  return "span" in verdict ? energyOfValue(verdict) : verdict.energyWh;
}

/** One reading alone is no session: nothing can be taken from anything. */
function isSessionOfItsOwn(values: readonly JudgedValue[]): boolean {
  const [only, second] = values;
  if (only === undefined) return false;
  return second !== undefined || energyOfVerdict(only.verdict) !== null;
}

function judgeTogether(values: readonly JudgedValue[]): {
  readonly verdict: "accepted" | "refused" | "unsupported";
  readonly reason?: string;
  readonly energyWh?: Decimal | null;
} {
  const records = values.flatMap(({ verdict }) => (isRecord(verdict) ? [verdict] : []));
  if (records.length === values.length && records.some((record) => record.verdict === "accepted" && "key" in record)) {
    return judgeSession(records);
  }
  return judgeValues(
    values.map(({ found, key, verdict }): ValueOfSession => ({
      format: found.format ?? "",
      key,
      role: found.role,
      verdict: verdict.verdict === "accepted" && "pagination" in verdict ? toSignedValue(verdict) : verdict,
    })),
  );
}

function reasonOf(verdict: JudgedValue["verdict"]): {
  readonly verdict: FileLine["verdict"];
  readonly reason?: string;
} {
  return verdict.verdict === "accepted"
    ? { verdict: "accepted" }
    : { verdict: verdict.verdict, reason: verdict.reason };
}

function isRecord(
  verdict: JudgedValue["verdict"],
): verdict is (RecordReading & { readonly verdict: "accepted" }) | Refusal | Unsupported {
  return verdict.verdict !== "accepted" || "pagination" in verdict;
}

function lineOf(
  verdict: { readonly verdict: FileLine["verdict"]; readonly reason?: string; readonly energyWh?: Decimal | null },
  format: string | null,
  isKeyOfFile: boolean,
): Omit<FileLine, "id"> {
  const energyWh = verdict.energyWh ?? null;
  return {
    format,
    verdict: verdict.verdict,
    reason: verdict.reason ?? null,
    energyWh: verdict.verdict === "accepted" && energyWh !== null ? formatDecimal(energyWh) : null,
    ...(isKeyOfFile ? { keyFrom: "file" as const } : {}),
  };
}
