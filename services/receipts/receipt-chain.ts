import { Interface, Result } from "ethers";
import { z } from "zod";

import { contractLinks } from "../contracts.ts";

/** The questions that checking a receipt asks a chain. An implementation throws where it gets no answer. */
export interface ReceiptChain {
  /** A JSON-RPC request, as EIP-1193 has it. */
  request(method: string, parameters: readonly unknown[]): Promise<unknown>;
}

/** The part of the contracts that a receipt rests on, in words of Solidity so that a page needs no build of it. */
export const receiptInterface = new Interface([
  ...new Set(contractLinks.map(([, named]) => `function ${named}() view returns (address)`)),
  "event GroupOpened(address indexed operator, uint32 indexed agreement, bytes32 indexed tariffId, uint40 openedAt, uint24 salt)",
  "event SessionOpened(bytes32 indexed sessionId, address indexed driver, uint256 terms)",
  "event SessionSettled(bytes32 indexed sessionId, uint256 result)",
  "event GroupSettled(address indexed operator, uint32 indexed agreement, bytes32 indexed tariffId, bool isReadable, uint256 firstIndex, bytes32[] sessionIds, uint256[] results)",
  "event SessionProven(bytes32 indexed sessionId, uint32 indexed meter, uint256 pagination, uint256 registerMicroWh)",
  "event SessionCorrected(bytes32 indexed sessionId, address indexed challenger, uint256 refundedMicro)",
  "event ClaimChallenged(uint256 indexed batch, bytes32 indexed sessionId, address indexed challenger, uint256 chargedMicro, uint256 provenMicro)",
  "function evseOf(uint32 evse) view returns (tuple(address operator, uint24 maximumPowerW, uint32 activeMeter, string evseId))",
  "function meterOf(uint32 meter) view returns (tuple(uint32 evse, uint8 curve, uint8 status, uint8 possession, uint40 validFrom, uint40 validUntil, uint40 calibrationExpiresAt, uint32 maker, bytes publicKey))",
  "function physicalMeterOf(bytes32 keyId) view returns (bytes32)",
  "function provenanceOf(uint32 meter) view returns (uint8)",
  "function makerOf(uint32 maker) view returns (tuple(uint8 curve, uint40 activeFrom, uint40 revokedAt, uint256 x, uint256 y, string name))",
  "function isValidSignature(bytes32 digest, bytes signature) view returns (bytes4)",
  "function isValidAt(uint32 meter, uint256 timestamp) view returns (bool)",
  "event SessionExpired(bytes32 indexed sessionId, address indexed driver, uint256 returnedMicro)",
  "event SessionReleased(bytes32 indexed sessionId, address indexed driver, address indexed releaser, uint256 returnedMicro)",
  "function currentVersion() view returns (uint24)",
  "function committeeOf(uint24 version) view returns (address[] members, uint8 threshold)",
]);

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const logSchema = z.object({ address: hex, topics: z.array(hex), data: hex, logIndex: hex.transform(Number) });
const placedLogSchema = logSchema.extend({ blockNumber: hex.transform(Number) });
const transactionSchema = z.object({
  status: hex,
  blockNumber: hex.transform(Number),
  blockHash: hex,
  logs: z.array(logSchema),
});
const blockSchema = z.object({ hash: hex, timestamp: hex.transform(Number) });
const headSchema = blockSchema.extend({ number: hex.transform(Number) });

/** One event as the chain keeps it. */
export type ChainLog = z.infer<typeof logSchema>;

/** One event with the block that it is in. */
export type PlacedLog = z.infer<typeof placedLogSchema>;

/** A transaction that was mined. */
export type MinedReceipt = z.infer<typeof transactionSchema>;

/** The transaction, or null where the chain does not know it. */
export async function readTransaction(chain: ReceiptChain, txHash: string): Promise<MinedReceipt | null> {
  return transactionSchema.nullable().parse(await chain.request("eth_getTransactionReceipt", [txHash]));
}

/** Hash and time of a block, or null where the chain does not have it. */
export async function readBlock(chain: ReceiptChain, blockNumber: number): Promise<z.infer<typeof blockSchema> | null> {
  const number = `0x${blockNumber.toString(16)}`;

  return blockSchema.nullable().parse(await chain.request("eth_getBlockByNumber", [number, false]));
}

/** The newest block. */
export async function readHead(chain: ReceiptChain): Promise<z.infer<typeof headSchema>> {
  return headSchema.parse(await chain.request("eth_getBlockByNumber", ["latest", false]));
}

/**
 * The first block of this second (since 1970) or later; one above the newest if there is none yet. Headers of old blocks
 * are what every node has.
 */
export async function findBlockSince(chain: ReceiptChain, seconds: number): Promise<number> {
  const head = await readHead(chain);
  if (head.timestamp < seconds) return head.number + 1;
  let [low, high] = [0, head.number];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = await readBlock(chain, middle);
    // A block that the endpoint does not have is from before its time.
    if (block !== null && block.timestamp >= seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Most endpoints answer for so many blocks at once. */
const blocksAtOnce = 10_000;

/** Events of a contract from a block on until now; a list at a topic's place takes any of its members. */
export async function readLogs(
  chain: ReceiptChain,
  address: string,
  topics: readonly (string | null | readonly string[])[],
  firstBlock: number,
): Promise<readonly PlacedLog[]> {
  const { number: head } = await readHead(chain);
  const logs: PlacedLog[] = [];
  for (let from = firstBlock; from <= head; from += blocksAtOnce) {
    const [fromBlock, toBlock] = [from, Math.min(from + blocksAtOnce - 1, head)].map(
      (block) => `0x${block.toString(16)}`,
    );
    const filter = { address, topics, fromBlock, toBlock };
    logs.push(...z.array(placedLogSchema).parse(await chain.request("eth_getLogs", [filter])));
  }

  return logs;
}

/** The chain's id. */
export async function readChainId(chain: ReceiptChain): Promise<number> {
  return hex.transform(Number).parse(await chain.request("eth_chainId", []));
}

/**
 * What a view of a contract answers now; null where there is no such contract or it refuses.
 * @param abi What the contract's views are; by default those that a receipt rests on.
 */
export async function readView(
  chain: ReceiptChain,
  contract: string,
  name: string,
  values: readonly unknown[],
  abi: Interface = receiptInterface,
): Promise<unknown> {
  const data = abi.encodeFunctionData(name, values);
  let answer: string;
  try {
    answer = hex.parse(await chain.request("eth_call", [{ to: contract, data }, "latest"]));
  } catch (error) {
    if (isRevert(error)) {
      return null;
    }
    throw error;
  }
  if (answer === "0x") {
    return null;
  }
  const result = decodeResult(abi, name, answer);
  const value: unknown = result === null || result.length > 1 ? result : result[0];

  return value instanceof Result ? value.toObject() : value;
}

/** `null` where what stands at this address answers something else: a contract that only has the name. */
function decodeResult(abi: Interface, name: string, answer: string): Result | null {
  try {
    return abi.decodeFunctionResult(name, answer);
  } catch {
    return null;
  }
}

/** A contract's own refusal is told from a failing endpoint by the word that all nodes use for it. */
function isRevert(error: unknown): boolean {
  return error instanceof Error && /revert/iu.test(error.message);
}
