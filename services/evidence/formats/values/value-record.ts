import { concatenate, toHex } from "../ocmf/bytes.ts";
import { curveParameters, decompressY } from "../ocmf/curves.ts";
import { contentPagination } from "../ocmf/record-identity.ts";
import { refuse, withVerdict } from "../ocmf/refusal.ts";
import type {
  BillingReading,
  Cryptography,
  Curve,
  MeterTime,
  PublicKey,
  RecordVerdict,
  Refusal,
  RegisterReadings,
  TransactionMarker,
  Unsupported,
  VerifiedRecord,
} from "../ocmf/types.ts";
import { findValues } from "./file-values.ts";
import type { FoundValue, ValueRole } from "./found-value.ts";
import { judgeValues, type ValueOfSession } from "./session.ts";
import { energyOfValue, type GivenKey, type SignedReading, type SignedTime, type SignedValue } from "./value.ts";

type ValueOfFormat = Extract<FoundValue, { readonly judge: unknown }> & { readonly format: string };

const noFormat: Unsupported = {
  verdict: "unsupported",
  reason: "FORMAT_UNSUPPORTED",
  detail: "the bytes are in no format that is read",
};
const markers: Readonly<Record<"begin" | "between" | "end", TransactionMarker>> = {
  begin: "B",
  between: "C",
  end: "E",
};
/** Ranks of `formats/ocmf/obis.ts`: registers of one transaction, of what the vehicle got, and of all that was counted. */
const ranks = { transaction: 2, vehicle: 4, total: 6 };
const registersOfTransaction: ReadonlySet<string> = new Set(["1-0:1.8.0*198"]);
const registersOfVehicle: ReadonlySet<string> = new Set(["1-0:1.17.0*200"]);
/** Of formats that name no register. */
const unnamedRegister = "session";

/** The name of the format of a record that is not OCMF; `null` where it is OCMF or of no known format. */
export function formatOfValueRecord(record: Uint8Array): string | null {
  return valuesOf(record)?.[0]?.format ?? null;
}

/** What a service asks of one record after the other. */
export interface ValueReader {
  isOfFormat(record: Uint8Array): boolean;
  /** What a record says of who charges, without looking whether anybody signed it. */
  readIdentification(record: Uint8Array): { readonly identification: string | null } | Refusal | Unsupported;
  /** As `judgeValueRecord`; what is of no known format is unsupported. */
  verify(record: Uint8Array, key: GivenKey): RecordVerdict;
}

