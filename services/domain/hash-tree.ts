import { ZeroHash, solidityPackedKeccak256 } from "ethers";

/**
 * A Merkle tree over leaves in their order: `ClaimTree` of the contracts. Nodes are paired from the left, and the last node
 * of a level with an odd number goes up as it is, so that the shape follows from the count alone.
 */
export function treeRootOf(leaves: readonly string[]): string {
  return levelsOf(leaves).at(-1)?.[0] ?? ZeroHash;
}

/** The siblings of one leaf, from the leaf up. @throws RangeError if there is no such leaf */
export function treeProofOf(leaves: readonly string[], index: number): string[] {
  if (index < 0 || index >= leaves.length) throw new RangeError("The tree has no such leaf.");
  let place = index;
  return levelsOf(leaves).flatMap((level) => {
    const sibling = level[place % 2 === 0 ? place + 1 : place - 1];
    place = Math.floor(place / 2);
    return sibling === undefined ? [] : [sibling];
  });
}

/** From the leaves to the root. */
function levelsOf(leaves: readonly string[]): readonly (readonly string[])[] {
  const levels = [leaves];
  for (let level = leaves; level.length > 1;) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, pair) => {
      const left = level[2 * pair] ?? ZeroHash;
      const right = level[2 * pair + 1];
      return right === undefined ? left : solidityPackedKeccak256(["bytes32", "bytes32"], [left, right]);
    });
    levels.push(level);
  }
  return levels;
}
