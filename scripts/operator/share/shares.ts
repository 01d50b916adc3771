import { id, Interface } from "ethers";

import { WattproofError } from "../../../services/errors.ts";
import type { RevenueShare } from "../../../types/evidence/RevenueShare.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { readLogs, type LogRun } from "../../command-line/logs.ts";
import { revenueShareAt, revenueSharesOf } from "../market/contracts.ts";

export const sharePhases = ["selling", "issued", "failed"] as const;

export const shareArgument = { syntax: "<share>", description: "its address" };

/** A share that the deployment's contract created, so that its code is known. @throws REGISTRY_ENTRY_UNKNOWN */
export async function requireShare(chain: ChainAccess, address: string): Promise<RevenueShare> {
  if (!(await revenueSharesOf(chain).isShare(address))) {
    throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `${address} is no revenue share of this deployment.`);
  }
  return revenueShareAt(chain, address);
}

const transfers = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);

/** Who holds shares, and what each can be paid; also who holds none any more and is owed. */
export async function readHolders(
  run: LogRun,
  chain: ChainAccess,
  share: RevenueShare,
): Promise<readonly { readonly holder: string; readonly count: bigint; readonly owedMicro: bigint }[]> {
  const topics = [id("Transfer(address,address,uint256)")];
  const logs = await readLogs(run, chain, { address: await share.getAddress(), topics });
  const accounts = new Set<string>();
  for (const { topics: own, data } of logs) {
    const parsed = transfers.parseLog({ topics: [...own], data });
    if (parsed !== null) accounts.add(String(parsed.args.getValue("to")));
  }
  const holders = [];
  for (const holder of accounts) {
    const count = await share.balanceOf(holder);
    const owedMicro = await share.owedMicroOf(holder);
    if (count > 0n || owedMicro > 0n) holders.push({ holder, count, owedMicro });
  }
  return holders;
}
