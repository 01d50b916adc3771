import { quote, refuse } from "../ocmf/refusal.ts";
import type { JsonObject, JsonValue } from "../ocmf/json.ts";

const wholeNumber = /^-?(?:0|[1-9][0-9]{0,18})$/u;
const paddedNumber = /^-?[0-9]{1,19}$/u;

/** The member at a path of names. `undefined` where there is none. */
export function memberAt(object: JsonObject, ...path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const name of path) value = value?.kind === "object" ? value.members.get(name) : undefined;
  return value;
}

/** @throws through `refuse` where there is no text at the path */
export function requireText(object: JsonObject, ...path: readonly string[]): string {
  const value = memberAt(object, ...path);
  return value?.kind === "string" ? value.text : refuse("SIGNED_VALUE_FIELD_MISSING", `${path.join(".")} is no text`);
}

/** A whole number, as JSON number or as text of digits, within the range. */
export function requireInteger(object: JsonObject, path: readonly string[], least: bigint, most: bigint): bigint {
  const value = memberAt(object, ...path);
  const text = value?.kind === "number" ? value.lexeme : value?.kind === "string" ? value.text : null;
  if (text === null) return refuse("SIGNED_VALUE_FIELD_MISSING", `${path.join(".")} is no number`);
  if (!(value?.kind === "number" ? wholeNumber : paddedNumber).test(text)) {
    return refuse("SIGNED_VALUE_NUMBER_INVALID", `${path.join(".")} is ${quote(text)}`);
  }
  const number = BigInt(text);
  return number >= least && number <= most
    ? number
    : refuse("SIGNED_VALUE_NUMBER_INVALID", `${path.join(".")} is ${quote(text)}`);
}
