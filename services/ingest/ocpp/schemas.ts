import ocppRpc from "ocpp-rpc";
import { OCPP16, OCPP20, OCPP21 } from "typed-ocpp";
import { z } from "zod";

import { ocppProtocols, type OcppProtocol } from "../../store/ocpp.ts";
import { isObject, textAt } from "./payload-fields.ts";

/** One thing that the schema has against a payload. */
export interface SchemaFault {
  /** The rule of JSON Schema that is broken, such as `required`. */
  readonly keyword: string;
  /** Where, and what is wrong; without the value. */
  readonly text: string;
}

/** Checks payloads by the schemas of the versions. */
export interface PayloadSchemas {
  /** @returns `null` if the payload is right, or if there is no schema for this action. */
  checkRequest(protocol: OcppProtocol, action: string, payload: unknown): readonly SchemaFault[] | null;
  checkResponse(protocol: OcppProtocol, action: string, payload: unknown): readonly SchemaFault[] | null;
  hasRequest(protocol: OcppProtocol, action: string): boolean;
}

const schemasOf: Readonly<Record<OcppProtocol, Readonly<Record<string, object>>>> = {
  "ocpp1.6": OCPP16.schemas,
  "ocpp2.0.1": OCPP20.schemas,
  "ocpp2.1": OCPP21.schemas,
};
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
 * is left out, and times are made to have a zone. Definitions are shared by all schemas of a version, and stay so.
 */
function createTidying(): (schema: object) => object {
  const tidied = new Map<object, Readonly<Record<string, unknown>>>();
  return function tidy(schema) {
    const known = tidied.get(schema);
    if (known !== undefined) return known;
    const isMisplaced = textAt(schema, "type") !== null && textAt(schema, "type") !== "object";
    const members: [string, unknown][] = Object.entries(schema)
      .filter(([name]) => !(isMisplaced && name === "additionalProperties"))
      .map(([name, member]: [string, unknown]): [string, unknown] => [name, isObject(member) ? tidy(member) : member]);
    // The validator's own check of times lets those pass that have no zone.
    if (textAt(schema, "format") === "date-time") members.push(["pattern", zoneAtEnd]);
    const result: Readonly<Record<string, unknown>> = Object.fromEntries(members);
    tidied.set(schema, result);
    return result;
  };
}

/**
 * The schemas of typed-ocpp in the validators of ocpp-rpc: they name the rule that is broken, which the error code of an
 * answer depends on, and change nothing in what they check. A schema is compiled when it is needed first.
 */
export function createPayloadSchemas(): PayloadSchemas {
  const validators = new Map(
    ocppProtocols.map((protocol) => {
      const tidy = createTidying();
      const schemas = Object.entries(schemasOf[protocol]).map(([name, schema]) => ({
        ...tidy(schema),
        $id: `urn:${name}`,
      }));
      return [protocol, ocppRpc.createValidator(protocol, schemas)];
    }),
  );

  function check(protocol: OcppProtocol, name: string, payload: unknown): readonly SchemaFault[] | null {
    if (!Object.hasOwn(schemasOf[protocol], name)) return null;
    try {
      // None of the schemas is asynchronous: what is wrong is thrown at once.
      void validators.get(protocol)?.validate(`urn:${name}`, payload);
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
