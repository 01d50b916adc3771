import { z } from "zod";

import type { ContractCall } from "../chain/transactions.ts";
import type { WalletConnection } from "./wallet-connection.ts";

const capabilitiesSchema = z.record(
  z.string(),
  z.object({ atomic: z.object({ status: z.string() }).optional() }).catch({}),
);
const sentSchema = z.union([z.string().transform((id) => ({ id })), z.object({ id: z.string() })]);
const statusSchema = z.object({ status: z.number() });
/** 150 looks of 2 s: five minutes, as with a transaction. */
const looks = 150;
const lookMs = 2_000;
const firstLookMs = 250;

/**
 * Whether the wallet carries out several calls together or not at all, after one confirmation (EIP-5792). `ready` means that
 * it asks its owner to become such a wallet first (EIP-7702), which it says itself; for one call alone that is not worth it.
 */
export async function canSendCalls(
  { wallet, account, chainId }: WalletConnection,
  calls: "one" | "several" = "several",
): Promise<boolean> {
  const chain = `0x${chainId.toString(16)}`;
  try {
    const answer = await wallet.provider.request({ method: "wallet_getCapabilities", params: [account, [chain]] });
    const status = capabilitiesSchema.parse(answer)[chain]?.atomic?.status;
    return status === "supported" || (status === "ready" && calls === "several");
  } catch {
    // Most wallets do not know the question, and say so in many ways.
    return false;
  }
}

/**
 * Has the wallet send calls, all or none of them, and waits.
 * @param viewKeySha256 For a wallet whose calls the service brings: who may see the session that is opened.
 * @throws what the wallet throws, to be told apart by `refusalOf`
 */
export async function sendCalls(
  { wallet, account, chainId }: WalletConnection,
  calls: readonly ContractCall[],
  viewKeySha256?: string,
): Promise<"done" | "reverted" | "pending"> {
  const { provider } = wallet;
  const viewKey = viewKeySha256 === undefined ? {} : { viewKey: { sha256: viewKeySha256, optional: true } };
  const asked = {
    version: "2.0.0",
    chainId: `0x${chainId.toString(16)}`,
    from: account,
    atomicRequired: true,
    calls: calls.map(({ to, data }) => ({ to, data, value: "0x0" })),
    capabilities: viewKey,
  };
  const { id } = sentSchema.parse(await provider.request({ method: "wallet_sendCalls", params: [asked] }));
  for (let look = 0; look < looks; look += 1) {
    const { status } = statusSchema.parse(await provider.request({ method: "wallet_getCallsStatus", params: [id] }));
    if (status >= 200 && status < 300) return "done";
    if (status >= 400) return "reverted";
    await new Promise((resolve) => setTimeout(resolve, Math.min(lookMs, firstLookMs * (look + 1))));
  }
  return "pending";
}
