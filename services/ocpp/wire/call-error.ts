import type { OcppProtocol } from "../../store/ocpp.ts";
import type { SchemaFault } from "../schemas.ts";

/** The reasons for which a message is answered with a CALLERROR, before a version spells them. */
export type CallErrorReason =
  | "format"
  | "internal"
  | "message-type"
  | "not-implemented"
  | "not-supported"
  | "occurrence"
  | "property"
  | "rpc-framework"
  | "security"
  | "type";

export interface CallError {
  readonly reason: CallErrorReason;
  readonly description: string;
}

const codes: Readonly<Record<CallErrorReason, string>> = {
  format: "FormatViolation",
  internal: "InternalError",
  "message-type": "MessageTypeNotSupported",
  "not-implemented": "NotImplemented",
  "not-supported": "NotSupported",
  occurrence: "OccurrenceConstraintViolation",
  property: "PropertyConstraintViolation",
  "rpc-framework": "RpcFrameworkError",
  security: "SecurityError",
  type: "TypeConstraintViolation",
};
/** OCPP-J 1.6 with its errata: one code is spelled differently, and those of the framework do not exist yet. */
const codes16: Readonly<Record<CallErrorReason, string>> = {
  ...codes,
  format: "FormationViolation",
  "message-type": "FormationViolation",
  "rpc-framework": "FormationViolation",
};
/** OCPP-J allows no longer description. */
const descriptionLimit = 255;

const reasonOfKeyword: Readonly<Record<string, CallErrorReason>> = {
  required: "occurrence",
  minItems: "occurrence",
  maxItems: "occurrence",
  type: "type",
  additionalProperties: "format",
};

/** A fault of a payload as the protocol names it: what is missing, what is of a wrong type, what has a wrong value. */
export function callErrorOfFault(fault: SchemaFault): CallError {
  return { reason: reasonOfKeyword[fault.keyword] ?? "property", description: fault.text };
}

/** The CALLERROR as it is sent. */
export function writeCallError(protocol: OcppProtocol, messageId: string, error: CallError): string {
  const code = (protocol === "ocpp1.6" ? codes16 : codes)[error.reason];
  return JSON.stringify([4, messageId, code, error.description.slice(0, descriptionLimit), {}]);
}
