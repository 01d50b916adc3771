import { z } from "zod";

import type { TopUpOrder, WithdrawalOrder } from "../../../domain/driver-orders.ts";
import type { ViewGrant } from "../../../domain/session-view-key.ts";
import type { SessionTerms } from "../../../domain/terms.ts";

/** The service does not answer, or nothing that can be read. */
export class ServiceUnreachableError extends Error {
  override readonly name = "ServiceUnreachableError";
}

/** The service says no, with a code of its catalogue. */
export class ServiceRefusal extends Error {
  override readonly name = "ServiceRefusal";
  readonly code: string;
  readonly detail: string;

  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

/** The state of a charger as the service tells it. */
export type ChargerState = "free" | "occupied" | "faulted" | "offline" | "unknown";

const refusalSchema = z.object({ error: z.object({ code: z.string(), detail: z.string() }) });
const openingSchema = z.object({
  sessionId: z.string(),
  status: z.enum(["open", "sent"]),
  txHash: z.string().nullable(),
});
const orderSchema = z.object({ status: z.enum(["done", "sent"]) });
const stateSchema = z.object({ state: z.enum(["free", "occupied", "faulted", "offline", "unknown"]) });
const tariffsSchema = z.object({
  tariffs: z.array(
    z.object({
      tariffId: z.string(),
      untilSeconds: z.int().nullable(),
      connectors: z.array(z.int()).nullable(),
    }),
  ),
});
/** The relay waits for a block before it answers. */
const openingTimeoutMs = 60_000;
const answerTimeoutMs = 10_000;

/** Asks the service. @throws ServiceRefusal, ServiceUnreachableError */
export async function ask(path: string, init: RequestInit, timeoutMs: number): Promise<unknown> {
  let response: Response;
  let content: unknown;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    content = await response.json();
  } catch (cause) {
    throw new ServiceUnreachableError(`${path} does not answer.`, { cause });
  }
  return response.ok ? content : refuse(path, response.status, content);
}

/** Throws what a refusal of the service says. @throws ServiceRefusal, ServiceUnreachableError */
export function refuse(path: string, status: number, content: unknown): never {
  const refusal = refusalSchema.safeParse(content);
  if (!refusal.success) throw new ServiceUnreachableError(`${path}: ${status}`);
  throw new ServiceRefusal(refusal.data.error.code, refusal.data.error.detail);
}

/** Amounts are text in JSON, since numbers are rounded there. */
function integersAsText(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** Sends content to the service, amounts as text. Errors as with `ask`. */
export function post(path: string, content: unknown, timeoutMs: number): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(content, integersAsText) }, timeoutMs);
}

/** Has receipts of a session sent to an address. @param viewKey Shows the service that this is its driver. */
export async function sendReceiptTo(
  sessionId: string,
  recipient: {
    readonly email: string;
    readonly language: string;
    readonly customer?: { readonly name: string; readonly vatNumber?: string };
  },
  viewKey: string,
): Promise<void> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${viewKey}` };
  const init = { method: "PUT", headers, body: JSON.stringify(recipient) };
  await ask(`/v1/sessions/${sessionId}/receipt-recipient`, init, answerTimeoutMs);
}

/** What a driver has signed to have a session opened. Amounts in the token's smallest unit, times in seconds. */
export type SignedOpening = { readonly terms: SessionTerms; readonly signature: string } & (
  | { readonly kind: "signed-terms" }
  | {
      readonly kind: "permit-and-terms";
      readonly permit: { readonly value: bigint; readonly deadline: number; readonly signature: string };
    }
  | {
      readonly kind: "transfer-authorization";
      readonly authorization: { readonly value: bigint; readonly validAfter: number; readonly validBefore: number };
    }
);

/**
 * Has the service bring it to the chain. The same terms again open nothing twice.
 * @param viewKeySha256 Digest of the key that shows the session whole, see `view-keys.ts`.
 */
export async function relayOpening(
  opening: SignedOpening,
  viewKeySha256: string,
): Promise<z.infer<typeof openingSchema>> {
  return openingSchema.parse(await post("/v1/openings", { ...opening, viewKeySha256 }, openingTimeoutMs));
}

/** An order that a driver has signed. */
export type SignedOrder = { readonly signature: string } & (
  | ({ readonly kind: "top-up"; readonly terms: SessionTerms } & Omit<TopUpOrder, "sessionId">)
  | { readonly kind: "withdrawal"; readonly withdrawal: WithdrawalOrder }
);

/** Has the service bring it to the chain. */
export async function relayOrder(order: SignedOrder): Promise<z.infer<typeof orderSchema>> {
  return orderSchema.parse(await post("/v1/driver-orders", order, openingTimeoutMs));
}

/** Has the charger stop. */
export async function requestStop(sessionId: string, signature: string): Promise<void> {
  await post(`/v1/sessions/${sessionId}/stop`, { signature }, answerTimeoutMs);
}

/** Lets whoever has the key see the whole session. */
export async function grantView({ sessionId, keySha256 }: ViewGrant, signature: string): Promise<void> {
  await post(`/v1/sessions/${sessionId}/view-keys`, { keySha256, signature }, answerTimeoutMs);
}

/** The receipt as the service wrote it; nothing in it has been checked. */
export function readReceipt(sessionId: string): Promise<unknown> {
  return ask(`/v1/receipts/${sessionId}`, {}, answerTimeoutMs);
}

/** A tariff that the operator assigned to a charger. */
export interface AssignedTariff {
  readonly tariffId: string;
  /** When another price takes its turn, in seconds since 1970; `null` where none does. */
  readonly untilSeconds: number | null;
  /** The connectors at which it holds alone; `null`: at all that have no other price. */
  readonly connectors: readonly number[] | null;
}

/**
 * Which tariffs apply to the driver at the charger; `null` where the service cannot tell.
 * @param driver `null`: nobody in particular, who is in no group.
 */
export async function readAssignedTariffs(
  evse: number,
  driver: string | null,
): Promise<readonly AssignedTariff[] | null> {
  const query = driver === null ? "" : `?driver=${driver}`;
  try {
    const { tariffs } = tariffsSchema.parse(await ask(`/v1/evses/${evse}/tariffs${query}`, {}, answerTimeoutMs));
    return tariffs;
  } catch (error) {
    if (error instanceof ServiceRefusal || error instanceof ServiceUnreachableError) return null;
    throw error;
  }
}

/** The charger's state; `unknown` where the service does not tell any. */
export async function readChargerState(evse: number): Promise<ChargerState> {
  try {
    return stateSchema.parse(await ask(`/v1/evses/${evse}/state`, {}, answerTimeoutMs)).state;
  } catch (error) {
    if (error instanceof ServiceRefusal) return "unknown";
    throw error;
  }
}
