import type { Request } from "express";
import type { z } from "zod";

import { WattproofError, type ErrorCode } from "../errors.ts";

/**
 * The body exactly as it was sent.
 * @throws MEDIA_TYPE_UNSUPPORTED if it is compressed: a small body that unpacks to a large one would pass the limit
 * @throws BODY_TOO_LARGE as soon as the limit is passed, whatever length was announced
 * @throws BODY_INCOMPLETE
 */
export function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  const encoding = request.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    return Promise.reject(new WattproofError("MEDIA_TYPE_UNSUPPORTED", "Send the body without content-encoding."));
  }
  const tooLarge = new WattproofError("BODY_TOO_LARGE", `The limit is ${limitBytes} bytes.`);
  if (Number(request.get("content-length") ?? "0") > limitBytes) return Promise.reject(tooLarge);

  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const stop = (error: WattproofError): void => {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      // An error may still come; it changes nothing any more.
      request.on("error", () => undefined);
      request.pause();
      reject(error);
    };
    const onData = (chunk: Uint8Array): void => {
      length += chunk.length;
      if (length > limitBytes) stop(tooLarge);
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      request.off("close", onClose);
      resolve(Buffer.concat(chunks));
    };
    const onClose = (): void => {
      stop(new WattproofError("BODY_INCOMPLETE", "The connection ended before the body did."));
    };
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}

/**
 * Reads a body as JSON of this form.
 * @throws the code, by default ENVELOPE_INVALID, naming each part that is wrong
 */
export function parseBody<Value>(
  body: Uint8Array,
  schema: z.ZodType<Value>,
  code: ErrorCode = "ENVELOPE_INVALID",
): Value {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WattproofError(code, "The body is not JSON in UTF-8.", { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.code}`);
    throw new WattproofError(code, problems.join("; ").slice(0, 300));
  }
  return parsed.data;
}
