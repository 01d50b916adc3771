import { solidityPackedKeccak256, ZeroHash } from "ethers";

/**
 * Which sessions a sample consists of, by their place in the dossier: numbers below `total` from Keccak-256 over seed,
 * root and a counter, each once. Whoever wrote the dossier could not know the seed, and whoever checks cannot choose.
 */
export function drawSample(seed: string, root: string | null, total: number, count: number): ReadonlySet<number> {
  if (count >= total) return new Set(Array.from({ length: total }, (_nothing, index) => index));
  const drawn = new Set<number>();
  for (let counter = 0n; drawn.size < count; counter += 1n) {
    const word = solidityPackedKeccak256(["bytes32", "bytes32", "uint256"], [seed, root ?? ZeroHash, counter]);
    drawn.add(Number(BigInt(word) % BigInt(total)));
  }
  return drawn;
}
