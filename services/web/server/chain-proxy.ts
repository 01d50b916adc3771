import type { RequestHandler } from "express";
import { z } from "zod";

import type { ReadOnlyChain } from "../../chain/read-only-chain.ts";
import { WattproofError } from "../../errors.ts";
import { readBody } from "../../ingest/http/body.ts";
import { createQueueLimit } from "../../ingest/http/limits.ts";

/** A filter for events with 100 session ids has 7 kB. */
const bodyLimitBytes = 16_384;
const requestsAtOnce = 32;

const requestSchema = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.int(), z.string().max(64)]),
  method: z.string().max(64),
  params: z.array(z.unknown()).max(3).default([]),
});

/** `POST /rpc`: lets the page read the chain through the service. Nothing that sends, signs or traces passes. */
export function createChainProxy(chain: ReadOnlyChain): RequestHandler {
  const queueLimit = createQueueLimit(requestsAtOnce);

  return async (request, response) => {
    await queueLimit.run(async () => {
      const body = await readBody(request, bodyLimitBytes);
      const { id, method, params } = parse(body);
      const answer = await chain.ask(method, params);
      response.json({ jsonrpc: "2.0", id, ...answer });
    });
  };
}

function parse(body: Uint8Array): z.output<typeof requestSchema> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "The body is not JSON in UTF-8.", { cause: error });
  }
  const parsed = requestSchema.safeParse(content);
  if (!parsed.success) {
    throw new WattproofError("ENVELOPE_INVALID", "Send one JSON-RPC request.");
  }
  return parsed.data;
}
