import type { VehicleOpenings } from "../../chain/vehicle-openings.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { TokenOpening } from "../../store/tokens.ts";
import type { OpeningKeeper } from "./keep-opening.ts";

/** Sends prepared openings, each once at a time and none waiting for another. */
export interface OpeningSender {
  /** What it sends goes on by itself. An opening that is being sent is not sent again. */
  send(opening: TokenOpening): void;
  isSending(opening: TokenOpening): boolean;
  /** Resolves when what is being sent now has its outcome; `false` if nothing was. */
  settled(): Promise<boolean>;
}

export function createOpeningSender(deps: {
  readonly keeper: OpeningKeeper;
  readonly vehicles: VehicleOpenings;
  readonly desk: OperatorDesk;
  readonly signal: AbortSignal;
}): OpeningSender {
  const { keeper, vehicles, desk, signal } = deps;
  const sending = new Map<number, Promise<void>>();

  async function trySending(opening: TokenOpening, intent: NonNullable<TokenOpening["intent"]>): Promise<void> {
    const state = await vehicles.readState(intent);
    if (state === "void") return keeper.update(opening, "refused", "NONCE_MISMATCH");
    const outcome = state === "open" ? ({ kind: "open" } as const) : await vehicles.send(intent);
    const { stationId, ocppTransactionId } = opening;
    const { sessionId } = intent;
    desk.note("token-start", { stationId, ocppTransactionId, sessionId, outcome: outcome.kind });
    if (outcome.kind === "refused") return keeper.update(opening, "refused", outcome.reason);
    return keeper.update(opening, outcome.kind === "open" ? "open" : "prepared", null);
  }

  return {
    send(opening) {
      const { ordinal, stationId, intent } = opening;
      if (intent === null || sending.has(ordinal)) return;
      const task = trySending(opening, intent)
        .catch(async (error: unknown) => {
          if (signal.aborted) return;
          const code = error instanceof WattproofError ? error.code : "INTERNAL";
          desk.note("token-start", { stationId, sessionId: intent.sessionId, outcome: "failed", code, err: error });
          await keeper.retryLater(opening);
        })
        .catch((error: unknown) => {
          desk.alert("loop-failed", { err: error });
        })
        .finally(() => sending.delete(ordinal));
      sending.set(ordinal, task);
    },
    isSending: ({ ordinal }) => sending.has(ordinal),
    async settled() {
      const isAny = sending.size > 0;
      await Promise.all(sending.values());
      return isAny;
    },
  };
}
