import { JsonRpcProvider, TypedDataEncoder, Wallet } from "ethers";
import type { BrowserContext } from "playwright-core";
import { z } from "zod";

const requestSchema = z.object({ method: z.string(), params: z.array(z.unknown()).default([]) });
const typedDataSchema = z.object({
  domain: z.record(z.string(), z.unknown()),
  types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
  primaryType: z.string(),
  message: z.record(z.string(), z.unknown()),
});
const chainSchema = z.tuple([z.object({ chainId: z.string() })]);
const callSchema = z.tuple([z.object({ to: z.string(), data: z.string() })]);

/** What the wallet was asked, in order. */
export interface WalletRequest {
  readonly method: string;
  /** Of what was to be signed: the name of the type and its content. */
  readonly typedData: z.infer<typeof typedDataSchema> | null;
}

/** A wallet in the browser that holds a real key here, signs with it, and asks a real chain. */
export interface InjectedWallet {
  readonly address: string;
  readonly requests: readonly WalletRequest[];
  /** The next requests of this method are declined, as by a person. */
  decline(method: string, times?: number): void;
  /** On which chain it is, and which it knows. */
  readonly chain: { id: number; known: Set<number> };
}

const name = "wattproofTestWallet";

/** Announces the wallet to every page of the window by EIP-6963. */
export async function injectWallet(
  context: BrowserContext,
  options: {
    readonly privateKey: string;
    readonly rpcUrl: string;
    readonly walletName?: string;
    readonly chainId?: number;
    readonly known?: readonly number[];
    /** The account is a contract, and this is what it takes as its signature of a digest; the key is one of its owners. */
    readonly contract?: { readonly address: string; readonly sign: (digest: string) => Promise<string> };
  },
): Promise<InjectedWallet> {
  const { privateKey, rpcUrl, walletName = "Test Wallet", chainId = 31_337, contract } = options;
  const provider = new JsonRpcProvider(rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  const wallet = new Wallet(privateKey, provider);
  const account = contract?.address ?? wallet.address;
  const requests: WalletRequest[] = [];
  const declined = new Map<string, number>();
  const chain = { id: chainId, known: new Set(options.known ?? [chainId, 31_337]) };

  async function handle(request: unknown): Promise<unknown> {
    const { method, params } = requestSchema.parse(request);
    const typedData =
      method === "eth_signTypedData_v4" ? typedDataSchema.parse(JSON.parse(z.string().parse(params[1]))) : null;
    requests.push({ method, typedData });
    const left = declined.get(method) ?? 0;
    if (left > 0) {
      declined.set(method, left - 1);
      return { error: { code: 4001, message: "The person declined." } };
    }
    switch (method) {
      case "eth_requestAccounts":
      case "eth_accounts":
        return { result: [account.toLowerCase()] };
      case "eth_chainId":
        return { result: `0x${chain.id.toString(16)}` };
      case "wallet_addEthereumChain":
        chain.known.add(Number(chainSchema.parse(params)[0].chainId));
        return { result: null };
      case "wallet_switchEthereumChain": {
        const wanted = Number(chainSchema.parse(params)[0].chainId);
        if (!chain.known.has(wanted)) return { error: { code: 4902, message: "Unknown chain." } };
        chain.id = wanted;
        return { result: null };
      }
      case "eth_signTypedData_v4": {
        const types = { ...typedData?.types };
        delete types["EIP712Domain"];
        const content = [typedData?.domain ?? {}, types, typedData?.message ?? {}] as const;
        if (contract !== undefined) return { result: await contract.sign(TypedDataEncoder.hash(...content)) };
        return { result: await wallet.signTypedData(...content) };
      }
      case "eth_sendTransaction": {
        const [{ to, data }] = callSchema.parse(params);
        return { result: (await wallet.sendTransaction({ to, data })).hash };
      }
      default: {
        const result: unknown = await provider.send(method, params);
        return { result };
      }
    }
  }

  const binding = `${name}${wallet.address}`;
  await context.exposeFunction(binding, async (text: string): Promise<string> => {
    try {
      return JSON.stringify(await handle(JSON.parse(text)));
    } catch (error) {
      return JSON.stringify({ error: { code: -32603, message: error instanceof Error ? error.message : "failed" } });
    }
  });
  await context.addInitScript(`(() => {
    const provider = {
      async request(request) {
        const answer = JSON.parse(await window[${JSON.stringify(binding)}](JSON.stringify(request)));
        if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
        return answer.result;
      },
    };
    const icon = "data:image/svg+xml;base64," + btoa('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>');
    const info = { uuid: ${JSON.stringify(wallet.address)}, name: ${JSON.stringify(walletName)}, icon,
      rdns: "test.wallet." + ${JSON.stringify(wallet.address.slice(2, 8))} };
    const announce = () => window.dispatchEvent(
      new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
    window.addEventListener("eip6963:requestProvider", announce);
    announce();
  })();`);

  return {
    address: account,
    requests,
    chain,
    decline(method, times = 1) {
      declined.set(method, times);
    },
  };
}