/** Reads a record once for all three questions: it keeps a copy of the last bytes, and looks whether they are the same. */
export function createValueReader(cryptography: Cryptography): ValueReader {
  let last: { readonly bytes: Uint8Array; readonly found: readonly ValueOfFormat[] | null } | null = null;

  function read(record: Uint8Array): readonly ValueOfFormat[] | null {
    if (last === null || !isSame(last.bytes, record)) last = { bytes: new Uint8Array(record), found: valuesOf(record) };
    return last.found;
  }

  return {
    isOfFormat: (record) => read(record) !== null,
    readIdentification: (record) => identificationOf(read(record)),
    verify(record, key) {
      const found = read(record);
      return found === null ? noFormat : judgeFound(found, key, cryptography);
    },
  };
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/**
 * Judges a record of a format other than OCMF: one value, or begin and end of one session in whatever holds both. The verdict
 * is that of a record of OCMF: two values are one record with begin and end, under the number of the later one. `null` where
 * the bytes are OCMF or of no known format.
 */
export function judgeValueRecord(record: Uint8Array, key: GivenKey, cryptography: Cryptography): RecordVerdict | null {
  const found = valuesOf(record);
  return found === null ? null : judgeFound(found, key, cryptography);
}

function judgeFound(found: readonly ValueOfFormat[], key: GivenKey, cryptography: Cryptography): RecordVerdict {
  return withVerdict(() => {
    requireOneSession(found);
    const judged = found.map((value): ValueOfSession => ({
      format: value.format,
      key: null,
      role: value.role,
      verdict: value.judge(key, cryptography),
    }));
    const verdict = judgeValues(judged);
    if (verdict.verdict !== "accepted") return verdict;
    return recordOf(verdict.values, found.length === 1 ? (found[0]?.role ?? null) : null, cryptography);
  });
}

function identificationOf(
  found: readonly ValueOfFormat[] | null,
): { readonly identification: string | null } | Refusal | Unsupported {
  if (found === null) return noFormat;
  let refusal: Refusal | Unsupported | null = null;
  for (const key of someKeys) {
    const verdict = judgeFound(found, key, believing);
    if (verdict.verdict === "accepted") return { identification: verdict.identification };
    if (!isOfKey(verdict)) refusal ??= verdict;
  }
  return refusal ?? { identification: null };
}

function isOfKey({ reason }: Refusal | Unsupported): boolean {
  return reason.includes("_KEY_");
}

/** Takes every signature for good. Only for what is not believed afterwards. */
const believing: Cryptography = { sha256: () => new Uint8Array(32), verifyEcdsaSha256: () => true };

function somePointOn(curve: Curve): PublicKey {
  for (let x = 1n; x < curveParameters[curve].p; x += 1n) {
    const y = decompressY(curve, x, true);
    if (y !== null) return { curve, x, y };
  }
  throw new RangeError(`${curve} has no point.`);
}

/** One on each curve on which the formats sign: of a key only its curve matters where nothing is verified. */
const someKeys: readonly PublicKey[] = (["secp192r1", "secp256r1", "secp224k1"] as const).map(somePointOn);

/** All values of the bytes, if all are of formats that this reads. */
function valuesOf(record: Uint8Array): readonly ValueOfFormat[] | null {
  const found = findValues(record, null);
  const values = found.filter((value): value is ValueOfFormat => "judge" in value && value.format !== null);
  return values.length === found.length ? values : null;
}

function requireOneSession(found: readonly FoundValue[]): void {
  const sessions = new Set(found.map(({ session }) => session));
  if (sessions.size > 1) refuse("SIGNED_VALUE_SESSIONS_SEVERAL", `${sessions.size} sessions in one record`);
}

function recordOf(values: readonly SignedValue[], role: ValueRole, cryptography: Cryptography): VerifiedRecord {
  const signed = values.map((value) => value.signed ?? refuse("SIGNED_VALUE_KEY_INVALID", "the key is of no curve"));
  const [first, last] = [values[0], values.at(-1)];
  const key = signed[0]?.key;
  const signature = signed.at(-1)?.signature;
  if (first === undefined || last === undefined || key === undefined || signature === undefined) {
    return refuse("SIGNED_VALUE_FIELD_MISSING", "there is no value");
  }
  const payload = concatenate(signed.map((one) => one.payload));
  const hash = cryptography.sha256(payload);
  const register = registerOf(values, role);
  const span = first.span ?? null;
  const begin = register.begin;
  const end = register.end;
  return {
    verdict: "accepted",
    payload,
    payloadSha256: toHex(hash),
    key,
    signature,
    pagination: last.counter === null ? contentPagination(toHex(hash)) : { context: "T", number: last.counter },
    formatVersion: null,
    identification: last.identification,
    isAssigned: null,
    identificationLevel: null,
    identificationType: null,
    identificationFlags: [],
    gatewayIdentification: null,
    gatewaySerial: null,
    meterVendor: null,
    meterModel: null,
    meterSerial: last.meter,
    meterFirmware: null,
    tariffText: null,
    chargePointIdentification: null,
    registers: [register],
    begin,
    end,
    energyWh:
      begin === null || end === null
        ? null
        : energyOfValue({ span: span ?? { begin: readingIn(first), end: readingIn(last) } }),
  };
}

function registerOf(values: readonly SignedValue[], role: ValueRole): RegisterReadings {
  const [first] = values;
  const register = first?.register ?? unnamedRegister;
  const reading = (signed: SignedReading, marked: TransactionMarker): BillingReading => ({
    transaction: marked,
    registerWh: signed.registerWh,
    register,
    time: timeOf(signed.time),
  });
  const span = first?.span ?? null;
  const readings =
    span !== null
      ? [reading(span.begin, "B"), reading(span.end, "E")]
      : values.map((value, index) => reading(readingIn(value), markerOf(index, values.length, role)));
  return {
    register,
    rank: rankOf(first),
    begin: readings.find(({ transaction }) => transaction === "B") ?? null,
    end: readings.find(({ transaction }) => transaction === "E") ?? null,
    readings,
  };
}

/** One value is what it is called; of several the first is the begin, and the last the end. */
function markerOf(index: number, count: number, role: ValueRole): TransactionMarker {
  if (count === 1) return markers[role ?? "between"];
  return index === 0 ? "B" : index === count - 1 ? "E" : "C";
}

function readingIn({ reading }: SignedValue): SignedReading {
  return reading ?? refuse("SIGNED_SESSION_REPLAY", "two values claim the energy of one session");
}

/** Without a counter there is no order in which a register could be held against those of other records. */
function rankOf(value: SignedValue | undefined): number {
  const register = value?.register ?? null;
  if (register === null || value?.counter === null || registersOfTransaction.has(register)) return ranks.transaction;
  return registersOfVehicle.has(register) ? ranks.vehicle : ranks.total;
}

function timeOf(time: SignedTime | null): MeterTime {
  if (time === null) return { text: "", epochMs: 0, synchronisation: "U", hasTimeError: true };
  const { epochMs, state } = time;
  return { text: new Date(epochMs).toISOString(), epochMs, synchronisation: state, hasTimeError: false };
}
