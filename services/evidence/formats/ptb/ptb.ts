import { parseJsonDecimal, shiftDecimal } from "../../../domain/decimal.ts";
import { parseMeterTime } from "../ocmf/meter-time.ts";
import { parseJsonObject, type JsonObject } from "../ocmf/json.ts";
import { requireEnvelope } from "../ocmf/envelope.ts";
import { quote, refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { createOcmfVerifier } from "../ocmf/verifier.ts";
import { memberAt, requireText } from "../values/members.ts";
import { requirePlausible } from "../values/require.ts";
import type { GivenKey, SignedBytes, SignedValue, ValueVerdict } from "../values/value.ts";

/** Active energy import, as the records of this container name it, and as OCMF does. */
const register = /^(?:0100010800ff|0?1-0?0:0?1\.0?8\.0?0(?:\*ff|\*255)?)$/iu;
const powers: ReadonlyMap<string, number> = new Map([
  ["Wh", 0],
  ["kWh", 3],
]);

/** Whether a JSON object is a container of the PTB: two records in the form of OCMF. */
export function isPtbContainer(content: JsonObject): boolean {
  return ["ocmfBegin", "ocmfEnd"].every((name) => memberAt(content, name)?.kind === "string");
}

/**
 * Judges a record of the container. Some are OCMF in full and are read by its rules. The others have one reading, no marker
 * of begin or end, and a pagination that is a text and so counts nothing; without a unit they count watt-hours.
 *
 * @param role Which of the two records it is, by the container
 */
export function verifyPtbRecord(
  record: string,
  role: "begin" | "end",
  key: GivenKey,
  cryptography: Cryptography,
): ValueVerdict {
  return withVerdict(() => {
    const bytes = new TextEncoder().encode(record);
    const envelope = requireEnvelope(bytes, key);
    const payload = withVerdict(() => parseJsonObject(envelope.payload));
    // What says that it is OCMF in full is read by no other rules, whatever those have against it.
    if (!("kind" in payload) || isFullRecord(payload)) return readFullRecord(bytes, role, envelope.key, cryptography);
    if (!cryptography.verifyEcdsaSha256(envelope.key, envelope.payload, envelope.signature)) {
      return refuse("SIGNED_VALUE_SIGNATURE_MISMATCH", `${envelope.payload.length} signed bytes`);
    }
    return readRecord(payload, envelope);
  });
}

function readFullRecord(
  record: Uint8Array,
  role: "begin" | "end",
  key: GivenKey,
  cryptography: Cryptography,
): ValueVerdict {
  const verdict = createOcmfVerifier({ cryptography }).verifyRecord(record, key);
  if (verdict.verdict !== "accepted") return verdict;
  const reading =
    verdict[role] ?? refuse("SIGNED_VALUE_CONTRADICTED", `the record in the place of the ${role} is none`);
  return {
    verdict: "accepted",
    signed: verdict,
    meter: verdict.meterSerial ?? verdict.gatewaySerial,
    identification: verdict.identification,
    counter: verdict.pagination.number,
    register: reading.register,
    reading: {
      registerWh: reading.registerWh,
      time: reading.time.hasTimeError ? null : { epochMs: reading.time.epochMs, state: reading.time.synchronisation },
    },
    span: null,
  };
}

/** A pagination that counts, or a reading with a marker or error flags. */
function isFullRecord(payload: JsonObject): boolean {
  const pagination = memberAt(payload, "PG");
  if (pagination?.kind === "string" && /^[TF][0-9]+$/u.test(pagination.text)) return true;
  const readings = memberAt(payload, "RD");
  return (
    readings?.kind === "array" &&
    readings.items.some((item) => item.kind === "object" && ["TX", "EF"].some((name) => item.members.has(name)))
  );
}

function readRecord(payload: JsonObject, signed: SignedBytes): SignedValue {
  const readings = memberAt(payload, "RD");
  const reading = readings?.kind === "array" ? readings.items[0] : undefined;
  if (readings?.kind !== "array" || readings.items.length !== 1 || reading?.kind !== "object") {
    return refuse("SIGNED_VALUE_MALFORMED", "RD is not exactly one reading");
  }
  if (requireText(reading, "ST") !== "G") return refuse("SIGNED_VALUE_METER_ERROR", "ST is not G");
  const code = requireText(reading, "RI");
  if (!register.test(code)) return refuse("SIGNED_VALUE_REGISTER_UNKNOWN", `RI is ${quote(code)}`);
  const unit = memberAt(reading, "RU");
  const power = unit === undefined ? 0 : powers.get(unit.kind === "string" ? unit.text : "");
  if (power === undefined) return refuse("SIGNED_VALUE_UNIT_UNKNOWN", "RU is neither Wh nor kWh");
  const value = memberAt(reading, "RV");
  const decimal = value?.kind === "number" ? parseJsonDecimal(value.lexeme) : null;
  if (decimal === null) return refuse("SIGNED_VALUE_NUMBER_INVALID", "RV is no number");
  const { epochMs, synchronisation } = parseMeterTime(requireText(reading, "TM"), false);
  return {
    verdict: "accepted",
    signed,
    meter: requireText(payload, "ID"),
    // Here the meter's own number stands where OCMF has who charges.
    identification: null,
    counter: null,
    register: "1-0:1.8.0*255",
    reading: { registerWh: requirePlausible(shiftDecimal(decimal, power)), time: { epochMs, state: synchronisation } },
    span: null,
  };
}
