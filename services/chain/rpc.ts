import { z } from "zod";

import { WattproofError } from "../errors.ts";

/** The endpoint understood the request and says no. */
export class RpcRefusal extends Error {
  override readonly name = "RpcRefusal";
  /** What the contract reverted with, `0x` and hexadecimal digits; `null` if the endpoint does not say. */
  readonly revertData: string | null;

  constructor(message: string, revertData: string | null) {
    super(message);
    this.revertData = revertData;
  }
}

/** Asks a JSON-RPC endpoint one thing at a time. */
export interface Rpc {
  /**
   * @throws RpcRefusal with the endpoint's words
   * @throws CHAIN_UNAVAILABLE if there is no answer in time, or none that can be read
   */
  request<Result>(method: string, parameters: readonly unknown[], schema: z.ZodType<Result>): Promise<Result>;
}

const revertData = z.string().regex(/^0x(?:[0-9a-fA-F]{2})*$/);
// Most nodes put the bytes into `data`, Hardhat into an object there; other nodes put there what they like.
const errorData = z
  .union([revertData, z.object({ data: revertData }).transform(({ data }) => data)])
  .nullable()
  .catch(null);
const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string(), data: errorData }) }),
  z.object({ result: z.unknown() }),
]);

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform(Number);

/**
 * Over HTTP, with a limit on every wait. `signal` ends all waits.
 * @param answerLimitBytes An answer that is longer counts as refused; by default there is no limit.
 */
export function createHttpRpc(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
  answerLimitBytes = Number.POSITIVE_INFINITY,
): Rpc {
  let lastId = 0;

  async function ask(method: string, parameters: readonly unknown[]): Promise<z.output<typeof answerSchema>> {
    lastId += 1;
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: lastId, method, params: parameters }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return answerSchema.parse(await readJson(response, answerLimitBytes));
  }

  return {
    async request(method, parameters, schema) {
      const answer = await ask(method, parameters).catch((error: unknown) => {
        if (error instanceof RpcRefusal) throw error;
        throw unavailable(method, error);
      });
      if ("error" in answer) throw new RpcRefusal(answer.error.message, answer.error.data);
      const result = schema.safeParse(answer.result);
      if (!result.success) throw unavailable(method, result.error);
      return result.data;
    },
  };
}

/** The JSON of an answer. @throws RpcRefusal if it is longer than the limit */
export async function readJson(response: Response, limitBytes: number): Promise<unknown> {
  if (limitBytes === Number.POSITIVE_INFINITY) return response.json();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > limitBytes) throw new RpcRefusal(`The answer is longer than ${limitBytes} bytes.`, null);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/**
 * The same endpoint, asked for its chain before anything else and again after it did not answer: one that comes back as
 * another chain's would have all be undone.
 * @throws CHAIN_MISMATCH from every request while it is another chain's
 */
export function withChainCheck(rpc: Rpc, chainId: number): Rpc {
  let isChecked = false;

  return {
    async request(method, parameters, schema) {
      if (!isChecked) {
        const actual = await rpc.request("eth_chainId", [], quantity);
        if (actual !== chainId) {
          const detail = `The endpoint is on chain ${actual}, the deployment on ${chainId}.`;
          throw new WattproofError("CHAIN_MISMATCH", detail);
        }
        isChecked = true;
      }
      try {
        return await rpc.request(method, parameters, schema);
      } catch (error) {
        if (error instanceof WattproofError) isChecked = false;
        throw error;
      }
    },
  };
}

function unavailable(method: string, cause: unknown): WattproofError {
  // The address of the endpoint may contain a key, so that neither it nor the cause's text is repeated here.
  return new WattproofError("CHAIN_UNAVAILABLE", `The endpoint gave no usable answer to ${method}.`, { cause });
}
