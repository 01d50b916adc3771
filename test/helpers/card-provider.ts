import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A payment as the stand-in keeps it. */
export interface StandInPayment {
  readonly id: string;
  readonly amount: number;
  page: "open" | "complete" | "expired";
  intent: {
    readonly id: string;
    status: "requires_payment_method" | "requires_capture" | "succeeded" | "canceled";
    received: number;
    disputed: boolean;
  } | null;
  readonly refunds: { readonly amount: number; readonly metadata: Record<string, string>; status: string }[];
}

/** What goes wrong with the next call whose path fits. */
export interface Fault {
  readonly path: RegExp;
  /** `lost-answer`: it is done, and nobody hears of it. `unreachable`: it is not done. */
  readonly kind: "lost-answer" | "unreachable" | "refused";
  left: number;
}

/** A payment provider on this machine: the published interface as the adapter uses it, and the hosted page for the card. */
export interface CardProviderStandIn {
  readonly url: string;
  readonly apiKey: string;
  readonly noticeSecret: string;
  readonly payments: ReadonlyMap<string, StandInPayment>;
  /** Every call that changed something, or would have. */
  readonly calls: readonly string[];
  fail(path: RegExp, kind: Fault["kind"], times?: number): void;
  /** The driver pays, on the hosted page, with a card that the bank takes or declines. */
  pay(pageUrl: string, card: "good" | "declined"): Promise<number>;
  /** The reservation ends by itself, as banks have it after a week. */
  lapse(reference: string): void;
  dispute(reference: string): void;
  endPage(reference: string): void;
  /** A signed notice about an object. */
  notice(id: string, atMs: number): { readonly body: string; readonly signature: string };
  close(): Promise<void>;
}

