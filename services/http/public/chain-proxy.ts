import type { RequestHandler } from "express";
import { z } from "zod";

import type { ReadOnlyChain } from "../../chain/read-only-chain.ts";
import { WattproofError } from "../../errors.ts";
import { readBody } from "../body.ts";
import type { Entrance } from "../entrance/entrance.ts";
import { createQueueLimit, createRateLimit } from "../entrance/limits.ts";

/** A filter for events with 100 session ids has 7 kB. */
const bodyLimitBytes = 16_384;
const requestsAtOnce = 32;
/** Of one client; a browser asks six things of an address at once. */
const requestsAtOnceOfClient = 8;

export const questionSchema = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.int(), z.string().max(64)]),
  method: z.string().max(64),
  params: z.array(z.unknown()).max(3).default([]),
});

/** `POST /rpc`: lets the page read the chain through the service. Nothing that sends, signs or traces passes. */
export function createChainProxy(
  chain: ReadOnlyChain,
  deps: { readonly entrance: Entrance; readonly now: () => number },
): RequestHandler {
  const { entrance, now } = deps;
  const { readsPerMinute: perMinute } = entrance.config;
  const queueLimit = createQueueLimit(requestsAtOnce);
  const clients = createRateLimit(perMinute / 60, now, undefined, { burst: perMinute });
  const running = new Map<string, number>();

  function refuse(client: string, detail: string): never {
    entrance.watch.noteRefusedRequest("rpc", client);
    throw new WattproofError("CLIENT_RATE_EXCEEDED", detail);
  }

  return async (request, response) => {
    const { key } = entrance.clients.clientOf(request);
    if (!clients.take(key)) refuse(key, `The limit is ${perMinute} questions a minute.`);
    const count = running.get(key) ?? 0;
    if (count >= requestsAtOnceOfClient) refuse(key, `The limit is ${requestsAtOnceOfClient} questions at once.`);
    running.set(key, count + 1);
    try {
      // Who sends slowly keeps nobody else's place.
      const { id, method, params } = parse(await readBody(request, bodyLimitBytes));
      await queueLimit.run(async () => {
        // One was taken above.
        const furtherCost = chain.costOf(method, params) - 1;
        if (furtherCost > 0 && !clients.take(key, furtherCost)) refuse(key, "Ask for fewer blocks, or wait.");
        const answer = await chain.ask(method, params);
        response.json({ jsonrpc: "2.0", id, ...answer });
      });
    } finally {
      const left = (running.get(key) ?? 1) - 1;
      if (left === 0) running.delete(key);
      else running.set(key, left);
    }
  };
}

function parse(body: Uint8Array): z.output<typeof questionSchema> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "The body is not JSON in UTF-8.", { cause: error });
  }
  const parsed = questionSchema.safeParse(content);
  if (!parsed.success) {
    throw new WattproofError("ENVELOPE_INVALID", "Send one JSON-RPC request.");
  }
  return parsed.data;
}
