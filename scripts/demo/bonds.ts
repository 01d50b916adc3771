import type { World } from "../local-world/world.ts";

/** What each oracle of a demo has at stake, in 10⁻⁶ token. */
const bondMicro = 50_000_000n;

/** Posts the oracles' bonds, once; anybody may pay. */
export async function postBonds({ contracts, oracles, relayer }: World): Promise<void> {
  const { chargingSettlement, erc20 } = contracts;
  const settlementAddress = await chargingSettlement.getAddress();
  const erc20Address = await erc20.getAddress();
  for (const { address } of oracles) {
    const posted = await chargingSettlement.queryFilter(chargingSettlement.filters.BondPosted(address));
    if (posted.length > 0) {
      continue;
    }
    const calls = [
      [erc20Address, erc20.interface.encodeFunctionData("mint", [relayer.address, bondMicro])],
      [erc20Address, erc20.interface.encodeFunctionData("approve", [settlementAddress, bondMicro])],
      [settlementAddress, chargingSettlement.interface.encodeFunctionData("postBond", [address, bondMicro])],
    ] as const;
    for (const [to, calldata] of calls) {
      await relayer.send(to, calldata);
    }
  }
}
