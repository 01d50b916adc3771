import { isTransactionMessage, type StationMessage } from "../domain/charging/message.ts";
import type { StoredFrame } from "../store/ocpp.ts";
import { findAction } from "../ocpp/actions.ts";
import { readCall } from "../ocpp/read-call.ts";

/**
 * What a stored frame of a station means for charging; `null` for one that means nothing for it.
 * @param parsed The payload, where it was parsed already.
 */
export function readFrame(frame: StoredFrame, parsed?: unknown): StationMessage | null {
  const { action, direction, protocol, stationId, receivedAtMs, frameId } = frame;
  if (direction !== "in" || action === null) return null;
  const known = findAction(protocol, action);
  if (known?.read === undefined) return null;
  const payload = parsed ?? payloadOf(frame.text);
  return readCall(
    { protocol, action, payload },
    {
      ...{ stationId, receivedAtMs, frameId, assignedTransactionId: frame.ocppTransactionId },
      // The door checks by the same schemas and keeps what it finds; of what it refuses it keeps the refusal instead.
      hasPassedSchema: frame.faults === null && known.tellsEnergy,
    },
  );
}

function payloadOf(text: string): unknown {
  const frame: unknown = JSON.parse(text);
  return Array.isArray(frame) ? frame[3] : undefined;
}

/** The message as one of this transaction: stations of 1.6 leave the id out, or send one that means nothing. */
export function asOfTransaction(message: StationMessage, ocppTransactionId: string): StationMessage {
  return isTransactionMessage(message) && message.protocol === "ocpp1.6" ? { ...message, ocppTransactionId } : message;
}
