import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { z } from "zod";

import type { LocalChain } from "./chain.ts";

/** A JSON-RPC server for one local chain. */
export interface RpcServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What a public node answers, too. What steers the chain is not among it: that is for the process that owns it. */
const servedMethods = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getBlockTransactionCountByHash",
  "eth_getBlockTransactionCountByNumber",
  "eth_getCode",
  "eth_getFilterChanges",
  "eth_getFilterLogs",
  "eth_getLogs",
  "eth_getStorageAt",
  "eth_getTransactionByBlockHashAndIndex",
  "eth_getTransactionByBlockNumberAndIndex",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "eth_newBlockFilter",
  "eth_newFilter",
  "eth_sendRawTransaction",
  "eth_syncing",
  "eth_uninstallFilter",
  "net_version",
  "web3_clientVersion",
]);

/** Twice the largest transaction that a node takes (EIP-7623's floor under EIP-7825 keeps calldata below 1.7 MB). */
const longestBodyBytes = 4 * 1024 * 1024;
const longestBatch = 1_000;

const rpcRequest = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]).default(null),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});
const rpcError = z.object({ code: z.number(), message: z.string(), data: z.unknown() });

/** Serves the chain at one address of this machine, by default on the loopback interface. */
export async function startRpcServer(chain: LocalChain, port: number, host = "127.0.0.1"): Promise<RpcServer> {
  const server = createServer((request, response) => {
    void serve(chain, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const boundPort = typeof address === "object" && address !== null ? address.port : port;

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
}

async function serve(chain: LocalChain, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A wallet in a page asks from another origin; nothing here is worth protecting from it.
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "content-type");
  if (request.method !== "POST") {
    response.writeHead(request.method === "OPTIONS" ? 204 : 405).end();
    return;
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(await answer(chain, body)));
}

async function answer(chain: LocalChain, body: string): Promise<unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return failure(null, -32700, "Not JSON");
  }
  if (!Array.isArray(parsed)) {
    return answerOne(chain, parsed);
  }
  if (parsed.length > longestBatch) {
    return failure(null, -32600, `More than ${longestBatch} requests in one`);
  }

  return Promise.all(parsed.map((item) => answerOne(chain, item)));
}

async function answerOne(chain: LocalChain, value: unknown): Promise<unknown> {
  const request = rpcRequest.safeParse(value);
  if (!request.success) {
    return failure(null, -32600, "Not a JSON-RPC request");
  }
  const { id, method, params } = request.data;
  if (!servedMethods.has(method)) {
    return failure(id, -32601, `The method ${method} is not served`);
  }
  try {
    return { jsonrpc: "2.0", id, result: await chain.request(method, params) };
  } catch (error) {
    const known = rpcError.safeParse(error);

    return known.success
      ? failure(id, known.data.code, known.data.message, revertDataOf(known.data.data))
      : failure(id, -32602, error instanceof Error ? error.message : "The request failed");
  }
}

function failure(id: string | number | null, code: number, message: string, data?: string): unknown {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Nodes answer with the bytes that the contract reverted with; the simulated network wraps them once more. */
function revertDataOf(data: unknown): string | undefined {
  const bytes = z.union([z.string(), z.object({ data: z.string() }).transform((wrapped) => wrapped.data)]);

  return bytes.safeParse(data).data;
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > longestBodyBytes) {
      return undefined;
    }
    chunks.push(bytes);
  }

  return Buffer.concat(chunks).toString("utf8");
}
