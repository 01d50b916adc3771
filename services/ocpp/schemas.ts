import ocppRpc from "ocpp-rpc";
// Not from the package's entry, which compiles all of them with a validator that changes what it checks.
import * as schemas16 from "typed-ocpp/dist/ocpp16/schemas.js";
import * as schemas20 from "typed-ocpp/dist/ocpp20/schemas.js";
import * as schemas21 from "typed-ocpp/dist/ocpp21/schemas.js";
import { z } from "zod";

import type { OcppProtocol } from "../store/ocpp.ts";
import { asRecord, fieldAt, isJsonRecord, textAt } from "./payload.ts";

/** One thing that the schema has against a payload. */
export interface SchemaFault {
  /** The rule of JSON Schema that is broken, such as `required`. */
  readonly keyword: string;
  /** JSON pointer into the payload; empty for the payload itself. */
  readonly path: string;
  /** Where, and what is wrong; without the value. */
  readonly text: string;
}

/** The actions of a version, whoever calls them. */
export function actionNamesOf(protocol: OcppProtocol): readonly string[] {
  return Object.keys(schemasOf[protocol])
    .filter((name) => name.endsWith("Request"))
    .map((name) => name.slice(0, -"Request".length));
}

const schemasOf: Readonly<Record<OcppProtocol, Readonly<Record<string, object>>>> = {
  "ocpp1.6": schemas16,
  "ocpp2.0.1": schemas20,
  "ocpp2.1": schemas21,
};
const definitionGrammar = /^#\/definitions\/(.+)$/;
const zoneAtEnd = "(?:[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?)$";
const faultTextLimit = 200;
/** What a validator throws. */
const violation = z.object({
  details: z.object({
    errors: z.array(z.object({ keyword: z.string(), instancePath: z.string(), message: z.string().optional() })),
  }),
});

/** What is done about members that the schema does not know. */
type UnknownMembers = "are-faults" | "are-ignored";

/**
 * The schemas say `additionalProperties` of strings, too, which means nothing and which the validator complains about; it
 * is left out, and times are made to have a zone. Each schema comes with all definitions of its version, of which it keeps
 * those that it refers to: the rest would only be read again and again.
 */
function tidySchema(schema: object, unknownMembers: UnknownMembers): object {
  const definitions = fieldAt(schema, "definitions");
  const kept = new Map<string, unknown>();

  function tidy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(tidy);
    if (!isJsonRecord(value)) return value;
    const type = textAt(value, "type");
    const isLeftOut = unknownMembers === "are-ignored" || (type !== null && type !== "object");
    const members: [string, unknown][] = Object.entries(value)
      .filter(([name]) => !(isLeftOut && name === "additionalProperties"))
      .map(([name, member]): [string, unknown] => [name, tidy(member)]);
    // The validator's own check of times lets those pass that have no zone.
    if (textAt(value, "format") === "date-time") members.push(["pattern", zoneAtEnd]);
    const name = definitionGrammar.exec(textAt(value, "$ref") ?? "")?.[1];
    if (name !== undefined) keep(name);
    return Object.fromEntries(members);
  }

  function keep(name: string): void {
    if (kept.has(name)) return;
    // Definitions refer to each other, and to themselves.
    kept.set(name, null);
    kept.set(name, tidy(fieldAt(definitions, name)));
  }

  const body = tidy(Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "definitions")));
  return { ...asRecord(body), definitions: Object.fromEntries(kept) };
}

type Validator = ReturnType<typeof ocppRpc.createValidator>;

/** A version is read, and a schema compiled, when it is needed first: once in a process. */
const validators = {
  "are-faults": new Map<OcppProtocol, Validator>(),
  "are-ignored": new Map<OcppProtocol, Validator>(),
};

function validatorOf(protocol: OcppProtocol, unknownMembers: UnknownMembers): Validator {
  const known = validators[unknownMembers].get(protocol);
  if (known !== undefined) return known;
  const schemas = Object.entries(schemasOf[protocol]).map(([name, schema]) => ({
    ...tidySchema(schema, unknownMembers),
    $id: `urn:${name}`,
  }));
  const validator = ocppRpc.createValidator(protocol, schemas);
  validators[unknownMembers].set(protocol, validator);
  return validator;
}

/**
 * The schemas of typed-ocpp in the validators of ocpp-rpc: they name the rule that is broken, which the error code of an
 * answer depends on, stop at the first fault, and change nothing in what they check.
 */
function check(
  protocol: OcppProtocol,
  name: string,
  payload: unknown,
  unknownMembers: UnknownMembers,
): readonly SchemaFault[] | null {
  if (!Object.hasOwn(schemasOf[protocol], name)) return null;
  try {
    // None of the schemas is asynchronous: what is wrong is thrown at once.
    void validatorOf(protocol, unknownMembers).validate(`urn:${name}`, payload);
    return null;
  } catch (error) {
    const parsed = violation.safeParse(error);
    if (!parsed.success) throw error;
    return parsed.data.details.errors.map(({ keyword, instancePath, message = "is not valid" }) => ({
      keyword,
      path: instancePath,
      text: `${instancePath} ${message}`.trim().slice(0, faultTextLimit),
    }));
  }
}

/** @returns `null` if the payload is right, or if there is no schema for this action. */
export function checkRequest(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  unknownMembers: UnknownMembers = "are-faults",
): readonly SchemaFault[] | null {
  return check(protocol, `${action}Request`, payload, unknownMembers);
}

/** @returns `null` if the answer is right, or if there is no schema for this action. */
export function checkResponse(protocol: OcppProtocol, action: string, payload: unknown): readonly SchemaFault[] | null {
  return check(protocol, `${action}Response`, payload, "are-faults");
}

export function hasRequest(protocol: OcppProtocol, action: string): boolean {
  return Object.hasOwn(schemasOf[protocol], `${action}Request`);
}
