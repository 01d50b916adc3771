import type { OcppProtocol } from "../store/ocpp.ts";
import type { AnswerContext, AnswerPlan } from "./action.ts";
import { actionsOf, findAction } from "./actions.ts";
import { asRecord, isJsonRecord } from "./payload.ts";
import { checkRequest } from "./schemas.ts";
import { callErrorOfFault } from "./wire/call-error.ts";

/** A CALL as it came. */
export interface ReceivedCall {
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly action: string;
  /** Parsed JSON of which nothing is known. */
  readonly payload: unknown;
  readonly receivedAtMs: number;
}

/** A plan, and what the schema has against the message that it is for. */
export interface JudgedPlan {
  readonly plan: AnswerPlan;
  readonly faults: readonly string[] | null;
}

const faultsLimit = 20;

/**
 * Decides what is done about a call. Nothing is read or written here, and no payload makes it fail: a message that
 * carries what is paid for is taken whatever is wrong with it, every other one is refused as its version says.
 */
export function planAnswer(received: ReceivedCall, context: AnswerContext): JudgedPlan {
  const { stationId, protocol, action: name, payload, receivedAtMs } = received;
  const action = findAction(protocol, name);
  if (action === undefined) return refuseAction(received);

  const { tellsEnergy } = action;
  if (context.bootStatus !== "Accepted" && name !== "BootNotification" && !tellsEnergy) {
    const description = `The station's registration is ${context.bootStatus}.`;
    return { plan: { kind: "refuse", error: { reason: "security", description } }, faults: null };
  }
  const call = { stationId, protocol, action: name, payload: asRecord(payload), receivedAtMs };
  if (!isJsonRecord(payload)) {
    const description = "The payload is no object.";
    if (tellsEnergy) return { plan: action.answer(call, context), faults: [description] };
    return { plan: { kind: "refuse", error: { reason: "format", description } }, faults: null };
  }
  const faults = checkRequest(protocol, name, payload);
  if (faults === null) return { plan: action.answer(call, context), faults: null };
  if (tellsEnergy) {
    return { plan: action.answer(call, context), faults: faults.slice(0, faultsLimit).map(({ text }) => text) };
  }
  const [first] = faults;
  const error = first === undefined ? ({ reason: "format", description: "" } as const) : callErrorOfFault(first);
  return { plan: { kind: "refuse", error }, faults: null };
}

function refuseAction({ protocol, action }: ReceivedCall): JudgedPlan {
  const { fromStation, fromService } = actionsOf(protocol);
  const isKnown = fromStation.has(action) || fromService.has(action);
  const reason = isKnown ? "not-supported" : "not-implemented";
  const description = isKnown ? "The action is not supported." : "The action is not known.";
  return { plan: { kind: "refuse", error: { reason, description } }, faults: null };
}
