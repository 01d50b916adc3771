import type { StationMessage } from "../domain/charging/message.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import { ocppRecordMediaType } from "../evidence/ocpp-record.ts";
import { isFault, type RecordReceiver } from "../evidence/receive-record.ts";
import { recordsIn } from "./signed-evidence-of.ts";

/** Signed values go through the same door as those that come by HTTP, so that each counts once. */
export async function receiveRecords(
  {
    store,
    receiver,
  }: { readonly store: Pick<Store, "findStation">; readonly receiver: Pick<RecordReceiver, "receiveRecord"> },
  transaction: ChargingTransaction,
  messages: readonly StationMessage[],
): Promise<void> {
  const { stationId, sessionId } = transaction;
  const found = messages.flatMap(recordsIn);
  const station = found.length === 0 ? null : await store.findStation(stationId);
  if (station === null || sessionId === null) return;
  for (const { record } of found) {
    const body = Buffer.from(JSON.stringify({ record: Buffer.from(record).toString("base64"), sessionId }));
    try {
      await receiver.receiveRecord({
        station,
        body,
        mediaType: ocppRecordMediaType,
        record,
        sessionReference: sessionId,
      });
    } catch (error) {
      // A refusal was kept with its reason, and the assessment says what it means; a fault is tried again.
      if (isFault(error)) throw error;
    }
  }
}
