import { z } from "zod";

import {
  driverOrderAnswer,
  meterValueAnswer,
  openingAnswer,
  relayedCallAnswer,
  sessionAnswer,
  sessionsAnswer,
  stopAnswer,
} from "../../../services/http/api/session-answers.ts";
import { evseStateAnswer } from "../../../services/http/api/operator-answers.ts";
import { evseNumber, hash, micro, refusal, tariff, timeMs } from "../../../services/http/api/values.ts";
import type { SignedOpening, SignedOrder } from "../../../services/web/page/service/service-client.ts";

export type { SignedOpening, SignedOrder };

/** The service says no, with a code of its catalogue (`docs/errors.md`). */
export class ServiceRefusal extends Error {
  override readonly name = "ServiceRefusal";
  readonly status: number;
  readonly code: string;
  /** For people; may quote hostile text. */
  readonly detail: string;
  /** The same request can succeed later without anybody changing it. */
  readonly isRetryable: boolean;

  constructor(status: number, error: z.infer<typeof refusal>["error"]) {
    super(`${error.code}: ${error.detail}`);
    this.status = status;
    this.code = error.code;
    this.detail = error.detail;
    this.isRetryable = error.retryable;
  }
}

/** The service does not answer, or not in a form that this version knows. */
export class ServiceUnreachableError extends Error {
  override readonly name = "ServiceUnreachableError";
}

export interface ServiceAccess {
  /** Such as `https://charge.example`. */
  readonly url: string;
  /** A key of the operator, a session's view key, or a station's API key; left out: as anybody. */
  readonly key?: string;
  /** Of the station whose API key it is. */
  readonly stationId?: string;
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

const evseTariffs = z.object({
  evse: evseNumber,
  tariffs: z.array(z.object({ tariffId: hash, tariff, assignedAtMs: timeMs })),
});
/** A relayed opening waits for two blocks. */
const defaultTimeoutMs = 90_000;

/**
 * Asks a service. Every answer is parsed by the schema from which the service's OpenAPI description is written. Methods
 * reject with `ServiceRefusal` or `ServiceUnreachableError`.
 */
export type ServiceClient = ReturnType<typeof createServiceClient>;

export function createServiceClient(access: ServiceAccess) {
  const { url, key, stationId, timeoutMs = defaultTimeoutMs, fetch: ask = globalThis.fetch } = access;
  const root = url.replace(/\/+$/u, "");

  async function call<Answer>(
    path: string,
    schema: z.ZodType<Answer>,
    method = "GET",
    body?: unknown,
  ): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (key !== undefined) headers["authorization"] = `Bearer ${key}`;
    if (stationId !== undefined) headers["x-station-id"] = stationId;
    if (body !== undefined) headers["content-type"] = "application/json";
    const sent = body === undefined ? {} : { body: JSON.stringify(body, integersAsText) };
    const unreachable = (cause: unknown): never => {
      throw new ServiceUnreachableError(`${method} ${path} got no answer that can be read.`, { cause });
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await ask(`${root}${path}`, { method, headers, signal, ...sent }).catch(unreachable);
    const content: unknown = await response.json().catch(unreachable);
    if (!response.ok) {
      const refused = refusal.safeParse(content);
      if (!refused.success) return unreachable(refused.error);
      throw new ServiceRefusal(response.status, refused.data.error);
    }
    const parsed = schema.safeParse(content);
    return parsed.success ? parsed.data : unreachable(parsed.error);
  }

  const session = (sessionId: string): string => `/v1/sessions/${encodeURIComponent(sessionId)}`;

  return {
    /** Any other operation of `/v1/openapi.json`, parsed by a schema of the caller's. */
    call,
    readSession: (sessionId: string) => call(session(sessionId), sessionAnswer),
    /** @param query Whose sessions and which; `after` is `next` of the page before. */
    listSessions: (
      query: {
        readonly state?: string;
        readonly operator?: string;
        readonly driver?: string;
        readonly evse?: number;
        readonly ended?: "true" | "false";
        readonly order?: "oldest-first" | "newest-first";
        readonly limit?: number;
        readonly after?: string;
      } = {},
    ) => call(`/v1/sessions${queryOf(query)}`, sessionsAnswer),
    /** As it is; nothing in it has been checked: `verifyReceipt` does. */
    readReceipt: (sessionId: string) => call(`/v1/receipts/${encodeURIComponent(sessionId)}`, z.unknown()),
    readEvseState: (evse: number) => call(`/v1/evses/${evse}/state`, evseStateAnswer),
    listEvseTariffs: (evse: number) => call(`/v1/evses/${evse}/tariffs`, evseTariffs),
    /** @param viewKeySha256 Digest of a key that shows the session whole; who has the key sees it. */
    openSession: (opening: SignedOpening, viewKeySha256?: string) =>
      call("/v1/openings", openingAnswer, "POST", {
        ...opening,
        ...(viewKeySha256 !== undefined && { viewKeySha256 }),
      }),
    sendDriverOrder: (order: SignedOrder) => call("/v1/driver-orders", driverOrderAnswer, "POST", order),
    readRelayedCall: (callId: string) => call(`/v1/relayed-calls/${encodeURIComponent(callId)}`, relayedCallAnswer),
    stopCharging: (sessionId: string, signature: string) =>
      call(`${session(sessionId)}/stop`, stopAnswer, "POST", { signature }),
    grantView: (sessionId: string, keySha256: string, signature: string) =>
      call(`${session(sessionId)}/view-keys`, z.object({ sessionId: hash }), "POST", { keySha256, signature }),
    consentToUnsignedEnergy: (sessionId: string, capMicro: bigint, signature: string) =>
      call(`${session(sessionId)}/unsigned-energy-consent`, z.object({ sessionId: hash, capMicro: micro }), "PUT", {
        ...{ capMicro, signature },
      }),
    /** As a station, with its id and API key. */
    postRecord: (record: string, sessionId?: string) =>
      call("/v1/meter-values", meterValueAnswer, "POST", { record, ...(sessionId !== undefined && { sessionId }) }),
  };
}

function queryOf(query: Readonly<Record<string, string | number>>): string {
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}

/** Amounts are text in JSON, since numbers are rounded there. */
function integersAsText(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
