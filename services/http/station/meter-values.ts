import type { RequestHandler } from "express";

import type { Store } from "../../store/store.ts";
import type { RecordReceiver } from "../../evidence/receive-record.ts";
import { authenticateStation } from "./authentication.ts";
import { readBody } from "../body.ts";
import { readEnvelope, readMediaType } from "./envelope.ts";
import { bodyLimitBytes, createQueueLimit, createRateLimit } from "../entrance/limits.ts";

/** `POST /v1/meter-values`: one record of one station. */
export function createMeterValuesHandler(deps: {
  readonly store: Pick<Store, "findStation">;
  readonly receiver: RecordReceiver;
  readonly stationMessagesPerSecond: number;
  readonly queueLimit: number;
  readonly now: () => number;
}): RequestHandler {
  const { store, receiver } = deps;
  const rateLimit = createRateLimit(deps.stationMessagesPerSecond, deps.now);
  const queueLimit = createQueueLimit(deps.queueLimit);

  return async (request, response) => {
    const station = await authenticateStation(request, store);
    response.locals["stationId"] = station.stationId;
    rateLimit.admit(station.stationId);
    const mediaType = readMediaType(request.get("content-type"));

    await queueLimit.run(async () => {
      const body = await readBody(request, bodyLimitBytes);
      const { record, sessionReference } = readEnvelope(mediaType, body);
      const answer = await receiver.receiveRecord({
        source: { kind: "http", stationId: station.stationId, body, mediaType },
        record,
        sessionReference,
      });

      const { recordIdentity, sessionId, sessionState, energyWh, isDuplicate } = answer;
      response.locals["sessionId"] = sessionId;
      response.locals["recordIdentity"] = recordIdentity;
      response.locals["outcome"] = isDuplicate ? "duplicate" : "accepted";
      response.json({ outcome: "accepted", recordIdentity, sessionId, sessionState, energyWh, duplicate: isDuplicate });
    });
  };
}
