import { createHash } from "node:crypto";

import { minorRoundedUp, type CardPaymentStatus } from "../domain/card-payment.ts";
import { priceOf } from "../domain/tariff.ts";
import type { VehicleConsent } from "../domain/vehicle-consent.ts";
import { WattproofError } from "../errors.ts";
import type { TariffDirectory } from "../evidence/tariff-directory.ts";
import type { CardPayment } from "../store/card-payments.ts";
import type { Store } from "../store/store.ts";

/** What a driver asks for. */
export interface CardOrder {
  readonly evse: number;
  readonly tariffId: string;
  /** So much is reserved that it is enough for this energy, in watt-hours. */
  readonly energyWh: number;
}

/** Payments by card, as drivers and the operator ask about them. */
export interface CardDesk {
  /**
   * Begins a payment, or says how the one of this key stands: a second time changes nothing.
   * @throws CARD_PAYMENT_DIFFERS, CARD_LANES_BUSY, CARD_AMOUNT_UNSUITABLE, EVSE_NOT_FREE, TARIFF_NOT_ASSIGNED
   */
  start(paymentId: string, order: CardOrder): Promise<CardPayment>;
  find(paymentId: string): Promise<CardPayment | null>;
  list(status: CardPaymentStatus | null, limit: number): Promise<readonly CardPayment[]>;
  /** What the provider tells of is looked at soon, whatever the notice says of it. */
  wake(names: readonly string[]): Promise<number>;
  /** Asks the provider and the chain about it now. @returns what stands then */
  look(payment: CardPayment): Promise<CardPayment>;
  /**
   * Ends a payment of which no session was signed, and frees what is reserved.
   * @throws CARD_PAYMENT_NOT_OPEN, STORE_CONTENDED
   */
  giveUp(payment: CardPayment, reason: string): Promise<CardPayment>;
}

const microWhPerWh = 1_000_000n;
const mostStartsAtOnce = 64;

/** The id of the payment whose key this is: who knows the id alone sees nothing of it. */
export function cardPaymentIdOf(key: string): string {
  return `0x${createHash("sha256").update(key.toLowerCase()).digest("hex")}`;
}

export function createCardDesk(deps: {
  readonly store: Pick<
    Store,
    | "putCardPayment"
    | "findCardPayment"
    | "listCardPayments"
    | "listBusyCardAccounts"
    | "wakeCardPayments"
    | "updateCardPayment"
  >;
  readonly lanes: readonly VehicleConsent[];
  readonly tariffs: Pick<TariffDirectory, "listOffers">;
  readonly pursue: (payment: CardPayment) => Promise<void>;
  readonly findObstacle: (evse: number) => Promise<string | null>;
  readonly currency: string;
  /** The least that is reserved, in micro-tokens (1e-6). */
  readonly leastHoldMicro: bigint;
  /** How long a driver has to enter a card. */
  readonly pageMs: number;
  readonly now: () => number;
}): CardDesk {
  const { store, lanes, now } = deps;

  async function amountOf({ evse, tariffId, energyWh }: CardOrder): Promise<number> {
    const offers = await deps.tariffs.listOffers(evse, { driver: lanes[0]?.driver ?? null, connector: null });
    const offered = offers.find((one) => one.tariffId === tariffId);
    if (offered === undefined) {
      throw new WattproofError("TARIFF_NOT_ASSIGNED", `EVSE ${evse} does not offer this tariff to cards.`);
    }
    const { grossMicro } = priceOf(offered.tariff, BigInt(energyWh) * microWhPerWh, 0, 0);
    return minorRoundedUp(grossMicro > deps.leastHoldMicro ? grossMicro : deps.leastHoldMicro);
  }

  async function begin(paymentId: string, order: CardOrder): Promise<CardPayment> {
    const { evse, tariffId } = order;
    const obstacle = await deps.findObstacle(evse);
    if (obstacle !== null) throw new WattproofError("EVSE_NOT_FREE", obstacle);
    const amountMinor = await amountOf(order);
    const mostMicro = lanes.reduce((most, { sessionCapMicro: cap }) => (cap > most ? cap : most), 0n);
    if (BigInt(amountMinor) * 10_000n > mostMicro) {
      throw new WattproofError("CARD_AMOUNT_UNSUITABLE", `The most is ${mostMicro / 10_000n} hundredths.`);
    }
    const waiting = await store.listCardPayments("awaiting-driver", mostStartsAtOnce);
    const busy = await store.listBusyCardAccounts();
    if (busy.length >= lanes.length || waiting.length >= mostStartsAtOnce) {
      throw new WattproofError("CARD_LANES_BUSY", "Try again when a charge has ended.");
    }
    const atMs = now();
    return store.putCardPayment({
      ...{ paymentId, status: "authorizing", version: 0, evse, tariffId, amountMinor, currency: deps.currency },
      ...{
        payByMs: atMs + deps.pageMs,
        reference: null,
        reservation: null,
        pageUrl: null,
        intent: null,
        account: null,
      },
      ...{ outcome: null, reason: null, owedMinor: null, capturedMinor: 0, refundedMinor: 0, disputedMinor: 0 },
      ...{ missingMinor: 0, failures: 0, toldAtMs: 0, createdAtMs: atMs, statusSinceMs: atMs, nextAtMs: atMs },
    });
  }

  return {
    async start(paymentId, order) {
      const earlier = await store.findCardPayment(paymentId);
      const payment = earlier ?? (await begin(paymentId, order));
      if (payment.evse !== order.evse || payment.tariffId !== order.tariffId) {
        throw new WattproofError("CARD_PAYMENT_DIFFERS", `It is for EVSE ${payment.evse}.`);
      }
      if (payment.status !== "authorizing") return payment;
      await deps.pursue(payment);
      return (await store.findCardPayment(paymentId)) ?? payment;
    },
    find: (paymentId) => store.findCardPayment(paymentId),
    list: (status, limit) => store.listCardPayments(status, limit),
    wake: (names) => store.wakeCardPayments(names, now()),
    async look(payment) {
      await deps.pursue(payment);
      return (await store.findCardPayment(payment.paymentId)) ?? payment;
    },
    async giveUp(payment, reason) {
      if (payment.status !== "authorizing" && payment.status !== "awaiting-driver") {
        throw new WattproofError("CARD_PAYMENT_NOT_OPEN", `It is ${payment.status}.`);
      }
      const atMs = now();
      const next: CardPayment = {
        ...{ ...payment, status: "closing", outcome: "not-paid", reason },
        ...{ statusSinceMs: atMs, nextAtMs: atMs, failures: 0 },
      };
      if ((await store.updateCardPayment(next)) !== "stored") {
        throw new WattproofError("STORE_CONTENDED", "The payment moved meanwhile.");
      }
      await deps.pursue({ ...next, version: payment.version + 1 });
      return (await store.findCardPayment(payment.paymentId)) ?? next;
    },
  };
}
