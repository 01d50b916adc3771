import type { VehicleOpenings } from "../../chain/vehicle-openings.ts";
import { decideTokenStart } from "../../domain/charging/token-start.ts";
import { accountOf } from "../../domain/vehicle-consent.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { ChargingTransaction } from "../../store/charging.ts";
import type { Store } from "../../store/store.ts";
import type { IdTokenBinding, TokenOpening, TokenOpeningStatus } from "../../store/tokens.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import type { ChargingInbox } from "../frame-inbox.ts";
import type { TransactionBook } from "../transaction-book.ts";
import { findBinding } from "./find-binding.ts";
import { offerTerms } from "./offer-terms.ts";
import { presentedTypes } from "./presented-token.ts";

export interface TokenOpenerDeps {
  readonly store: Store;
  readonly book: TransactionBook;
  readonly inbox: Pick<ChargingInbox, "attach">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly vehicles: VehicleOpenings;
  readonly desk: OperatorDesk;
  readonly now: () => number;
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
const retryMs = 2_000;
/** An opening that is mined becomes known with its confirmations. */
const openLookMs = 10_000;

export function createTokenOpener(deps: TokenOpenerDeps): TokenOpener {
  const { store, book, inbox, meters, tariffs, vehicles, desk, now, startLimitMs, sessionSeconds, signal } = deps;
  const sending = new Map<number, Promise<void>>();
  let underWay: Promise<void> = Promise.resolve();
  let isWoken = false;
  let changed = Promise.withResolvers<null>();

  function tellChange(): void {
    changed.resolve(null);
    changed = Promise.withResolvers();
  }

  /** Nobody pays: the station is to stop, and the operator is told. */
  async function tellRefusal(opening: TokenOpening): Promise<void> {
    const { stationId, ocppTransactionId, reason } = opening;
    desk.alert("token-start-unpaid", { stationId, ocppTransactionId, reason });
    await book.inTurn(stationId, async () => {
      const transaction = await findTransaction(opening);
      if (transaction === null || !transaction.isOpen || transaction.sessionId !== null) return;
      const stopOrder = transaction.stopOrder ?? { nextAtMs: now(), attempts: 0, isAccepted: false };
      await book.commit({ transaction: { ...transaction, stopOrder } });
    });
  }

  /** As it is now. In the station's turn. */
  async function findTransaction(opening: TokenOpening): Promise<ChargingTransaction | null> {
    const found = await store.findChargingTransactions(opening.stationId, opening.ocppTransactionId);
    const transaction = found.find(({ ordinal }) => ordinal === opening.ordinal);
    return transaction === undefined ? null : book.reload(transaction);
  }

  async function update(opening: TokenOpening, status: TokenOpeningStatus, reason: string | null): Promise<void> {
    const nextAtMs = now() + (status === "open" ? openLookMs : retryMs);
    const next = { ...opening, status, reason, attempts: opening.attempts + 1, nextAtMs };
    if (status === "refused") await tellRefusal(next);
    await store.updateTokenOpening(next);
    tellChange();
  }

  /* WHAT HAS BEGUN */

  async function refuse(transaction: ChargingTransaction, binding: IdTokenBinding, reason: string): Promise<void> {
    const refused = newOpening(transaction, binding, "refused", null, reason);
    // The order to stop first: without it, a row that says that all is done would be wrong.
    await tellRefusal(refused);
    await store.putTokenOpening(refused);
    tellChange();
  }

  function newOpening(
    { ordinal, stationId, ocppTransactionId }: ChargingTransaction,
    { idToken, consent }: IdTokenBinding,
    status: TokenOpeningStatus,
    intent: TokenOpening["intent"],
    reason: string | null,
  ): TokenOpening {
    const account = accountOf(consent);
    const at = { attempts: 0, nextAtMs: now(), atMs: now() };
    return { ordinal, stationId, ocppTransactionId, idToken, account, status, intent, reason, ...at };
  }

  /** A card that a charger reads in several ways is the one that is bound, if one of them is. */
  async function findByAnyType(idToken: string, types: readonly (string | null)[]): Promise<IdTokenBinding | null> {
    for (const type of types.length === 0 ? [null] : types) {
      const binding = await findBinding(store, idToken, type);
      if (binding !== null) return binding;
    }
    return null;
  }

  async function consider(transaction: ChargingTransaction): Promise<void> {
    const idToken = transaction.idToken ?? "";
    const types = presentedTypes(await store.listTransactionFrames(transaction.ordinal), idToken);
    const binding = await findByAnyType(idToken, types);
    if (binding === null) {
      const namesake = await findBinding(store, idToken, null);
      if (namesake !== null) await refuse(transaction, namesake, "ID_TOKEN_TYPE_DIFFERS");
      return;
    }
    const isPlaceKnown = transaction.evse !== null;
    const step = decideTokenStart({ ...transaction, nowMs: now(), isPlaceKnown }, startLimitMs);
    if (step.kind === "refuse") await refuse(transaction, binding, step.reason);
    if (step.kind === "open") await prepare(transaction, binding);
  }

  async function prepare(transaction: ChargingTransaction, binding: IdTokenBinding): Promise<void> {
    const station = await store.findStation(transaction.stationId);
    const evse = station?.evses[(transaction.evse ?? 0) - 1];
    const offered = evse === undefined ? null : await offerTerms(meters, binding, evse);
    if (offered === null) return refuse(transaction, binding, "EVSE_NOT_METERED");
    const priceRefusal = await tariffs.findRefusal(offered);
    if (priceRefusal !== null) return refuse(transaction, binding, priceRefusal);
    if (!vehicles.canSign(binding.consent)) return refuse(transaction, binding, "FLEET_KEY_UNKNOWN");
    // One that is not mined yet is live soon.
    if ((await store.findPreparedOpening(accountOf(binding.consent))) !== null) {
      return refuse(transaction, binding, "SESSION_LIVE");
    }
    const intent = await vehicles.sign(binding.consent, offered, sessionSeconds);
    const refusal = await vehicles.findRefusal(intent);
    if (refusal !== null) return refuse(transaction, binding, refusal);
    const opening = await store.putTokenOpening(newOpening(transaction, binding, "prepared", intent, null));
    if (opening.status === "prepared") send(opening);
  }

  /* WHAT IS UNDER WAY */

  function send(opening: TokenOpening): void {
    const { ordinal, stationId, intent } = opening;
    if (intent === null || sending.has(ordinal)) return;
    const task = trySending(opening, intent)
      .catch(async (error: unknown) => {
        if (signal.aborted) return;
        const code = error instanceof WattproofError ? error.code : "INTERNAL";
        desk.note("token-start", { stationId, sessionId: intent.sessionId, outcome: "failed", code, err: error });
        await store.updateTokenOpening({ ...opening, attempts: opening.attempts + 1, nextAtMs: now() + retryMs });
      })
      .catch((error: unknown) => {
        desk.alert("loop-failed", { err: error });
      })
      .finally(() => sending.delete(ordinal));
    sending.set(ordinal, task);
  }

  async function trySending(opening: TokenOpening, intent: NonNullable<TokenOpening["intent"]>): Promise<void> {
    const state = await vehicles.readState(intent);
    if (state === "void") return update(opening, "refused", "NONCE_MISMATCH");
    const outcome = state === "open" ? ({ kind: "open" } as const) : await vehicles.send(intent);
    const { stationId, ocppTransactionId } = opening;
    const { sessionId } = intent;
    desk.note("token-start", { stationId, ocppTransactionId, sessionId, outcome: outcome.kind });
    if (outcome.kind === "refused") return update(opening, "refused", outcome.reason);
    return update(opening, outcome.kind === "open" ? "open" : "prepared", null);
  }

  async function pursue(opening: TokenOpening): Promise<void> {
    const { intent, status, atMs } = opening;
    if (intent === null) return;
    const session = await store.findSession(intent.sessionId);
    if (session !== null) {
      await book.inTurn(opening.stationId, async () => {
        const transaction = await findTransaction(opening);
        if (transaction !== null && transaction.sessionId === null) await inbox.attach(transaction, session);
      });
      await update(opening, "attached", null);
    } else if (status === "prepared" && now() - atMs > startLimitMs) {
      // What was sent may still be mined; then its session gets the transaction all the same.
      await update(opening, "refused", "OPENING_TIMEOUT");
    } else if (status !== "refused") send(opening);
  }

  async function look(): Promise<void> {
    for (const transaction of await store.listTransactionsToOpen(now() - windowMs, pageLimit)) {
      if (signal.aborted) return;
      await attempt(transaction, () => consider(transaction));
    }
    for (const opening of await store.listOpeningsToPursue(now(), pageLimit)) {
      if (signal.aborted) return;
      if (!sending.has(opening.ordinal)) await attempt(opening, () => pursue(opening));
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
    async awaitOutcome({ stationId, ocppTransactionId, idToken }, waitMs) {
      const late = new AbortController();
      const timer = setTimeout(() => {
        late.abort();
        tellChange();
      }, waitMs);
      try {
        for (;;) {
          const next = changed.promise;
          const opening = await store.findTokenOpening(stationId, ocppTransactionId);
          if (opening !== null && opening.idToken !== idToken) {
            return { ...opening, idToken, status: "refused", reason: "OTHER_ID_TOKEN" };
          }
          if ((opening !== null && opening.status !== "prepared") || late.signal.aborted || signal.aborted)
            return opening;
          await next;
        }
      } finally {
        clearTimeout(timer);
      }
    },
    async settled() {
      for (;;) {
        await underWay;
        if (sending.size === 0) return;
        await Promise.all(sending.values());
      }
    },
  };
}
