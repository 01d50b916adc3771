import { validate } from "typed-ocpp/dist/common/ajv.js";
// Not from the package's entry, which compiles the schemas of all versions: hundreds of them, of which few are needed.
import * as schemas16 from "typed-ocpp/dist/ocpp16/schemas.js";
import * as schemas20 from "typed-ocpp/dist/ocpp20/schemas.js";
import * as schemas21 from "typed-ocpp/dist/ocpp21/schemas.js";

import type { MessageFault, OcppProtocol } from "../../domain/charging/message.ts";
import type { JsonRecord } from "./payload.ts";

const schemasOf = { "ocpp1.6": schemas16, "ocpp2.0.1": schemas20, "ocpp2.1": schemas21 };
const detailCharacters = 200;

/**
 * How a payload breaks the schema of its action; empty if it does not. The validator stops at the first fault, and
 * compiles a schema when it is needed first.
 *
 * Warning: the validator removes members that the schema does not know. Hand it a copy.
 */
export function findSchemaFaults(protocol: OcppProtocol, action: string, payload: JsonRecord): readonly MessageFault[] {
  const schemas: Readonly<Record<string, Parameters<typeof validate>[1]>> = schemasOf[protocol];
  const schema = schemas[`${action}Request`];
  if (schema === undefined || validate(payload, schema, "")) return [];
  return validate.errors.map((error) => {
    // ": /meterValue/0/timestamp must match format": the pointer is empty for the payload itself.
    const [, path = "", detail = error] = /^: (\/\S*)? ?(.*)$/.exec(error) ?? [];
    return { code: "SCHEMA", path, detail: detail.slice(0, detailCharacters) };
  });
}
