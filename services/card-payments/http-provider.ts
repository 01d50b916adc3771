import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { CardProvider, ProviderPayment } from "./card-provider.ts";

const answerTimeoutMs = 10_000;
/** Its longest answers have a few kilobytes. */
const answerLimitBytes = 262_144;
const amount = z.int().min(0);

const pageSchema = z.object({ id: z.string().min(1).max(255), url: z.url({ protocol: /^https?$/ }) });
const sessionSchema = z.object({
  status: z.enum(["open", "complete", "expired"]),
  payment_intent: z
    .object({
      id: z.string().min(1).max(255),
      status: z.string(),
      amount_capturable: amount,
      amount_received: amount,
      latest_charge: z
        .object({
          disputed: z.boolean(),
        })
        .nullable()
        .optional(),
    })
    .nullable(),
});

const refundsSchema = z.object({
  data: z.array(z.object({ amount, status: z.string(), metadata: z.record(z.string(), z.string()).nullish() })),
});
const refundsAtMost = 100;

/**
 * A provider that speaks the published HTTP interface of Stripe: hosted pages (Checkout Sessions) with capture by hand
 * (Payment Intents), and refunds; form bodies, `Idempotency-Key`, bearer key. Others speak it, too, or have a bridge for it.
 */
export function createHttpProvider(deps: {
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly signal: AbortSignal;
}): CardProvider {
  const { apiUrl, apiKey, signal } = deps;

  async function ask<Answer>(
    method: "GET" | "POST",
    path: string,
    schema: z.ZodType<Answer>,
    sent?: { readonly key: string; readonly fields: Readonly<Record<string, string>> },
  ): Promise<Answer> {
    const { status, body } = await exchange(method, path, sent);
    const refused = refusalOf(status, body);
    if (refused !== null) throw refused;
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new WattproofError("CARD_PROVIDER_UNAVAILABLE", `The answer of ${path} is not as documented.`);
  }

  async function exchange(
    method: string,
    path: string,
    sent?: { readonly key: string; readonly fields: Readonly<Record<string, string>> },
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    try {
      const response = await fetch(apiUrl + path, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, ...(sent && { "idempotency-key": sent.key }) },
        ...(sent && { body: new URLSearchParams(sent.fields) }),
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      return { status: response.status, body: JSON.parse(await readText(response)) };
    } catch (error) {
      // What the provider did is unknown: the same call with the same key asks again.
      throw new WattproofError("CARD_PROVIDER_UNAVAILABLE", `No answer to ${method} ${path}.`, { cause: error });
    }
  }

  const done = z.object({ id: z.string() });
  return {
    createPage({ key, paymentId, amountMinor, currency, description, returnUrl, payByMs }) {
      const fields = {
        mode: "payment",
        client_reference_id: paymentId,
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": currency.toLowerCase(),
        "line_items[0][price_data][unit_amount]": String(amountMinor),
        "line_items[0][price_data][product_data][name]": description,
        "payment_method_types[0]": "card",
        "payment_intent_data[capture_method]": "manual",
        "payment_intent_data[metadata][payment_id]": paymentId,
        success_url: returnUrl,
        cancel_url: returnUrl,
        expires_at: String(Math.floor(payByMs / 1_000)),
      };
      return ask("POST", "/v1/checkout/sessions", pageSchema, { key, fields }).then(({ id, url }) => ({
        reference: id,
        pageUrl: url,
      }));
    },
    async read(reference) {
      const path = `/v1/checkout/sessions/${encodeURIComponent(reference)}?expand[]=payment_intent.latest_charge`;
      const session = await ask("GET", path, sessionSchema);
      const intent = session.payment_intent;
      if (intent?.status !== "succeeded") return paymentOf(session, 0);
      const query = `payment_intent=${encodeURIComponent(intent.id)}&limit=${refundsAtMost}`;
      const { data } = await ask("GET", `/v1/refunds?${query}`, refundsSchema);
      // A provider may list the freed rest of a reservation beside them, and what somebody gave back by hand.
      const own = data.filter(({ status, metadata }) => metadata?.["payment"] === reference && !isUndone(status));
      return paymentOf(
        session,
        own.reduce((sum, refund) => sum + refund.amount, 0),
      );
    },
    async capture({ reservation, amountMinor, key }) {
      const path = `/v1/payment_intents/${encodeURIComponent(reservation)}/capture`;
      await ask("POST", path, done, { key, fields: { amount_to_capture: String(amountMinor) } });
    },
    async release({ reservation, key }) {
      await ask("POST", `/v1/payment_intents/${encodeURIComponent(reservation)}/cancel`, done, { key, fields: {} });
    },
    async closePage({ reference, key }) {
      await ask("POST", `/v1/checkout/sessions/${encodeURIComponent(reference)}/expire`, done, { key, fields: {} });
    },
    async refund({ reference, reservation, amountMinor, key }) {
      const fields = {
        payment_intent: reservation,
        amount: String(amountMinor),
        "metadata[payment]": reference,
      };
      await ask("POST", "/v1/refunds", done, { key, fields });
    },
  };
}

/** Where a page and its reservation stand, in our words. */
function paymentOf(
  { status: page, payment_intent: intent }: z.output<typeof sessionSchema>,
  refundedMinor: number,
): ProviderPayment {
  const amounts = {
    reservation: intent?.id ?? null,
    authorizedMinor: intent?.amount_capturable ?? 0,
    capturedMinor: intent?.amount_received ?? 0,
    refundedMinor,
    disputedMinor: intent?.latest_charge?.disputed === true ? intent.amount_received : 0,
  };
  if (intent?.status === "requires_capture") return { ...amounts, status: "authorized" };
  if (intent?.status === "succeeded") return { ...amounts, status: "captured" };
  const isOver = page === "expired" || intent?.status === "canceled";
  return { ...amounts, status: isOver ? "released" : "awaiting-driver" };
}

function isUndone(status: string): boolean {
  return status === "failed" || status === "canceled";
}

/** Of what the provider says definitely; everything else leaves open what it did. */
function refusalOf(status: number, body: unknown): WattproofError | null {
  if (status >= 200 && status < 300) return null;
  const parsed = z.object({ error: z.object({ code: z.string().max(100).optional() }) }).safeParse(body);
  const code = (parsed.success ? parsed.data.error.code : undefined) ?? `HTTP ${status}`;
  // 409: the first call with this key is still being worked on. 429: too many calls.
  const isDefinite = status >= 400 && status < 500 && status !== 409 && status !== 429 && status !== 408;
  return new WattproofError(isDefinite ? "CARD_PROVIDER_REFUSED" : "CARD_PROVIDER_UNAVAILABLE", code);
}

async function readText(response: Response): Promise<string> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > answerLimitBytes) throw new RangeError("The answer is too long.");
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
