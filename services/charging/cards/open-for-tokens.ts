import type { VehicleOpenings } from "../../chain/vehicle-openings.ts";
import { WattproofError } from "../../errors.ts";
import type { Ages } from "../../observability/ages.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import type { TokenOpening } from "../../store/tokens.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import type { ChargingInbox } from "../frame-inbox.ts";
import type { TransactionBook } from "../transaction-book.ts";
import { createOpeningKeeper } from "./keep-opening.ts";
import { createOpeningPreparer } from "./prepare-opening.ts";
import { createOpeningSender } from "./send-opening.ts";

export interface TokenOpenerDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly inbox: Pick<ChargingInbox, "attach">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly vehicles: VehicleOpenings;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  readonly ages: Ages;
  /** How long ago a transaction may have begun. */
  readonly startLimitMs: number;
  readonly sessionSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * Gives transactions that began with a bound idToken their sessions: one each, decided once and kept before anything is
 * sent, so that a restart at any point goes on with the same session.
 */
export interface TokenOpener {
  /** A look at what is due, now or after the look that is under way. What it sends goes on by itself. */
  openDue(): Promise<void>;
  /** Has a look soon, and does not wait for it. */
  wake(): void;
  /**
   * What became of a transaction for this idToken: waits until it is decided, but not longer than that. Where another
   * idToken decided, this one is refused.
   * @returns `null` if nothing is known about it by then
   */
  awaitOutcome(
    named: Pick<TokenOpening, "stationId" | "ocppTransactionId" | "idToken">,
    waitMs: number,
  ): Promise<TokenOpening | null>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

const pageLimit = 100;
/** A transaction that is silent longer than this was looked at long before. */
const windowMs = 86_400_000;

export function createTokenOpener(deps: TokenOpenerDeps): TokenOpener {
  const { store, book, inbox, desk, now, steadyNow, ages, startLimitMs, signal } = deps;
  const keeper = createOpeningKeeper(deps);
  const prepare = createOpeningPreparer({ ...deps, keeper });
  const sender = createOpeningSender({ ...deps, keeper });
  let underWay: Promise<void> = Promise.resolve();
  let isWoken = false;

  async function pursue(opening: TokenOpening): Promise<void> {
    const { intent, status, atMs } = opening;
    if (intent === null) return;
    const session = await store.findSession(intent.sessionId);
    if (session !== null) {
      await book.inTurn(opening.stationId, async () => {
        const transaction = await keeper.findTransaction(opening);
        if (transaction !== null && transaction.sessionId === null) await inbox.attach(transaction, session);
      });
      await keeper.update(opening, "attached", null);
    } else if (status === "prepared" && ages.ageMs(`opening ${opening.ordinal} ${atMs}`, atMs) > startLimitMs) {
      // What was sent may still be mined; then its session gets the transaction all the same.
      await keeper.update(opening, "refused", "OPENING_TIMEOUT");
    } else if (status !== "refused") sender.send(opening);
  }

  async function look(): Promise<void> {
    for (const transaction of await store.listTransactionsToOpen(Math.min(now(), steadyNow()) - windowMs, pageLimit)) {
      if (signal.aborted) return;
      await attempt(transaction, async () => {
        const opening = await prepare(transaction);
        if (opening !== null) sender.send(opening);
      });
    }
    for (const opening of await store.listOpeningsToPursue(steadyNow(), pageLimit)) {
      if (signal.aborted) return;
      if (!sender.isSending(opening)) await attempt(opening, () => pursue(opening));
    }
  }

  /** One that fails does not keep the others waiting, and is looked at again. */
  async function attempt(
    { stationId, ocppTransactionId }: Pick<TokenOpening, "stationId" | "ocppTransactionId">,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof WattproofError ? error.code : "INTERNAL";
      desk.note("token-start", { stationId, ocppTransactionId, outcome: "failed", code, err: error });
    }
  }

  function openDue(): Promise<void> {
    const next = underWay.then(look);
    underWay = next.catch(() => undefined);
    return next;
  }

  return {
    openDue,
    awaitOutcome: (named, waitMs) => keeper.awaitOutcome(named, waitMs),
    wake() {
      if (isWoken) return;
      isWoken = true;
      void underWay
        .then(() => {
          isWoken = false;
          return openDue();
        })
        .catch((error: unknown) => {
          if (!signal.aborted) desk.alert("loop-failed", { err: error });
        });
    },
    async settled() {
      for (;;) {
        await underWay;
        if (!(await sender.settled())) return;
      }
    },
  };
}
