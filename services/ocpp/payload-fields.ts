/** Reading single fields of a payload that may be of any form: a field that is not there or is no such thing is `null`. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member at the end of the path, of objects only. */
export function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let member = value;
  for (const name of path) {
    if (!isObject(member) || !Object.hasOwn(member, name)) return undefined;
    member = member[name];
  }
  return member;
}

export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const member = fieldAt(value, ...path);
  return typeof member === "string" ? member : null;
}

/** An integer that is not negative, as all numbers of EVSEs, connectors and transactions are. */
export function countAt(value: unknown, ...path: readonly string[]): number | null {
  const member = fieldAt(value, ...path);
  return typeof member === "number" && Number.isSafeInteger(member) && member >= 0 ? member : null;
}
