import type { ReceiptChain } from "../../../services/receipts/receipt-chain.ts";

/** Whom verifiers ask about a chain: an endpoint's address, or anything that answers as EIP-1193 has it. */
export type ChainEndpoint = string | ReceiptChain;

/** The endpoint gave no answer, or answered with an error of JSON-RPC. */
export class ChainEndpointError extends Error {
  override readonly name = "ChainEndpointError";
}

const answerTimeoutMs = 30_000;

export function chainAt(endpoint: ChainEndpoint): ReceiptChain {
  if (typeof endpoint !== "string") return endpoint;
  let asked = 0;
  return {
    async request(method, parameters) {
      asked += 1;
      const body = JSON.stringify({ jsonrpc: "2.0", id: asked, method, params: parameters });
      const headers = { "content-type": "application/json" };
      const signal = AbortSignal.timeout(answerTimeoutMs);
      const answer: unknown = await fetch(endpoint, { method: "POST", headers, body, signal })
        .then((response) => response.json())
        .catch((cause: unknown) => {
          throw new ChainEndpointError(`${method} got no answer.`, { cause });
        });
      if (typeof answer === "object" && answer !== null && "result" in answer) return answer.result;
      throw new ChainEndpointError(`${method} was refused: ${JSON.stringify(answer).slice(0, 300)}`);
    },
  };
}
