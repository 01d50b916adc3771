import { energyWhOf } from "../../domain/energy-totals.ts";
import { formatDecimal } from "../../domain/decimal.ts";
import { heldMicroOf, refundedBy, totalOf } from "../../domain/session-amounts.ts";
import { sumsOf } from "../../domain/session-sums.ts";
import { sessionStatuses, type SessionStatus } from "../../domain/session.ts";
import type { DatedSession } from "../../store/operator.ts";
import type { Store } from "../../store/store.ts";
import { toJson } from "../public/session-view.ts";
import { liveReadingsOf } from "../public/session-events.ts";

/** Which sessions are on their way, which wait for somebody, and which are over. */
export const sessionGroups: Readonly<Record<"running" | "hanging" | "ended" | "all", readonly SessionStatus[]>> = {
  running: ["opened", "charging", "completed", "batched"],
  hanging: ["held", "disputed", "skipped", "unservable", "unconfirmed"],
  ended: ["settled", "expired"],
  all: sessionStatuses,
};

/**
 * A session in the operator's list. Energy is the CDR's, else what the chain settled, else what was signed so far, else
 * what the station reports.
 */
export async function sessionRowOf(store: Store, { session, openedAtMs, changedAtMs }: DatedSession): Promise<unknown> {
  const { sessionId, idTag, terms, state } = session;
  const cdr = await store.findCdr(sessionId);
  const transaction = await store.findTransactionOfSession(sessionId);
  const heldMicro = heldMicroOf(session);
  const { challenge } = state;
  const { billedMicro, settledMicro } = sumsOf(session, cdr);
  const energyWh =
    cdr?.energyWh ??
    settledEnergyOf(state.closing) ??
    (await readEnergySoFar(store, sessionId)) ??
    watchedEnergyOf(transaction);
  return toJson({
    sessionId,
    idTag,
    state: state.status,
    reason: state.reason ?? state.dispute?.reason ?? null,
    grade: state.assessment?.grade ?? cdr?.evidence.grade ?? null,
    holdCode: state.assessment?.hold ?? null,
    evse: terms.evse,
    operator: terms.operator,
    agreement: terms.agreement,
    stationId: transaction?.stationId ?? null,
    ocppTransactionId: transaction?.ocppTransactionId ?? null,
    protocol: transaction?.protocol ?? null,
    openedAtMs,
    changedAtMs,
    expiresAt: terms.expiresAt,
    heldMicro,
    energyWh,
    billedMicro,
    settledMicro,
    returnedLaterMicro: totalOf(state.refunds) + (challenge === null ? 0n : refundedBy(challenge)),
    isChallenged: challenge !== null,
  });
}

function settledEnergyOf(closing: DatedSession["session"]["state"]["closing"]): string | null {
  return closing?.kind === "settled" ? energyWhOf(closing.energyMicroWh) : null;
}

async function readEnergySoFar(store: Store, sessionId: string): Promise<string | null> {
  const last = liveReadingsOf(await store.listReadings(sessionId), -1).at(-1);
  return last === undefined ? null : energyWhOf(last.energyMicroWh);
}

function watchedEnergyOf(transaction: Awaited<ReturnType<Store["findTransactionOfSession"]>>): string | null {
  const watched = transaction?.watched ?? null;
  return watched === null ? null : formatDecimal(watched.energyWh);
}
