import type { ChainBlock } from "../chain/chain.ts";
import type { ChainEvent } from "../chain/events.ts";
import { withHold, type Cdr } from "../domain/cdr.ts";
import type { Closing, SessionEvent, SessionState } from "../domain/session.ts";
import type { StoredSession } from "../store/store.ts";
import type { ChainFollowerDeps } from "./follow-chain.ts";

/** Says what the end of a session on the chain is to the service, and tells the operator where it is not as it should be. */
export interface SessionEndings {
  /** How a session goes on that our batch did not settle, if it can; `null` for what ends it. */
  nextTryOf(event: ChainEvent, state: SessionState | null, head: ChainBlock): Promise<SessionEvent | null>;
  /** How the event ends the session; `null` if it does not. */
  closingOf(event: ChainEvent, isOurs: boolean): Promise<{ closing: Closing; reason: string | null } | null>;
  /** Alerts where energy that was proven is not paid any more. */
  alertLoss(session: StoredSession | null, closing: Closing): void;
}

/** Refusals that another time may change. */
const untimely: ReadonlySet<string> = new Set(["QUORUM_TOO_LATE", "TIME_OUT_OF_BOUNDS", "ENERGY_ABOVE_POWER"]);
const untimelyPauseMs = 60_000;

export function createSessionEndings(
  deps: Pick<ChainFollowerDeps, "store" | "chain" | "desk" | "steadyNow" | "settlementAttempts">,
): SessionEndings {
  const { store, chain, desk, steadyNow } = deps;

  async function closingOf(
    event: ChainEvent,
    isOurs: boolean,
  ): Promise<{ closing: Closing; reason: string | null } | null> {
    const { position } = event;
    if (event.kind === "session-settled") {
      const { energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, returnedMicro, batch, isReadable } =
        event;
      const amounts = {
        energyMicroWh,
        chargingSeconds,
        connectedSeconds,
        chargedMicro,
        returnedMicro,
        batch,
        isReadable,
      };
      const cdr = await store.findCdr(event.sessionId);
      const expected = cdr === null ? null : withHold(cdr, chargedMicro + returnedMicro);
      if (expected !== null && isWithoutTimes(expected, event)) {
        // The meter's times are longer than the session was open: the contract charges its energy alone.
        desk.note("settled-without-times", { sessionId: event.sessionId });
      } else if (
        expected !== null &&
        (expected.chargedMicro !== chargedMicro || expected.energyMicroWh !== energyMicroWh)
      ) {
        desk.alert("settlement-mismatch", {
          sessionId: event.sessionId,
          expectedMicro: expected.chargedMicro.toString(),
          chargedMicro: chargedMicro.toString(),
        });
      }
      return { closing: { kind: "settled", position, ...amounts }, reason: null };
    }
    if (event.kind === "session-agreed") {
      const { chargedMicro, returnedMicro } = event;
      return { closing: { kind: "agreed", position, chargedMicro, returnedMicro }, reason: null };
    }
    if (event.kind === "session-expired") {
      return { closing: { kind: "expired", position, returnedMicro: event.returnedMicro }, reason: null };
    }
    // Another oracle's transaction that found nothing to settle says nothing about ours.
    if (event.kind !== "settlement-skipped" || !isOurs) return null;
    desk.alert("settlement-skipped", { sessionId: event.sessionId, reason: event.reason });
    return { closing: { kind: "skipped", position }, reason: event.reason };
  }

  async function nextTryOf(
    event: ChainEvent,
    state: SessionState | null,
    head: ChainBlock,
  ): Promise<SessionEvent | null> {
    if (event.kind !== "settlement-skipped" || state?.status !== "batched") return null;
    if (event.reason === "TERMS_MISMATCH") {
      // Topped up between the signatures and the block.
      return { kind: "released", isFailedAttempt: true, attemptLimit: deps.settlementAttempts };
    }
    if (untimely.has(event.reason)) {
      // The chain's clock is not ours: before its next try the session is looked at again, and may wait or change its lane.
      desk.alert("settlement-skipped", { sessionId: event.sessionId, reason: event.reason });
      const nextTry = { ...state.nextTry, notBeforeMs: steadyNow() + untimelyPauseMs };
      return { kind: "released", isFailedAttempt: true, attemptLimit: deps.settlementAttempts, nextTry };
    }
    if (state.nextTry.lane === "meter" && event.reason !== "NO_LIVE_SESSION") {
      desk.alert("settlement-skipped", { sessionId: event.sessionId, reason: event.reason });
      const lane = state.resolution?.way === "meter" ? "meter" : "oracles";
      const nextTry = { lane, notBeforeMs: null, quorumLackingSinceMs: null } as const;
      return { kind: "released", isFailedAttempt: true, attemptLimit: deps.settlementAttempts, nextTry };
    }
    if (event.reason !== "EPOCH_LIMIT_REACHED") return null;
    const epochSeconds = await chain.readEpochSeconds();
    const waitSeconds = epochSeconds - (head.timestamp % epochSeconds);
    desk.alert("epoch-limit", { sessionId: event.sessionId, waitSeconds });
    const nextTry = { ...state.nextTry, notBeforeMs: steadyNow() + waitSeconds * 1_000 };
    return { kind: "released", isFailedAttempt: false, attemptLimit: deps.settlementAttempts, nextTry };
  }

  function alertLoss(session: StoredSession | null, closing: Closing): void {
    if (closing.kind !== "expired" || session === null) return;
    if (session.state.stage !== "complete" && session.state.assessment === null) return;
    desk.alert("session-expired-unpaid", { sessionId: session.sessionId, status: session.state.status });
  }

  return { nextTryOf, closingOf, alertLoss };
}

/** Settled from the meter's own signature, at the energy that was expected and without its times. */
function isWithoutTimes(
  cdr: Pick<Cdr, "energyMicroWh" | "chargingSeconds">,
  event: Extract<ChainEvent, { kind: "session-settled" }>,
): boolean {
  const { batch, energyMicroWh, chargingSeconds } = event;
  return batch === null && energyMicroWh === cdr.energyMicroWh && chargingSeconds === 0 && cdr.chargingSeconds > 0;
}
