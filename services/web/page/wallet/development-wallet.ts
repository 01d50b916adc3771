import { Transaction, Wallet, getAddress } from "ethers";
import { z } from "zod";

import type { Eip1193Provider } from "./eip1193.ts";

const requestSchema = z.object({ method: z.string(), params: z.array(z.unknown()).default([]) });
const callSchema = z.tuple([z.object({ to: z.string(), data: z.string() })]);
const hex = z.string().regex(/^0x[0-9a-fA-F]+$/u);
const typedDataSchema = z.object({
  domain: z.record(z.string(), z.unknown()),
  types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
  message: z.record(z.string(), z.unknown()),
});
const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ result: z.unknown() }),
]);
/** More than any call of the page needs; gas that is not used is not paid. */
const gasLimit = 3_000_000n;
const gasPriceFactor = 3n;

/**
 * The wallet of a demo: signs for real with a key that everybody knows, on a local chain. It asks nobody, so the page
 * says that it is there.
 */
export function createDevelopmentWallet(options: {
  readonly privateKey: string;
  readonly rpcUrl: string;
  readonly chainId: number;
}): Eip1193Provider {
  const { rpcUrl, chainId } = options;
  const wallet = new Wallet(options.privateKey);

  async function ask(method: string, parameters: readonly unknown[]): Promise<unknown> {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: parameters }),
    });
    const answer = answerSchema.parse(await response.json());
    if ("error" in answer) throw new Error(answer.error.message);
    return answer.result;
  }

  async function send(parameters: readonly unknown[]): Promise<unknown> {
    const [{ to, data }] = callSchema.parse(parameters);
    const nonce = Number(hex.parse(await ask("eth_getTransactionCount", [wallet.address, "latest"])));
    const gasPrice = BigInt(hex.parse(await ask("eth_gasPrice", []))) * gasPriceFactor;
    const transaction = Transaction.from({ type: 0, chainId, to: getAddress(to), data, nonce, gasLimit, gasPrice });
    return ask("eth_sendRawTransaction", [await wallet.signTransaction(transaction)]);
  }

  async function sign(parameters: readonly unknown[]): Promise<string> {
    const typedData = typedDataSchema.parse(JSON.parse(z.string().parse(parameters[1])));
    const types = { ...typedData.types };
    // The library adds it by itself.
    delete types["EIP712Domain"];
    return wallet.signTypedData(typedData.domain, types, typedData.message);
  }

  return {
    async request(request) {
      const { method, params } = requestSchema.parse(request);
      switch (method) {
        case "eth_accounts":
        case "eth_requestAccounts":
          return [wallet.address];
        case "eth_chainId":
          return `0x${chainId.toString(16)}`;
        case "eth_signTypedData_v4":
          return sign(params);
        case "eth_sendTransaction":
          return send(params);
        default:
          return ask(method, params);
      }
    },
  };
}
