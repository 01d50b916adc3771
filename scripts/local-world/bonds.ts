import type { BaseWallet } from "ethers";

import type { Contracts } from "./contract-handles.ts";
import type { Transactor } from "./transactor.ts";

/** Posts each oracle's bond, once: the least with which its signature settles. Anybody may pay, here in play money. */
export async function postBonds(
  { erc20, oracleBonds }: Pick<Contracts, "erc20" | "oracleBonds">,
  oracles: readonly BaseWallet[],
  payer: Transactor,
): Promise<void> {
  const bondsAddress = await oracleBonds.getAddress();
  const erc20Address = await erc20.getAddress();
  const bondMicro = await oracleBonds.leastBondMicro();
  const amount = bondMicro * (await oracleBonds.unit());
  for (const { address } of oracles) {
    if ((await oracleBonds.bondOf(address)) > 0n || bondMicro === 0n) continue;
    const calls = [
      [erc20Address, erc20.interface.encodeFunctionData("mint", [payer.address, amount])],
      [erc20Address, erc20.interface.encodeFunctionData("approve", [bondsAddress, amount])],
      [bondsAddress, oracleBonds.interface.encodeFunctionData("postBond", [address, amount])],
    ] as const;
    for (const [to, calldata] of calls) await payer.send(to, calldata);
  }
}
