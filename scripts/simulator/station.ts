import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

const acceptedAnswer = z.object({
  outcome: z.literal("accepted"),
  recordIdentity: z.string(),
  sessionId: z.string(),
  sessionState: z.string(),
  energyWh: z.string().nullable(),
  duplicate: z.boolean(),
});
const refusedAnswer = z.object({
  error: z.object({ code: z.string(), title: z.string(), detail: z.string(), retryable: z.boolean() }),
});

/** What the service answered to a record: taken, or refused for good. */
export type StationAnswer =
  | z.infer<typeof acceptedAnswer>
  | { readonly outcome: "refused"; readonly status: number; readonly code: string; readonly detail: string };

/** The service could not be brought to an answer within the attempts allowed. */
export class StationGaveUpError extends Error {
  override readonly name = "StationGaveUpError";
}

/** How a charging station reports what its meter signed. */
export interface SimulatedStation {
  readonly stationId: string;
  /**
   * Posts one record, again and again until there is an answer that will not change.
   *
   * @param sessionId Named only for records that do not carry the session's idTag.
   * @throws StationGaveUpError when the attempts are used up.
   */
  post(record: string | Uint8Array, options?: { sessionId?: string; signal?: AbortSignal }): Promise<StationAnswer>;
}

/** 8 attempts, waiting 50 ms, 100 ms, … and 2 s at most: 6.35 s in all, long enough for a service that restarts. */
const retryDefaults = { attempts: 8, firstWaitMs: 50, longestWaitMs: 2_000, answerTimeoutMs: 30_000 };

/** A charging station that talks to the HTTP door at `url`. */
export function createSimulatedStation(options: {
  readonly url: string;
  readonly stationId: string;
  readonly apiKey: string;
  readonly retry?: Partial<typeof retryDefaults>;
}): SimulatedStation {
  const { url, stationId, apiKey } = options;
  const retry = { ...retryDefaults, ...options.retry };

  async function postOnce(record: Buffer, sessionId: string | undefined, signal: AbortSignal): Promise<Attempt> {
    const body = sessionId === undefined ? record : envelopeOf(record, sessionId);
    const response = await fetch(new URL("/v1/meter-values", url), {
      method: "POST",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "x-station-id": stationId,
        "content-type": sessionId === undefined ? "text/plain; charset=utf-8" : "application/json",
      },
      body,
      signal,
    });

    return attemptOf(response.status, await response.text());
  }

  return {
    stationId,
    async post(record, { sessionId, signal } = {}) {
      const bytes = Buffer.from(record);
      let failure: unknown;
      for (let attempt = 0; attempt < retry.attempts; attempt += 1) {
        if (attempt > 0) {
          await sleep(Math.min(retry.firstWaitMs * 2 ** (attempt - 1), retry.longestWaitMs), undefined, { signal });
        }
        const limits = [AbortSignal.timeout(retry.answerTimeoutMs), ...(signal === undefined ? [] : [signal])];
        try {
          const result = await postOnce(bytes, sessionId, AbortSignal.any(limits));
          if ("answer" in result) {
            return result.answer;
          }
          failure = result.failure;
        } catch (error) {
          signal?.throwIfAborted();
          failure = error;
        }
      }
      throw new StationGaveUpError(`No answer from ${url} after ${retry.attempts} attempts`, { cause: failure });
    },
  };
}

/** The record with the session that it is meant for; in base64 where it is not text. */
function envelopeOf(record: Buffer, sessionId: string): string {
  const text = record.toString("utf8");

  return Buffer.from(text, "utf8").equals(record)
    ? JSON.stringify({ record: text, sessionId })
    : JSON.stringify({ record: record.toString("base64"), encoding: "base64", sessionId });
}

type Attempt = { readonly answer: StationAnswer } | { readonly failure: unknown };

function attemptOf(status: number, text: string): Attempt {
  const body = parseJson(text);
  if (status === 200) {
    const accepted = acceptedAnswer.safeParse(body);

    return accepted.success ? { answer: accepted.data } : { failure: accepted.error };
  }
  const refused = refusedAnswer.safeParse(body);
  if (!refused.success) {
    return { failure: new Error(`HTTP ${status} without an error of the catalogue: ${text.slice(0, 200)}`) };
  }
  const { code, detail, retryable } = refused.data.error;

  return retryable
    ? { failure: new Error(`HTTP ${status} ${code}: ${detail}`) }
    : { answer: { outcome: "refused", status, code, detail } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more way in which an answer is not what was agreed; the caller's schema says so.
    return undefined;
  }
}
