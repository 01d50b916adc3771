import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseEther } from "ethers";

import { demoAccount } from "../local-world/accounts.ts";
import { createChainProvider } from "../local-world/contract-handles.ts";
import { createLocalChain } from "../local-world/chain.ts";
import { localChainId } from "../local-world/chain-id.ts";
import { createRunningClock } from "../local-world/clock.ts";
import { deployContracts, type DeploymentPlan, type DeploymentStep } from "./deploy-contracts.ts";

/**
 * What a deployment costs: it is done once, on a chain of its own in this process, with the same rules and appointments.
 * A token that is there already is not counted.
 */
export async function measureDeployment(
  plan: Pick<DeploymentPlan, "appointments" | "rules" | "erc20">,
): Promise<readonly { readonly contract: DeploymentStep["contract"]; readonly gas: bigint }[]> {
  const clock = createRunningClock(0);
  const chain = await createLocalChain({ clock, genesisSeconds: clock.nowSeconds() });
  const provider = createChainProvider(chain);
  const folder = mkdtempSync(join(tmpdir(), "wattproof-measure-"));
  try {
    const deployer = demoAccount("deployer");
    await chain.fund(deployer.address, parseEther("1000"));
    const { steps } = await deployContracts(
      { ...plan, chainId: localChainId, path: join(folder, "deployment.json"), erc20: undefined },
      provider,
      deployer.connect(provider),
    );
    return steps.flatMap(({ contract, gas }) =>
      gas === null || (contract === "erc20" && plan.erc20 !== undefined) ? [] : [{ contract, gas }],
    );
  } finally {
    provider.destroy();
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
