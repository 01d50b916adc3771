import { OCPP16, OCPP20, OCPP21 } from "typed-ocpp";

import type { MessageFault, OcppProtocol } from "../../../domain/charging/message.ts";
import type { JsonRecord } from "./payload.ts";

const validators = {
  "ocpp1.6": OCPP16.validateCall,
  "ocpp2.0.1": OCPP20.validateCall,
  "ocpp2.1": OCPP21.validateCall,
};
const detailCharacters = 200;

/**
 * How a payload breaks the schema of its action; empty if it does not. The validator stops at the first fault.
 *
 * Warning: the validator removes members that the schema does not know. Hand it a copy.
 */
export function findSchemaFaults(protocol: OcppProtocol, action: string, payload: JsonRecord): readonly MessageFault[] {
  const validate = validators[protocol];
  if (validate([2, "", action, payload])) return [];
  return validate.errors.map((error) => {
    // "Invalid OCPP call: /meterValue/0/timestamp must match format": the pointer is empty for the payload itself.
    const [, path = "", detail = error] = /^[^:]*: (\/\S*)? ?(.*)$/.exec(error) ?? [];
    return { code: "SCHEMA", path, detail: detail.slice(0, detailCharacters) };
  });
}
