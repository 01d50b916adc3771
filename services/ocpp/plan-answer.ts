import type { OcppProtocol } from "../store/ocpp.ts";
import { isTransactionAction, actionsOf } from "./actions.ts";
import type { AnswerContext, AnswerPlan, ActionHandler, StationCall } from "./answer-plan.ts";
import { handlers16 } from "./answers-16.ts";
import { handlers20, handlers21 } from "./answers-2x.ts";
import { callErrorOfFault } from "./wire/call-error.ts";
import { isObject } from "./payload-fields.ts";
import type { PayloadSchemas } from "./schemas.ts";

/** A plan, and what the schema has against the message that it is for. */
export interface JudgedPlan {
  readonly plan: AnswerPlan;
  readonly faults: readonly string[] | null;
}

const faultsLimit = 20;
const handlersOf: Readonly<Record<OcppProtocol, ReadonlyMap<string, ActionHandler>>> = {
  "ocpp1.6": handlers16,
  "ocpp2.0.1": handlers20,
  "ocpp2.1": handlers21,
};

/**
 * Decides what is done about a call. Nothing is read or written here, and no payload makes it fail: a message that
 * carries what is paid for is taken whatever is wrong with it, every other one is refused as its version says.
 */
export function planAnswer(schemas: PayloadSchemas, call: StationCall, context: AnswerContext): JudgedPlan {
  const { protocol, action, payload } = call;
  const handler = handlersOf[protocol].get(action);
  if (handler === undefined) return refuseAction(call);

  const isTransaction = isTransactionAction(protocol, action);
  if (context.bootStatus !== "Accepted" && action !== "BootNotification" && !isTransaction) {
    const description = `The station's registration is ${context.bootStatus}.`;
    return { plan: { kind: "refuse", error: { reason: "security", description } }, faults: null };
  }
  if (!isObject(payload)) {
    const description = "The payload is no object.";
    if (isTransaction) return { plan: handler(call, context), faults: [description] };
    return { plan: { kind: "refuse", error: { reason: "format", description } }, faults: null };
  }
  const faults = schemas.checkRequest(protocol, action, payload);
  if (faults === null) return { plan: handler(call, context), faults: null };
  if (isTransaction) {
    return { plan: handler(call, context), faults: faults.slice(0, faultsLimit).map(({ text }) => text) };
  }
  const [first] = faults;
  const error = first === undefined ? ({ reason: "format", description: "" } as const) : callErrorOfFault(first);
  return { plan: { kind: "refuse", error }, faults: null };
}

function refuseAction({ protocol, action }: StationCall): JudgedPlan {
  const { fromStation, fromService } = actionsOf(protocol);
  const isKnown = fromStation.has(action) || fromService.has(action);
  const reason = isKnown ? "not-supported" : "not-implemented";
  const description = isKnown ? "The action is not supported." : "The action is not known.";
  return { plan: { kind: "refuse", error: { reason, description } }, faults: null };
}
