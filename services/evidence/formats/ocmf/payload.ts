import { parseJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { readImportReadings } from "./readings.ts";
import { quote, refuse } from "./refusal.ts";
import { chooseBilledRegister, groupByRegister } from "./registers.ts";
import { subtractDecimals } from "../../../domain/decimal.ts";
import type { Pagination, VerifiedRecord } from "./types.ts";

/** What the signed bytes say. */
export type PayloadContent = Omit<VerifiedRecord, "verdict" | "payload" | "payloadSha256" | "key" | "signature">;

/** Published versions: 0.1 to 0.5 and 1.0 to 1.4. Of another one nobody can say what its fields mean. */
const formatVersions = /^(?:0\.[1-5]|1\.[0-4])(?:\.[0-9]{1,3})?$/;
const paginationGrammar = /^([TF])(0|[1-9][0-9]{0,18})$/;
const goodLevels = new Set(["NONE", "HEARSAY", "TRUSTED", "VERIFIED", "CERTIFIED", "SECURE"]);
const failedLevels = new Set(["MISMATCH", "INVALID", "OUTDATED", "UNKNOWN"]);

/**
 * Reads the payload section. Fields that a decision rests on must have the type of the format; those that only describe
 * (vendor, model, tariff text …) are `null` where they have another. Unknown keys are extensions and are ignored.
 */
export function readPayload(bytes: Uint8Array): PayloadContent {
  const payload = parseJsonObject(bytes);
  const formatVersion = readFormatVersion(payload.members.get("FV"));
  const pagination = readPagination(payload.members.get("PG"));
  const { isAssigned, identificationLevel } = readAssignment(payload);
  const identification = requireTextOrNothing(payload, "ID");
  const meterSerial = requireTextOrNothing(payload, "MS");
  const gatewaySerial = requireTextOrNothing(payload, "GS");
  const imports = readImportReadings(payload.members.get("RD"));
  if (imports.length === 0)
    return refuse("OCMF_IMPORT_REGISTER_MISSING", "no reading of an import register has a value");
  const registers = groupByRegister(imports);
  const billed = chooseBilledRegister(registers);
  const begin = billed?.begin ?? null;
  const end = billed?.end ?? null;
  return {
    pagination,
    formatVersion,
    identification,
    isAssigned,
    identificationLevel,
    identificationType: textOrNothing(payload, "IT"),
    identificationFlags: readFlags(payload.members.get("IF")),
    gatewayIdentification: textOrNothing(payload, "GI"),
    gatewaySerial,
    meterVendor: textOrNothing(payload, "MV"),
    meterModel: textOrNothing(payload, "MM"),
    meterSerial,
    meterFirmware: textOrNothing(payload, "MF"),
    tariffText: textOrNothing(payload, "TT"),
    chargePointIdentification: textOrNothing(payload, "CI"),
    registers,
    begin,
    end,
    energyWh: begin !== null && end !== null ? subtractDecimals(end.registerWh, begin.registerWh) : null,
  };
}

function readFormatVersion(value: JsonValue | undefined): string | null {
  if (value === undefined) return null;
  // Some meters write the version as a number.
  const text = value.kind === "number" ? value.lexeme : value.kind === "string" ? value.text : null;
  if (text === null || !formatVersions.test(text)) {
    return refuse("OCMF_FORMAT_VERSION_UNKNOWN", `FV is ${text === null ? `a JSON ${value.kind}` : quote(text)}`);
  }
  return text;
}

function readPagination(value: JsonValue | undefined): Pagination {
  const match = value?.kind === "string" ? paginationGrammar.exec(value.text) : null;
  if (match === null) {
    return refuse("OCMF_PAGINATION_INVALID", value?.kind === "string" ? `PG is ${quote(value.text)}` : "PG is no text");
  }
  if (match[1] === "F") return refuse("OCMF_FISCAL_RECORD", `PG is ${match[0]}`);
  return { context: "T", number: BigInt(match[2] ?? "") };
}

/** Until OCMF 0.3 `IS` held the level as text; since 0.4 it is a boolean and the level stands in `IL`. */
function readAssignment(payload: JsonObject): Pick<VerifiedRecord, "isAssigned" | "identificationLevel"> {
  const status = payload.members.get("IS");
  const level = requireTextOrNothing(payload, "IL");
  requireGoodLevel("IL", level);
  if (status === undefined || status.kind === "null") return { isAssigned: null, identificationLevel: level };
  if (status.kind === "boolean") return { isAssigned: status.value, identificationLevel: level };
  if (status.kind !== "string") return refuse("OCMF_FIELD_INVALID", `IS is a JSON ${status.kind}`);
  requireGoodLevel("IS", status.text);
  return { isAssigned: null, identificationLevel: level ?? status.text };
}

function requireGoodLevel(key: string, level: string | null): void {
  if (level === null || level === "" || goodLevels.has(level)) return;
  if (failedLevels.has(level)) refuse("OCMF_IDENTIFICATION_ERROR", `${key} is ${level}`);
  refuse("OCMF_IDENTIFICATION_LEVEL_UNKNOWN", `${key} is ${quote(level)}`);
}

function requireTextOrNothing(payload: JsonObject, key: string): string | null {
  const value = payload.members.get(key);
  if (value === undefined || value.kind === "null") return null;
  return value.kind === "string" ? value.text : refuse("OCMF_FIELD_INVALID", `${key} is a JSON ${value.kind}`);
}

function textOrNothing(payload: JsonObject, key: string): string | null {
  const value = payload.members.get(key);
  return value?.kind === "string" ? value.text : null;
}

function readFlags(value: JsonValue | undefined): string[] {
  return value?.kind === "array" ? value.items.flatMap((item) => (item.kind === "string" ? [item.text] : [])) : [];
}
