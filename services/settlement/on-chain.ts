import type { Chain } from "../chain/chain.ts";
import type { BlockMark } from "../store/store.ts";

/** Whether a block that was read is still part of the chain. */
export async function isOnChain(chain: Pick<Chain, "readBlock">, mark: BlockMark): Promise<boolean> {
  return (await chain.readBlock(mark.number))?.hash === mark.hash;
}
