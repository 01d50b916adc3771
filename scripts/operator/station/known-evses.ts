import { openChain } from "../../command-line/chain-access.ts";
import { registryOf } from "../../command-line/registry.ts";

/**
 * Which of these numbers the registry on the chain does not have.
 * @throws CHAIN_UNAVAILABLE, DEPLOYMENT_INVALID
 */
export async function unknownEvses(
  rpcUrl: string,
  deploymentPath: string | undefined,
  evses: readonly number[],
): Promise<readonly number[]> {
  const chain = await openChain({ rpcUrl, deploymentPath });
  try {
    const registry = registryOf(chain);
    const found = await Promise.all(evses.map(async (evse) => (await registry.readEvse(evse)) !== null));

    return evses.filter((_evse, index) => found[index] === false);
  } finally {
    chain.provider.destroy();
  }
}
