import { WattproofError } from "../../../services/errors.ts";
import { localChainId } from "../../local-world/chain-id.ts";
import type { Run } from "../../command-line/verb.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";

/**
 * Opens the chain that `npm start` runs. The accounts of a demo are known to everybody, so these verbs work nowhere else.
 * @throws DEMO_CHAIN_ONLY
 */
export async function openDemoChain(run: Run): Promise<ChainAccess> {
  const chain = await run.openChain();
  if (chain.chainId !== localChainId) {
    throw new WattproofError("DEMO_CHAIN_ONLY", `The endpoint is of chain ${chain.chainId}.`);
  }
  return chain;
}
