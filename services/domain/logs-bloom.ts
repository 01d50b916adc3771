import { keccak256 } from "ethers";

/** What a bloom filter of logs is made of; `0x` and hexadecimal digits. */
export interface BloomedLog {
  readonly address: string;
  readonly topics: readonly string[];
}

/** 2,048 bits: 256 bytes, the highest bit first (Ethereum's yellow paper, 4.4.1). */
const bloomBytes = 256;
const bitsOfItem = 3;

/** The bytes of a bloom filter; `null` for text that is none. */
export function readBloom(text: string): Uint8Array | null {
  if (!/^0x[0-9a-fA-F]{512}$/.test(text)) return null;
  return Uint8Array.from({ length: bloomBytes }, (_, index) => byteAt(text, index));
}

/** Whether nothing at all is in it: a block without logs, or a chain that does not fill it. */
export function isEmptyBloom(bloom: Uint8Array): boolean {
  return bloom.every((byte) => byte === 0);
}

/** Whether logs of one of these addresses may be in it. Where it says no there are none. */
export function mayHoldLogsOf(bloom: Uint8Array, addresses: readonly string[]): boolean {
  return addresses.some((address) => places(address).every(([index, mask]) => ((bloom[index] ?? 0) & mask) !== 0));
}

/** The bloom filter of these logs. */
export function bloomOf(logs: readonly BloomedLog[]): Uint8Array {
  const bloom = new Uint8Array(bloomBytes);
  for (const item of new Set(logs.flatMap(({ address, topics }) => [address, ...topics]))) {
    for (const [index, mask] of places(item)) bloom[index] = (bloom[index] ?? 0) | mask;
  }
  return bloom;
}

/** Whether everything of `part` is in `whole`. */
export function isWithin(part: Uint8Array, whole: Uint8Array): boolean {
  return part.every((byte, index) => (byte & ~(whole[index] ?? 0)) === 0);
}

/** Where an address or a topic sets its bits. */
function places(item: string): readonly (readonly [index: number, mask: number])[] {
  const digest = keccak256(item.toLowerCase());
  return Array.from({ length: bitsOfItem }, (_, pair) => {
    const bit = ((byteAt(digest, 2 * pair) << 8) | byteAt(digest, 2 * pair + 1)) & 2_047;
    return [bloomBytes - 1 - (bit >> 3), 1 << (bit & 7)] as const;
  });
}

function byteAt(text: string, index: number): number {
  return Number.parseInt(text.slice(2 + 2 * index, 4 + 2 * index), 16);
}
