import { solidityPackedKeccak256, ZeroHash } from "ethers";

/** How unusual sessions are, by their place: the higher, the likelier they are drawn. */
export type SampleRisks = ReadonlyMap<number, number>;

/**
 * Which sessions a sample consists of, by their place in the dossier: numbers below `total` from Keccak-256 over seed,
 * root and a counter, each once. Whoever wrote the dossier could not know the seed, and whoever checks cannot choose.
 *
 * @param risks Each session has one chance, and as many more as its risk; by default all have the same
 */
export function drawSample(
  seed: string,
  root: string | null,
  total: number,
  count: number,
  risks: SampleRisks = new Map(),
): ReadonlySet<number> {
  if (count >= total) return new Set(Array.from({ length: total }, (_nothing, index) => index));
  let chances = total;
  const ends = [...risks].map(([place, risk]) => ({ place, end: (chances += risk) }));
  const drawn = new Set<number>();
  for (let counter = 0n; drawn.size < count; counter += 1n) {
    const word = solidityPackedKeccak256(["bytes32", "bytes32", "uint256"], [seed, root ?? ZeroHash, counter]);
    const chance = Number(BigInt(word) % BigInt(chances));
    drawn.add(chance < total ? chance : (ends.find(({ end }) => chance < end)?.place ?? 0));
  }
  return drawn;
}