export async function startCardProvider(): Promise<CardProviderStandIn> {
  const apiKey = `sk_test_${randomBytes(16).toString("hex")}`;
  const noticeSecret = `whsec_${randomBytes(16).toString("hex")}`;
  const payments = new Map<string, StandInPayment>();
  const answered = new Map<string, { readonly fields: string; readonly status: number; readonly body: object }>();
  const calls: string[] = [];
  const faults: Fault[] = [];
  let url = "";

  const byIntent = (id: string): StandInPayment | undefined =>
    [...payments.values()].find(({ intent }) => intent?.id === id);
  const refused = (code: string): { status: number; body: object } => ({ status: 400, body: { error: { code } } });

  function change(path: string, fields: URLSearchParams): { readonly status: number; readonly body: object } {
    const [, , kind, id = "", action = ""] = path.split("/");
    if (path === "/v1/checkout/sessions") return createPage(fields);
    if (kind === "checkout") return expirePage(path.split("/")[4] ?? "");
    if (path === "/v1/refunds") return refund(fields);
    const payment = byIntent(id);
    if (payment?.intent?.status !== "requires_capture") return refused("payment_intent_unexpected_state");
    if (action === "cancel") {
      payment.intent.status = "canceled";
      return { status: 200, body: { id } };
    }
    const amount = Number(fields.get("amount_to_capture"));
    if (!(amount >= 1 && amount <= payment.amount)) return refused("amount_too_large");
    payment.intent.status = "succeeded";
    payment.intent.received = amount;
    return { status: 200, body: { id } };
  }

  function createPage(fields: URLSearchParams): { readonly status: number; readonly body: object } {
    if (fields.get("payment_intent_data[capture_method]") !== "manual") return refused("capture_method");
    const id = `cs_${randomBytes(8).toString("hex")}`;
    const amount = Number(fields.get("line_items[0][price_data][unit_amount]"));
    payments.set(id, { id, amount, page: "open", intent: null, refunds: [] });
    return { status: 200, body: { id, url: `${url}/pay/${id}` } };
  }

  function expirePage(id: string): { readonly status: number; readonly body: object } {
    const payment = payments.get(id);
    if (payment?.page !== "open") return refused("checkout_session_not_open");
    payment.page = "expired";
    return { status: 200, body: { id } };
  }

  function refund(fields: URLSearchParams): { readonly status: number; readonly body: object } {
    const payment = byIntent(fields.get("payment_intent") ?? "");
    const amount = Number(fields.get("amount"));
    const given = payment?.refunds.reduce((sum, one) => sum + one.amount, 0) ?? 0;
    if (payment?.intent?.status !== "succeeded" || amount + given > payment.intent.received) {
      return refused("charge_already_refunded");
    }
    payment.refunds.push({ amount, metadata: { payment: fields.get("metadata[payment]") ?? "" }, status: "succeeded" });
    return { status: 200, body: { id: "re_1" } };
  }

  function read(path: string, query: URLSearchParams): { readonly status: number; readonly body: object } {
    if (path === "/v1/refunds") {
      return { status: 200, body: { data: byIntent(query.get("payment_intent") ?? "")?.refunds ?? [] } };
    }
    const payment = payments.get(path.split("/")[4] ?? "");
    if (payment === undefined) return { status: 404, body: { error: { code: "resource_missing" } } };
    const { intent, page, amount } = payment;
    const shown = intent && {
      id: intent.id,
      status: intent.status,
      amount_capturable: intent.status === "requires_capture" ? amount : 0,
      amount_received: intent.received,
      latest_charge: { disputed: intent.disputed },
    };
    return { status: 200, body: { id: payment.id, status: page, payment_intent: shown } };
  }

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    if (pathname.startsWith("/pay/")) {
      showPage(request, response, pathname.slice(5), body);
      return;
    }
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      send(response, 401, { error: {} });
      return;
    }
    if (request.method === "GET") {
      const { status, body: found } = read(pathname, searchParams);
      send(response, status, found);
      return;
    }
    const fault = faults.find(({ path, left }) => left > 0 && path.test(pathname));
    if (fault !== undefined) fault.left -= 1;
    calls.push(`${pathname} ${body}`);
    if (fault?.kind === "unreachable") return void response.destroy();
    if (fault?.kind === "refused") {
      send(response, 402, { error: { code: "card_error" } });
      return;
    }
    const key = String(request.headers["idempotency-key"]);
    const earlier = answered.get(key);
    if (earlier !== undefined && earlier.fields !== pathname + body) {
      send(response, 400, { error: { code: "idempotency_error" } });
      return;
    }
    const given = earlier ?? { fields: pathname + body, ...change(pathname, new URLSearchParams(body)) };
    answered.set(key, given);
    if (fault?.kind === "lost-answer") return void response.destroy();
    send(response, given.status, given.body);
  }

  function showPage(request: IncomingMessage, response: ServerResponse, id: string, body: string): void {
    const payment = payments.get(id);
    if (payment?.page !== "open") {
      send(response, 410, {});
      return;
    }
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/html" });
      return void response.end(`<form method="post"><button name="card" value="good">Pay</button></form>`);
    }
    payment.intent ??= {
      ...{ id: `pi_${randomBytes(8).toString("hex")}`, status: "requires_payment_method", received: 0 },
      disputed: false,
    };
    if (new URLSearchParams(body).get("card") !== "good") {
      send(response, 402, {});
      return;
    }
    payment.intent.status = "requires_capture";
    payment.page = "complete";
    send(response, 200, {});
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      answer(request, response, Buffer.concat(chunks).toString("utf8"));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // It listens on TCP, so its address is one of TCP.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function intentOf(reference: string): NonNullable<StandInPayment["intent"]> {
    const intent = payments.get(reference)?.intent ?? null;
    if (intent === null) throw new RangeError(`Nobody has paid ${reference}.`);
    return intent;
  }

  return {
    ...{ url, apiKey, noticeSecret, payments, calls },
    fail(path, kind, times = 1) {
      faults.push({ path, kind, left: times });
    },
    async pay(pageUrl, card) {
      const response = await fetch(pageUrl, { method: "POST", body: new URLSearchParams({ card }) });
      await response.body?.cancel();
      return response.status;
    },
    lapse(reference) {
      intentOf(reference).status = "canceled";
    },
    dispute(reference) {
      intentOf(reference).disputed = true;
    },
    endPage(reference) {
      const payment = payments.get(reference);
      if (payment !== undefined) payment.page = "expired";
    },
    notice(id, atMs) {
      const body = JSON.stringify({ id: "evt_1", type: "any", data: { object: { id } } });
      const seconds = Math.floor(atMs / 1_000);
      const hex = createHmac("sha256", noticeSecret).update(`${seconds}.${body}`).digest("hex");
      return { body, signature: `t=${seconds},v1=${hex}` };
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
