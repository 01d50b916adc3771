import type { VehicleOpenings } from "../chain/vehicle-openings.ts";
import {
  isNextStatus,
  minorRoundedDown,
  outcomeOf,
  owedMicroOf,
  type CardPaymentStatus,
} from "../domain/card-payment.ts";
import { accountOf } from "../domain/vehicle-consent.ts";
import { WattproofError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { CardPayment } from "../store/card-payments.ts";
import type { Store } from "../store/store.ts";
import type { CardProvider } from "./card-provider.ts";
import type { CardOpening } from "./open-for-card.ts";
import { settleCard } from "./settle-card.ts";

export type CardChange = Partial<Omit<CardPayment, "paymentId" | "version" | "createdAtMs">>;

export interface CardPursuitDeps {
  readonly store: Pick<Store, "findSession" | "updateCardPayment" | "findCardPayment">;
  readonly provider: CardProvider;
  readonly vehicles: Pick<VehicleOpenings, "readState" | "send">;
  readonly open: (payment: CardPayment) => Promise<CardOpening>;
  readonly desk: OperatorDesk;
  readonly metrics: Pick<Metrics, "cardPayments">;
  readonly now: () => number;
  /** Where the provider's page leads back to. */
  readonly returnUrlOf: (evse: number) => string;
}

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;
const pauses: Readonly<Record<CardPaymentStatus, number>> = {
  authorizing: 5 * second,
  "awaiting-driver": 10 * second,
  opening: 3 * second,
  charging: 5 * second,
  closing: 30 * second,
  closed: 6 * hour,
};
/** Longer than that in one status, and the operator is told, once a day. A driver's page may be open for a day. */
const stuckAfter: Readonly<Record<CardPaymentStatus, number>> = {
  authorizing: 10 * 60 * second,
  "awaiting-driver": day + hour,
  opening: 10 * 60 * second,
  charging: 3 * day,
  closing: 30 * 60 * second,
  closed: Infinity,
};
/** Longer than a settlement can be challenged; the provider's notices wake a payment after that, too. */
const watchedMs = 8 * day;
/** A provider may end a page some time after it said. */
const pageGraceMs = 5 * 60 * second;
/** The clock of the chain may be behind the service's. */
const expiryGraceMs = 15 * 60 * second;
const longestPauseMs = hour;
const mostChanges = 6;
const endsRound: ReadonlySet<string> = new Set(["STORE_UNAVAILABLE", "LEASE_LOST"]);

/** Leads a payment as far as it goes now, and says when it is looked at next. @throws what the store throws */
export function createCardPursuit(deps: CardPursuitDeps): (payment: CardPayment) => Promise<void> {
  const { store, provider, vehicles, desk, now } = deps;

  async function authorize({
    paymentId,
    evse,
    amountMinor,
    currency,
    payByMs,
  }: CardPayment): Promise<CardChange | null> {
    // Nobody was given the address of a page whose answer was lost: no card can be entered there.
    if (now() > payByMs) return { status: "closed", outcome: "not-paid", reason: "CARD_PROVIDER_UNAVAILABLE" };
    try {
      const order = { paymentId, amountMinor, currency, payByMs, key: `${paymentId}-page` };
      const description = `Charging at EVSE ${evse}`;
      const page = await provider.createPage({ ...order, description, returnUrl: deps.returnUrlOf(evse) });
      return { status: "awaiting-driver", ...page };
    } catch (error) {
      if (!(error instanceof WattproofError) || error.code !== "CARD_PROVIDER_REFUSED") throw error;
      return { status: "closed", outcome: "not-paid", reason: error.detail };
    }
  }

  async function lookForDriver(payment: CardPayment, reference: string): Promise<CardChange | null> {
    const { status, reservation } = await provider.read(reference);
    if (status === "authorized") {
      const opening = await deps.open(payment);
      if (opening.kind === "refused") return { ...endIn("not-opened", opening.reason), reservation };
      return { status: "opening", reservation, intent: opening.intent, account: accountOf(opening.intent.consent) };
    }
    if (status !== "awaiting-driver") return endIn("not-paid", "CARD_PAGE_ENDED");
    return now() > payment.payByMs + pageGraceMs ? endIn("not-paid", "CARD_PAGE_EXPIRED") : null;
  }

  async function pursueOpening(
    payment: CardPayment,
    reference: string,
    intent: NonNullable<CardPayment["intent"]>,
  ): Promise<CardChange | null> {
    if ((await store.findSession(intent.sessionId)) !== null) return { status: "charging" };
    const state = await vehicles.readState(intent);
    if (state === "void") return endIn("not-opened", "NONCE_MISMATCH");
    if (state === "open") return null;
    // Until then it may still be on its way, and the money stays reserved for it.
    if (now() > intent.terms.expiresAt * second + expiryGraceMs) return endIn("not-opened", "OPENING_TIMEOUT");
    if ((await provider.read(reference)).status !== "authorized") return endIn("not-opened", "CARD_RELEASED");
    const outcome = await vehicles.send(intent);
    desk.note("card-payment", { paymentId: payment.paymentId, sessionId: intent.sessionId, outcome: outcome.kind });
    return outcome.kind === "refused" ? endIn("not-opened", outcome.reason) : null;
  }

  async function settle(payment: CardPayment): Promise<CardChange | null> {
    const { paymentId, status, reference, intent } = payment;
    const session = intent === null ? null : await store.findSession(intent.sessionId);
    const owedMicro = session === null ? 0n : owedMicroOf(session.state);
    if (owedMicro === null) return status === "closing" ? { status: "charging" } : null;
    const owedMinor = minorRoundedDown(owedMicro);
    if (status === "charging") return { status: "closing", owedMinor };
    if (reference === null) return status === "closing" ? { status: "closed", account: null } : null;
    const { account, missingMinor } = await settleCard(provider, { paymentId, reference }, owedMinor);
    const { capturedMinor, refundedMinor, disputedMinor } = account;
    if (disputedMinor > payment.disputedMinor) desk.alert("card-payment-disputed", { paymentId, disputedMinor });
    if (missingMinor > payment.missingMinor) desk.alert("card-payment-uncollected", { paymentId, missingMinor });
    const outcome = session === null ? payment.outcome : outcomeOf(owedMinor, missingMinor);
    const amounts = { owedMinor, missingMinor, capturedMinor, refundedMinor, disputedMinor };
    const change: CardChange = { status: "closed", account: null, outcome, ...amounts };
    const isNews =
      status !== "closed" || Object.entries(amounts).some(([name, value]) => valueOf(payment, name) !== value);
    return isNews ? change : null;
  }

  function step(payment: CardPayment): Promise<CardChange | null> {
    const { status, reference, intent } = payment;
    if (status === "authorizing") return authorize(payment);
    if (status === "awaiting-driver" && reference !== null) return lookForDriver(payment, reference);
    if (status === "opening" && reference !== null && intent !== null) return pursueOpening(payment, reference, intent);
    return settle(payment);
  }

  /** @returns what stands then; `null` where somebody else changed it */
  async function commit(payment: CardPayment, change: CardChange): Promise<CardPayment | null> {
    const status = change.status ?? payment.status;
    if (!isNextStatus(payment.status, status)) {
      throw new WattproofError("INTERNAL", `A card payment cannot go from ${payment.status} to ${status}.`);
    }
    const atMs = now();
    const statusSinceMs = status === payment.status ? payment.statusSinceMs : atMs;
    const next = { ...payment, nextAtMs: atMs, failures: 0, ...change, status, statusSinceMs };
    const outcome = await store.updateCardPayment(next);
    if (outcome !== "stored") return null;
    if (status === "closed" && payment.status !== "closed") {
      deps.metrics.cardPayments.inc({ outcome: next.outcome ?? "unknown" });
      desk.note("card-payment", { paymentId: payment.paymentId, outcome: next.outcome, reason: next.reason });
    }
    return { ...next, version: payment.version + 1 };
  }

  async function rest(payment: CardPayment, failures: number): Promise<void> {
    const { paymentId, status, statusSinceMs, toldAtMs } = payment;
    const atMs = now();
    const pauseMs = failures === 0 ? pauses[status] : Math.min(longestPauseMs, pauses[status] * 2 ** failures);
    const isOver = status === "closed" && atMs > statusSinceMs + watchedMs;
    const isStuck = atMs > statusSinceMs + stuckAfter[status] && atMs > toldAtMs + day;
    if (isStuck) desk.alert("card-payment-stuck", { paymentId, status, failures });
    const told = isStuck ? { toldAtMs: atMs } : {};
    await commit(payment, { ...told, failures, nextAtMs: isOver ? null : atMs + pauseMs });
  }

  return async (given) => {
    let payment = given;
    try {
      for (let changes = 0; changes < mostChanges; changes += 1) {
        const change = await step(payment);
        if (change === null) {
          await rest(payment, 0);
          return;
        }
        const next = await commit(payment, change);
        // Somebody else changed it, or took its lane: it is due still, and decided anew.
        if (next === null) return;
        payment = next;
      }
    } catch (error) {
      if (error instanceof WattproofError && endsRound.has(error.code)) throw error;
      const { paymentId, status } = payment;
      desk.note("card-payment", { paymentId, status, outcome: "failed", err: error });
      await rest(payment, Math.min(payment.failures + 1, 12));
    }
  };
}

function endIn(outcome: "not-paid" | "not-opened", reason: string): CardChange {
  return { status: "closing", outcome, reason };
}

function valueOf(payment: CardPayment, name: string): unknown {
  return new Map(Object.entries(payment)).get(name);
}
