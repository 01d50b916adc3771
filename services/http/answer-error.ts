import type { Request, Response } from "express";
import { z } from "zod";

import { errorCatalogue, WattproofError } from "../errors.ts";

const transportErrorSchema = z.object({ status: z.number() });

/** Any error as one of the catalogue. What is not one is ours: INTERNAL, retryable. */
export function toCatalogueError(error: unknown): WattproofError {
  if (error instanceof WattproofError) return error;
  const status = transportErrorSchema.safeParse(error).data?.status;
  if (error instanceof URIError || status === 400) {
    return new WattproofError("QUERY_INVALID", "The address cannot be decoded.", { cause: error });
  }
  return new WattproofError("INTERNAL", "The log has the cause.", { cause: error });
}

const forms = new WeakMap<Response, (error: WattproofError) => object>();

/** From now on a refusal of this request has a body of this form. */
export function refuseInForm(response: Response, refusalOf: (error: WattproofError) => object): void {
  forms.set(response, refusalOf);
}

/** The one place where an error becomes a status and a body. */
export function answerError(response: Response, error: WattproofError): void {
  const { httpStatus, title, isRetryable } = errorCatalogue[error.code];
  response.locals["code"] = error.code;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (httpStatus === 401) response.set("www-authenticate", 'Bearer realm="wattproof"');
  if (httpStatus === 429 || httpStatus === 503) response.set("retry-after", "1");
  // What is left of a body that nobody will read must not be taken for the next request.
  if (!isBodyConsumed(response.req)) response.set("connection", "close");
  const refusalOf = forms.get(response);
  const body =
    refusalOf === undefined
      ? { error: { code: error.code, title, detail: error.detail, retryable: isRetryable } }
      : refusalOf(error);
  response.status(httpStatus).json(body);
}

function isBodyConsumed(request: Request): boolean {
  return request.complete;
}
