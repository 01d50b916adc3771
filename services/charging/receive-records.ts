import type { StationMessage } from "../domain/charging/message.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import { isFault, type RecordReceiver } from "../evidence/receive-record.ts";
import { recordsIn } from "./signed-evidence-of.ts";

/** Signed values go through the same door as those that come by HTTP, so that each counts once. */
export async function receiveRecords(
  { receiver }: { readonly receiver: Pick<RecordReceiver, "receiveRecord"> },
  { stationId, ocppTransactionId, sessionId }: ChargingTransaction,
  messages: readonly StationMessage[],
): Promise<void> {
  if (sessionId === null) return;
  const source = { kind: "ocpp", stationId, ocppTransactionId } as const;
  for (const { record } of messages.flatMap(recordsIn)) {
    try {
      await receiver.receiveRecord({ source, record, sessionReference: sessionId });
    } catch (error) {
      // A refusal was kept with its reason, and the assessment says what it means; a fault is tried again.
      if (isFault(error)) throw error;
    }
  }
}
