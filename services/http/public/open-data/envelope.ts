import type { Request, Response } from "express";
import { z } from "zod";

import { ocpiTime } from "../../../domain/ocpi/ocpi-time.ts";
import { errorCatalogue, WattproofError } from "../../../errors.ts";
import type { Dated } from "./location.ts";

/** The most objects in one answer, and as many as there are where nobody asks for fewer. */
export const pageLimit = 100;

const statusCodes = { success: 1_000, client: 2_000, parameters: 2_001, location: 2_003, server: 3_000 };
const mostOffset = 1_000_000;

const wholeNumber = z.string().regex(/^(0|[1-9][0-9]{0,6})$/);
const dateTime = z.string().refine((text) => ocpiTime(text) !== null);

/** The query of a list, as OCPI has it. */
export const listQuery = z.strictObject({
  date_from: dateTime.optional(),
  date_to: dateTime.optional(),
  offset: wholeNumber.optional(),
  limit: wholeNumber.optional(),
});

/** Sends what was asked for in OCPI's envelope. */
export function answer(request: Request, response: Response, data: unknown, now: () => number): void {
  for (const name of ["x-request-id", "x-correlation-id"]) {
    const given = request.get(name);
    if (given !== undefined && /^[\x21-\x7e]{1,64}$/u.test(given)) response.set(name, given);
  }
  response.json({ data, status_code: statusCodes.success, timestamp: new Date(now()).toISOString() });
}

/** A refusal in OCPI's envelope; `code` of the catalogue stands before its words. */
export function refusalAt(now: () => number): (error: WattproofError) => object {
  return (error) => {
    const { title, httpStatus } = errorCatalogue[error.code];
    return {
      status_code: statusCodeOf(error.code, httpStatus),
      status_message: `${error.code}: ${title} ${error.detail}`.trim(),
      timestamp: new Date(now()).toISOString(),
    };
  };
}

function statusCodeOf(code: string, httpStatus: number): number {
  if (code === "LOCATION_UNKNOWN") return statusCodes.location;
  if (code === "QUERY_INVALID") return statusCodes.parameters;
  return httpStatus < 500 ? statusCodes.client : statusCodes.server;
}

/**
 * Sends one page of those that changed from `date_from` on and before `date_to`, with how many there are and where the next
 * page is.
 * @param base The address of the service, without a slash at the end.
 * @throws QUERY_INVALID
 */
export function answerPage(
  request: Request,
  response: Response,
  all: readonly Dated[],
  { base, now }: { readonly base: string; readonly now: () => number },
): void {
  const { fromMs, toMs, offset, limit, kept } = readQuery(request.query);
  const chosen = all.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const size = Math.min(limit, pageLimit);
  response.set({ "x-total-count": String(chosen.length), "x-limit": String(pageLimit) });
  const next = offset + size;
  if (next < chosen.length) {
    const query = new URLSearchParams({ ...kept, offset: String(next), limit: String(size) });
    response.set("link", `<${base}${request.path}?${query.toString()}>; rel="next"`);
  }
  answer(
    request,
    response,
    chosen.slice(offset, next).map(({ object }) => object),
    now,
  );
}

function readQuery(given: unknown): {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offset: number;
  readonly limit: number;
  /** What the next page asks for, too. */
  readonly kept: Readonly<Record<string, string>>;
} {
  const parsed = listQuery.safeParse(given);
  if (!parsed.success) {
    const names = parsed.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys : issue.path.map(String),
    );
    throw new WattproofError(
      "QUERY_INVALID",
      `${names.join(", ")}: date_from and date_to are times such as 2026-01-31T12:00:00Z, offset and limit whole numbers; there is no other parameter.`,
    );
  }
  const { date_from: from, date_to: to, offset = "0", limit = String(pageLimit) } = parsed.data;
  const fromMs = from === undefined ? 0 : (ocpiTime(from) ?? 0) * 1_000;
  const toMs = to === undefined ? Infinity : (ocpiTime(to) ?? 0) * 1_000;
  if (fromMs >= toMs) throw new WattproofError("QUERY_INVALID", "date_from is before date_to.");
  if (limit === "0") throw new WattproofError("QUERY_INVALID", "limit is at least 1.");
  if (Number(offset) > mostOffset) throw new WattproofError("QUERY_INVALID", `offset is at most ${mostOffset}.`);
  const kept = { ...(from === undefined ? {} : { date_from: from }), ...(to === undefined ? {} : { date_to: to }) };
  return { fromMs, toMs, offset: Number(offset), limit: Number(limit), kept };
}
