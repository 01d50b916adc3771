import type { RequestHandler } from "express";
import { z } from "zod";

import type { Logger } from "../../observability/logger.ts";
import type { Metrics } from "../../observability/metrics.ts";

const noteSchema = z.object({
  requestId: z.string(),
  route: z.string().optional(),
  stationId: z.string().optional(),
  sessionId: z.string().optional(),
  /** The name of the operator's key. */
  operator: z.string().optional(),
  recordIdentity: z.string().optional(),
  outcome: z.string().optional(),
  code: z.string().optional(),
});

/** Exactly one line per request, when its answer is out or its connection gone. */
export function logRequests(deps: { readonly log: Logger; readonly metrics: Metrics }): RequestHandler {
  const { log, metrics } = deps;

  return (request, response, next) => {
    const startedAt = process.hrtime.bigint();
    // `close` comes once, after `finish` or instead of it.
    response.once("close", () => {
      const durationMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
      const notes = noteSchema.parse(response.locals);
      const isAnswered = response.writableFinished;
      const outcome = notes.outcome ?? (isAnswered ? (notes.code === undefined ? "answered" : "refused") : "aborted");
      const line = { ...notes, outcome, method: request.method, status: response.statusCode, durationMs };
      const cause: unknown = response.locals["error"];
      if (response.statusCode >= 500) log.error({ ...line, err: cause }, "request");
      else log.info(line, "request");
      if (notes.route === "/v1/meter-values") {
        metrics.messages.inc({ outcome, code: notes.code ?? "" });
        metrics.messageSeconds.observe(durationMs / 1_000);
      }
    });
    next();
  };
}
