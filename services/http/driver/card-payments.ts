import type { Request, RequestHandler } from "express";
import { z } from "zod";

import { cardPaymentIdOf, type CardDesk } from "../../card-payments/card-desk.ts";
import { readProviderNotice } from "../../card-payments/provider-notice.ts";
import type { SessionCanceller } from "../../charging/cancel-session.ts";
import { WattproofError } from "../../errors.ts";
import type { CardPayment } from "../../store/card-payments.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { createClientLimit, type ClientLimit } from "../entrance/client-limit.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { endCharge, type ChargeStopper } from "./stop-charging.ts";

export interface CardDoorDeps {
  readonly cardDesk: CardDesk | null;
  readonly cardNoticeSecret: string | null;
  readonly store: Pick<Store, "findSession">;
  readonly stopper: ChargeStopper | null;
  readonly canceller: SessionCanceller;
  readonly entrance: Entrance;
  readonly openingsPerMinute: number;
  readonly now: () => number;
}

const keyGrammar = /^Bearer ([0-9a-fA-F]{64})$/;
const mostEnergyWh = 1_000_000;
const noticeLimitBytes = 65_536;

export const cardOrderSchema = z.strictObject({
  evse: z
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  tariffId: z.string().regex(/^0x[0-9a-f]{64}$/),
  energyWh: z.int().min(1).max(mostEnergyWh).default(30_000),
});

/** What drivers with a card, and the provider, ask of the service. Nothing of a card comes here. */
export function cardPaymentDoors(deps: CardDoorDeps, limit: ClientLimit): readonly HttpDoor[] {
  const path = "/v1/card-payments";
  const starts = createClientLimit(deps.entrance, deps.now, "card-payments", deps.openingsPerMinute);
  return [
    { path, method: "POST", handler: start(deps, starts) },
    { path: `${path}/status`, method: "GET", handler: show(deps, limit) },
    { path: `${path}/stop`, method: "POST", handler: stop(deps, limit) },
    { path: `${path}/notices`, method: "POST", handler: takeNotice(deps) },
  ];
}

/** `POST /v1/card-payments`: begins the payment of this key; again, says how it stands. */
function start(deps: CardDoorDeps, limit: ClientLimit): RequestHandler {
  return async (request, response) => {
    const desk = deskOf(deps);
    limit.admit(request);
    const paymentId = idOf(request);
    const order = parseBody(await readBody(request, bodyLimitBytes), cardOrderSchema, "CARD_PAYMENT_INVALID");
    const payment = await desk.start(paymentId, order);
    response.set("cache-control", "no-store").status(201).json(cardPaymentView(payment));
  };
}

/** `GET /v1/card-payments/status`: how the payment of this key stands. */
function show(deps: CardDoorDeps, limit: ClientLimit): RequestHandler {
  return async (request, response) => {
    limit.admit(request);
    const payment = await paymentOf(deskOf(deps), request);
    response.set("cache-control", "no-store").json(cardPaymentView(payment));
  };
}

/** `POST /v1/card-payments/stop`: who has the key ends the charge, or gives up before it was opened. */
function stop(deps: CardDoorDeps, limit: ClientLimit): RequestHandler {
  return async (request, response) => {
    limit.admit(request);
    const desk = deskOf(deps);
    const payment = await paymentOf(desk, request);
    const session = payment.intent === null ? null : await deps.store.findSession(payment.intent.sessionId);
    if (session === null) {
      response.json(cardPaymentView(await desk.giveUp(payment, "DRIVER_CANCELLED")));
      return;
    }
    response.locals["sessionId"] = session.sessionId;
    await endCharge(deps, session, deps.entrance.clients.clientOf(request).key);
    response.status(202).json(cardPaymentView(payment));
  };
}

/** `POST /v1/card-payments/notices`: the provider says that something happened; what, the service asks. */
function takeNotice(deps: CardDoorDeps): RequestHandler {
  return async (request, response) => {
    const desk = deskOf(deps);
    const secret = deps.cardNoticeSecret ?? "";
    const body = await readBody(request, noticeLimitBytes);
    const names = readProviderNotice(body, request.get("stripe-signature"), { secret, nowMs: deps.now() });
    response.json({ payments: await desk.wake(names) });
  };
}

/** What the driver sees of a payment. */
export function cardPaymentView(payment: CardPayment): object {
  const { paymentId, status, evse, tariffId, amountMinor, currency, payByMs, outcome, reason, intent } = payment;
  const { owedMinor, capturedMinor, refundedMinor } = payment;
  const isOpen = status === "awaiting-driver";
  return {
    ...{ paymentId, status, evse, tariffId, amountMinor, currency, payByMs, outcome, reason },
    ...{ owedMinor, capturedMinor, refundedMinor },
    pageUrl: isOpen ? payment.pageUrl : null,
    sessionId: intent?.sessionId ?? null,
  };
}

function deskOf({ cardDesk }: CardDoorDeps): CardDesk {
  if (cardDesk !== null) return cardDesk;
  throw new WattproofError("CARD_PAYMENTS_NOT_CONFIGURED", "WATTPROOF_CARD_API_KEY is not set.");
}

function idOf(request: Request): string {
  const key = keyGrammar.exec(request.get("authorization") ?? "")?.[1];
  if (key !== undefined) return cardPaymentIdOf(key);
  throw new WattproofError(
    "CARD_PAYMENT_UNAUTHENTICATED",
    "Send Authorization: Bearer <64 random hexadecimal digits>.",
  );
}

async function paymentOf(desk: CardDesk, request: Request): Promise<CardPayment> {
  const payment = await desk.find(idOf(request));
  if (payment === null) throw new WattproofError("CARD_PAYMENT_UNKNOWN", "Nobody began a payment with this key.");
  return payment;
}
