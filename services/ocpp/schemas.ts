import ocppRpc from "ocpp-rpc";
// Not from the package's entry, which compiles all of them with a validator that changes what it checks.
import * as schemas16 from "typed-ocpp/dist/ocpp16/schemas.js";
import * as schemas20 from "typed-ocpp/dist/ocpp20/schemas.js";
import * as schemas21 from "typed-ocpp/dist/ocpp21/schemas.js";
import { z } from "zod";

import type { OcppProtocol } from "../store/ocpp.ts";
import { fieldAt, isObject, textAt } from "./payload-fields.ts";

/** One thing that the schema has against a payload. */
export interface SchemaFault {
  /** The rule of JSON Schema that is broken, such as `required`. */
  readonly keyword: string;
  /** Where, and what is wrong; without the value. */
  readonly text: string;
}

/** The actions of a version, whoever calls them. */
export function actionNamesOf(protocol: OcppProtocol): readonly string[] {
  return Object.keys(schemasOf[protocol])
    .filter((name) => name.endsWith("Request"))
    .map((name) => name.slice(0, -"Request".length));
}

/** Checks payloads by the schemas of the versions. */
export interface PayloadSchemas {
  /** @returns `null` if the payload is right, or if there is no schema for this action. */
  checkRequest(protocol: OcppProtocol, action: string, payload: unknown): readonly SchemaFault[] | null;
  checkResponse(protocol: OcppProtocol, action: string, payload: unknown): readonly SchemaFault[] | null;
  hasRequest(protocol: OcppProtocol, action: string): boolean;
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

/**
 * The schemas say `additionalProperties` of strings, too, which means nothing and which the validator complains about; it
 * is left out, and times are made to have a zone. Each schema comes with all definitions of its version, of which it keeps
 * those that it refers to: the rest would only be read again and again.
 */
function tidySchema(schema: object): object {
  const definitions = fieldAt(schema, "definitions");
  const kept = new Map<string, unknown>();

  function tidy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(tidy);
    if (!isObject(value)) return value;
    const type = textAt(value, "type");
    const isMisplaced = type !== null && type !== "object";
    const members: [string, unknown][] = Object.entries(value)
      .filter(([name]) => !(isMisplaced && name === "additionalProperties"))
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

  const body = Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== "definitions")
      .map(([name, member]: [string, unknown]) => [name, tidy(member)]),
  );
  return { ...body, definitions: Object.fromEntries(kept) };
}

/**
 * The schemas of typed-ocpp in the validators of ocpp-rpc: they name the rule that is broken, which the error code of an
 * answer depends on, and change nothing in what they check. A version is read, and a schema compiled, when it is needed
 * first.
 */
export function createPayloadSchemas(): PayloadSchemas {
  const validators = new Map<OcppProtocol, ReturnType<typeof ocppRpc.createValidator>>();

  function validatorOf(protocol: OcppProtocol) {
    const known = validators.get(protocol);
    if (known !== undefined) return known;
    const schemas = Object.entries(schemasOf[protocol]).map(([name, schema]) => ({
      ...tidySchema(schema),
      $id: `urn:${name}`,
    }));
    const validator = ocppRpc.createValidator(protocol, schemas);
    validators.set(protocol, validator);
    return validator;
  }

  function check(protocol: OcppProtocol, name: string, payload: unknown): readonly SchemaFault[] | null {
    if (!Object.hasOwn(schemasOf[protocol], name)) return null;
    try {
      // None of the schemas is asynchronous: what is wrong is thrown at once.
      void validatorOf(protocol).validate(`urn:${name}`, payload);
      return null;
    } catch (error) {
      const parsed = violation.safeParse(error);
      if (!parsed.success) throw error;
      return parsed.data.details.errors.map(({ keyword, instancePath, message = "is not valid" }) => ({
        keyword,
        text: `${instancePath} ${message}`.trim().slice(0, faultTextLimit),
      }));
    }
  }

  return {
    checkRequest: (protocol, action, payload) => check(protocol, `${action}Request`, payload),
    checkResponse: (protocol, action, payload) => check(protocol, `${action}Response`, payload),
    hasRequest: (protocol, action) => Object.hasOwn(schemasOf[protocol], `${action}Request`),
  };
}
