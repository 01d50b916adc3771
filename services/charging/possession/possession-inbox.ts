import { isTransactionMessage, type TransactionMessage } from "../../domain/charging/message.ts";
import { meteredSoFar, watchEnergy } from "../../domain/charging/watched-energy.ts";
import { isSameIdTag } from "../../domain/id-tag.ts";
import { standingIdToken } from "../../domain/charging/id-token.ts";
import { isPossessionStart, possessionLimits } from "../../domain/possession.ts";
import type { FrameInbox } from "../../ocpp/wire/inbox.ts";
import type { ChargingTransaction, StopOrder } from "../../store/charging.ts";
import type { StoredFrame } from "../../store/ocpp.ts";
import type { MeterPossession } from "../../store/possessions.ts";
import { readFrame } from "../read-frame.ts";
import type { OnceDesk } from "../tell-once.ts";
import type { TransactionBook } from "../transaction-book.ts";
import type { PossessionDesk } from "./possession-desk.ts";

export interface PossessionInboxDeps {
  /** Takes every frame first. */
  readonly inbox: FrameInbox;
  readonly possessions: Pick<PossessionDesk, "listAt" | "offerRecord">;
  readonly book: TransactionBook;
  readonly once: OnceDesk;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
}

/** No charger delivers more; only a step above it is taken for a fault of the reading. Watts. */
const greatestPowerW = 1_000_000;
const microWhPerWh = 1_000_000n;

/**
 * Reads what stations say while a meter of theirs is to prove itself: keeps the signed record, and has the charge end,
 * which nobody pays for. Frames of stations where nothing is awaited cost a look into the memory.
 */
export function createPossessionInbox(deps: PossessionInboxDeps): FrameInbox {
  const { inbox, possessions, book, once, steadyNow } = deps;

  async function look(
    message: TransactionMessage,
    frame: StoredFrame,
    expected: readonly MeterPossession[],
  ): Promise<void> {
    for (const possession of expected) {
      for (const { record } of message.signed) if (record !== null) await possessions.offerRecord(possession, record);
    }
    const { stationId } = frame;
    await book.inTurn(stationId, async () => {
      for (const transaction of await book.list(stationId)) {
        const isExpected = expected.some(({ tag }) => isChargeWith(tag, transaction));
        if (isExpected && transaction.sessionId === null && isAbout(message, transaction)) {
          await limit(transaction, message);
        }
      }
    });
  }

  /** Orders the end of the charge, for later or at once. In the station's turn. */
  async function limit(transaction: ChargingTransaction, message: TransactionMessage): Promise<void> {
    const { stationId, ocppTransactionId, evse } = transaction;
    const watched = watchEnergy(transaction.watched, message, greatestPowerW);
    const energyMicroWh = watched === null ? 0n : meteredSoFar(watched).energyMicroWh;
    const isTooMuch = energyMicroWh >= possessionLimits.energyWh * microWhPerWh;
    if (isTooMuch) {
      const energyWh = Number(energyMicroWh / microWhPerWh);
      const details = { stationId, evse, ocppTransactionId, energyWh };
      await once.alert("possession-charge-limited", String(transaction.ordinal), details);
    }
    const stopOrder = transaction.isOpen ? orderOf(transaction.stopOrder, isTooMuch) : transaction.stopOrder;
    if (watched !== transaction.watched || stopOrder !== transaction.stopOrder) {
      await book.commit({ transaction: { ...transaction, watched, stopOrder } });
    }
  }

  function orderOf(order: StopOrder | null, isNow: boolean): StopOrder {
    const first = order ?? { nextAtMs: steadyNow() + possessionLimits.chargeMs, attempts: 0, isAccepted: false };
    // One that was carried out once is repeated at its own pace.
    return isNow && first.attempts === 0 && first.nextAtMs > steadyNow() ? { ...first, nextAtMs: steadyNow() } : first;
  }

  return {
    async take(frame, payload) {
      await inbox.take(frame, payload);
      const expected = await possessions.listAt(frame.stationId);
      if (expected.length === 0) return;
      const message = readFrame(frame, payload);
      if (message !== null && isTransactionMessage(message)) await look(message, frame, expected);
    },
    settled: () => inbox.settled(),
  };
}

/** Whether a charge presented the tag, or was begun by our request with it and presented nothing. */
function isChargeWith(tag: string, { idToken, remoteStartId }: ChargingTransaction): boolean {
  const presented = standingIdToken(idToken);
  if (presented !== null) return isSameIdTag(tag, presented);
  return remoteStartId !== null && isPossessionStart(tag, remoteStartId);
}

/** 1.6 leaves the number out of meter values now and then: then the outlet counts. */
function isAbout(message: TransactionMessage, { ocppTransactionId, evse, isOpen }: ChargingTransaction): boolean {
  if (message.ocppTransactionId !== null) return message.ocppTransactionId === ocppTransactionId;
  return isOpen && evse !== null && (message.plug.evseId ?? message.plug.connectorId) === evse;
}
