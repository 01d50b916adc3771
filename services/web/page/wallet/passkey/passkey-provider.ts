import { AbiCoder, TypedDataEncoder, ZeroAddress, concat } from "ethers";
import { z } from "zod";

import {
  batchDigestOf,
  encodeAssertion,
  nestedDigestOf,
  type AccountBatch,
  type AccountCall,
} from "../../../../domain/passkey.ts";
import type { ChainAccess } from "../../chain/chain-access.ts";
import { readRelayedCall, relayBatch } from "../../service/passkey-client.ts";
import type { Eip1193Provider } from "../eip1193.ts";
import { keepPasskey, readKeptPasskey, type KeptPasskey } from "./kept-passkey.ts";
import { passkeyAccountsInterface, type PasskeyChain } from "./passkey-chain.ts";
import { assertPasskey, createPasskey } from "./webauthn.ts";

const requestSchema = z.object({ method: z.string(), params: z.array(z.unknown()).default([]) });
const callSchema = z.object({
  to: z.string(),
  data: z.string().default("0x"),
  value: z.string().default("0x0").transform(BigInt),
});
const callsSchema = z.object({
  calls: z.array(callSchema).min(1),
  capabilities: z.object({ viewKey: z.object({ sha256: z.string() }).optional() }).optional(),
});
const typedDataSchema = z.object({
  domain: z.record(z.string(), z.unknown()),
  types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
  message: z.record(z.string(), z.unknown()),
});
/** Ends a signature of an account that does not exist yet (ERC-6492). */
const undeployedMark = `0x${"6492".repeat(16)}`;
/** Names calls that were carried out before. */
const doneId = "done";
/** The service has it on its way; it is signed within seconds. */
const hashLooks = 60;
const hashLookMs = 1_000;
/** As long as an authorisation of a token is good. */
const batchSeconds = 3_600;

/**
 * A passkey in the form of a wallet (EIP-1193, EIP-5792). What it sends, the service brings to the chain; several calls are
 * one batch that the driver confirms once.
 */
export function createPasskeyProvider(deps: {
  readonly chainId: number;
  /** The factory of accounts. */
  readonly accounts: string;
  /** What the device calls a passkey that is made. */
  readonly passkeyName: string;
  readonly chain: ChainAccess;
  readonly passkeys: PasskeyChain;
}): Eip1193Provider {
  const { chainId, accounts, passkeyName, chain, passkeys } = deps;
  const chainIdHex = `0x${chainId.toString(16)}`;

  /** Calls that are known to be mined; they count with their confirmations, for which nobody waits here. */
  const mined = new Set<string>([doneId]);

  const addressOf = ({ point, recovery }: KeptPasskey): Promise<string> => passkeys.readAddress(point, recovery);

  function requirePasskey(): KeptPasskey {
    const kept = readKeptPasskey();
    if (kept === null) throw Object.assign(new Error("This device has no passkey."), { code: 4100 });
    return kept;
  }

  async function connect(): Promise<readonly string[]> {
    const kept = readKeptPasskey();
    if (kept !== null) return [await addressOf(kept)];
    const made = { ...(await createPasskey(passkeyName)), recovery: ZeroAddress };
    keepPasskey(made);
    return [await addressOf(made)];
  }

  async function sign(parameters: readonly unknown[]): Promise<string> {
    const kept = requirePasskey();
    const account = await addressOf(kept);
    const { domain, types, message } = typedDataSchema.parse(JSON.parse(z.string().parse(parameters[1])));
    // The library adds it by itself.
    const own = Object.fromEntries(Object.entries(types).filter(([name]) => name !== "EIP712Domain"));
    const digest = TypedDataEncoder.hash(domain, own, message);
    const challenge = nestedDigestOf(digest, { chainId, account });
    const signature = encodeAssertion((await assertPasskey(challenge, kept.credentialId)).assertion);
    if ((await passkeys.readState(account)).isCreated) return signature;
    const { x, y } = kept.point;
    const creation = passkeyAccountsInterface.encodeFunctionData("create", [x, y, kept.recovery]);
    const wrapped = AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [accounts, creation, signature]);
    return concat([wrapped, undeployedMark]);
  }

  async function send(
    calls: readonly AccountCall[],
    viewKeySha256: string | undefined,
  ): Promise<{ readonly id: string; readonly txHash: string | null }> {
    const kept = requirePasskey();
    const account = await addressOf(kept);
    const { nonce } = await passkeys.readState(account);
    const batch: AccountBatch = { calls, nonce, deadline: (await passkeys.readTime()) + batchSeconds };
    const { assertion } = await assertPasskey(batchDigestOf(batch, { chainId, account }), kept.credentialId);
    const { point, recovery } = kept;
    const { status, callId = doneId, txHash } = await relayBatch({ point, recovery, batch, assertion }, viewKeySha256);
    if (status === "done") mined.add(callId);
    return { id: callId, txHash };
  }

  async function hashOf(id: string): Promise<string> {
    for (let look = 0; look < hashLooks; look += 1) {
      const { txHash } = await readRelayedCall(id);
      if (txHash !== null) return txHash;
      await new Promise((resolve) => setTimeout(resolve, hashLookMs));
    }
    throw new Error("The service has sent nothing yet.");
  }

  const accountCall = ({ to, data, value }: z.infer<typeof callSchema>): AccountCall => ({
    ...{ target: to, callData: data.toLowerCase(), value },
  });

  return {
    async request(request) {
      const { method, params } = requestSchema.parse(request);
      switch (method) {
        case "eth_requestAccounts":
          return connect();
        case "eth_accounts": {
          const kept = readKeptPasskey();
          return kept === null ? [] : [await addressOf(kept)];
        }
        case "eth_chainId":
          return chainIdHex;
        case "eth_signTypedData_v4":
          return sign(params);
        case "wallet_getCapabilities":
          return { [chainIdHex]: { atomic: { status: "supported" } } };
        case "wallet_sendCalls": {
          const { calls, capabilities } = callsSchema.parse(params[0]);
          return { id: (await send(calls.map(accountCall), capabilities?.viewKey?.sha256)).id };
        }
        case "wallet_getCallsStatus": {
          const id = z.string().parse(params[0]);
          if (mined.has(id)) return { status: 200 };
          const { status } = await readRelayedCall(id);
          return { status: { pending: 100, confirmed: 200, failed: 500 }[status] };
        }
        case "eth_sendTransaction": {
          const { id, txHash } = await send([accountCall(callSchema.parse(params[0]))], undefined);
          return txHash ?? hashOf(id);
        }
        default:
          return chain.request(method, params);
      }
    },
  };
}
