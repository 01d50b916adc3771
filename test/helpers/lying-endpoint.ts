import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What an endpoint makes of a true answer. `error`: it refuses the question. */
export type Lie = (
  truth: unknown,
  parameters: readonly unknown[],
  ask: (method: string, parameters: readonly unknown[]) => Promise<unknown>,
) => unknown;

/** Thrown by a lie: the endpoint refuses. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** An endpoint between the service and the chain that lies as long as there are lies in the record. */
export interface LyingEndpoint {
  readonly url: string;
  /** By method. */
  readonly lies: Record<string, Lie>;
  /** How often each method was asked for. */
  readonly asked: Map<string, number>;
  /** From now on every answer is true. */
  tellTruth(): void;
  close(): Promise<void>;
}

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: unknown;
}

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

export async function openLyingEndpoint(rpcUrl: string): Promise<LyingEndpoint> {
  const lies: Record<string, Lie> = {};
  const asked = new Map<string, number>();

  async function forward(method: string, params: readonly unknown[]): Promise<RpcAnswer> {
    const response = await fetch(rpcUrl, {
      method: "POST",
      // A connection that rests may be closed by the chain just when it is used again.
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return (await response.json()) as RpcAnswer;
  }

  async function answer(method: string, params: readonly unknown[]): Promise<RpcAnswer> {
    asked.set(method, (asked.get(method) ?? 0) + 1);
    const truth = await forward(method, params);
    const lie = lies[method];
    if (lie === undefined) return truth;
    try {
      const ask = async (other: string, parameters: readonly unknown[]): Promise<unknown> =>
        (await forward(other, parameters)).result;
      return { result: await lie(truth.result, params, ask) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { error: { code: -32_601, message: error.message } };
    }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Question | readonly Question[];
      const answerOne = async ({ id, method, params }: Question): Promise<object> => ({
        ...(await answer(method, params)),
        jsonrpc: "2.0",
        id,
      });
      response.setHeader("content-type", "application/json");
      // Libraries ask several questions at once.
      const answers = "method" in asked ? await answerOne(asked) : await Promise.all(asked.map(answerOne));
      response.end(JSON.stringify(answers));
    })();
  });
  // None is closed because it rested: the service would find it closed just when it asks.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lies,
    asked,
    tellTruth() {
      for (const method of Object.keys(lies)) Reflect.deleteProperty(lies, method);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
