import type { RequestHandler, Response } from "express";

import { WattproofError } from "../../errors.ts";
import type { RelayDesk } from "../../relay/relay-desk.ts";

/** Says where what became of a call can be looked up. */
export function nameCall(response: Response, callId: string | null): void {
  if (callId !== null) response.set("location", `/v1/relayed-calls/${callId}`);
}

/** `GET /v1/relayed-calls/:callId`: what became of a call that the service took. Who knows its id has seen the call. */
export function createRelayedCallHandler(relay: Pick<RelayDesk, "find"> | null): RequestHandler {
  return async (request, response) => {
    if (relay === null) throw new WattproofError("RELAY_NOT_CONFIGURED", "This service sends nothing for others.");
    const { callId } = request.params;
    if (typeof callId !== "string" || !/^[0-9a-f]{64}$/.test(callId)) {
      throw new WattproofError("QUERY_INVALID", "The id of a call has 64 hexadecimal digits.");
    }
    const call = await relay.find(callId);
    if (call === null) throw new WattproofError("RELAY_CALL_UNKNOWN", "There is no call with this id.");
    const { kind, status, code, txHash, createdAtMs } = call;
    response.json({ callId, kind, status, code, txHash, createdAtMs });
  };
}
