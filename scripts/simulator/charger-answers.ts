import { randomUUID } from "node:crypto";

import { z } from "zod";

import type { ChargerMemory } from "./charger-state.ts";
import type { ServiceCall } from "./ocpp-line.ts";

const startPayload = z.object({ remoteStartId: z.int(), idToken: z.object({ idToken: z.string() }) });
const stopPayload = z.object({ transactionId: z.string() });
const statusPayload = z.object({ transactionId: z.string().optional() });

/**
 * What a charger answers to the service; `null` to what it does not know.
 * @param onChange Told after a transaction was begun or is to stop.
 * @param tellStatus Queues the charger's status.
 */
export function answerService(
  { action, payload }: ServiceCall,
  memory: ChargerMemory,
  { onChange, tellStatus }: { readonly onChange: () => void; readonly tellStatus: () => void },
): object | null {
  const { transaction: current, queue } = memory.read();
  switch (action) {
    case "RequestStartTransaction": {
      const { remoteStartId, idToken } = startPayload.parse(payload);
      // Asked again for what it has begun already, it says so.
      if (current !== null && current.idTag !== idToken.idToken) return { status: "Rejected" };
      const transaction = current ?? {
        transactionId: randomUUID(),
        idTag: idToken.idToken,
        remoteStartId,
        seqNo: 0,
        beganAtSeconds: null,
        isToStop: false,
      };
      memory.keep({ transaction });
      onChange();

      return { status: "Accepted", transactionId: transaction.transactionId };
    }
    case "RequestStopTransaction": {
      const { transactionId } = stopPayload.parse(payload);
      if (current?.transactionId !== transactionId) return { status: "Rejected" };
      memory.keep({ transaction: { ...current, isToStop: true } });
      onChange();

      return { status: "Accepted" };
    }
    case "GetTransactionStatus": {
      const { transactionId } = statusPayload.parse(payload);
      const messagesInQueue = queue.length > 0;
      const ongoingIndicator = transactionId !== undefined && current?.transactionId === transactionId;

      return { messagesInQueue, ...(transactionId === undefined ? {} : { ongoingIndicator }) };
    }
    case "TriggerMessage":
      tellStatus();

      return { status: "Accepted" };
    default:
      return null;
  }
}
