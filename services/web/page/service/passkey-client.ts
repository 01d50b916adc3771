import { z } from "zod";

import type { AccountBatch, PasskeyAssertion, PasskeyPoint } from "../../../domain/passkey.ts";
import { ask, post } from "./service-client.ts";

const broughtSchema = z.object({
  status: z.enum(["done", "sent"]),
  txHash: z.string().nullable(),
  callId: z.string().optional(),
});
const callSchema = z.object({ status: z.enum(["pending", "confirmed", "failed"]), txHash: z.string().nullable() });
/** The relay waits for a block before it answers. */
const batchTimeoutMs = 60_000;
const answerTimeoutMs = 10_000;

/**
 * Has the service bring a batch to the chain, which creates the account where it is missing.
 * @param viewKeySha256 As with openings; only for a batch that opens a session.
 */
export async function relayBatch(
  signed: {
    readonly point: PasskeyPoint;
    readonly recovery: string;
    readonly batch: AccountBatch;
    readonly assertion: PasskeyAssertion;
  },
  viewKeySha256: string | undefined,
): Promise<z.infer<typeof broughtSchema>> {
  const content = { ...signed, ...(viewKeySha256 === undefined ? {} : { viewKeySha256 }) };
  return broughtSchema.parse(await post("/v1/passkey-batches", content, batchTimeoutMs));
}

/** What became of a call that the service took. */
export async function readRelayedCall(callId: string): Promise<z.infer<typeof callSchema>> {
  return callSchema.parse(await ask(`/v1/relayed-calls/${callId}`, {}, answerTimeoutMs));
}
