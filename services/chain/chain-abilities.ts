import { z } from "zod";

import { WattproofError } from "../errors.ts";
import { RpcRefusal, type Rpc } from "./rpc.ts";

/** Creation code that returns how many leading zeros 1 has: PUSH1 1, CLZ, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN. */
const countLeadingZeros = "0x60011e5f5260205ff3";
const zerosOfOne = 255n;
/** The same answer without that instruction: PUSH1 255, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN. */
const constantOf255 = "0x60ff5f5260205ff3";

/** Where EIP-7951 and RIP-7212 have the contract that verifies on secp256r1. */
const p256Address = "0x0000000000000000000000000000000000000100";
/**
 * Digest, r, s, X and Y of a signature that holds: the first of the vectors of RFC 6979, A.2.5, for SHA-256 and the
 * message "sample".
 */
const p256Sample = [
  "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
].join("");

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);

/** What a chain can do that not every chain can. */
export interface ChainAbilities {
  /** The instruction CLZ of EIP-7939. Without it the contracts run into an invalid instruction. */
  readonly hasClz: boolean;
  /** The precompiled contract of EIP-7951 or RIP-7212. Without it signatures are verified by a library, for more gas. */
  readonly hasP256: boolean;
}

/** Has the chain try it. @throws CHAIN_UNAVAILABLE, CHAIN_MISMATCH */
export async function readChainAbilities(rpc: Rpc): Promise<ChainAbilities> {
  const hasClz = (await tryCall(rpc, { data: countLeadingZeros })) === zerosOfOne;
  // An endpoint that refuses every call, because too many were made, says nothing about the chain.
  if (!hasClz && (await tryCall(rpc, { data: constantOf255 })) !== zerosOfOne) {
    throw new WattproofError("CHAIN_UNAVAILABLE", "The endpoint gave no usable answer to eth_call.");
  }
  return { hasClz, hasP256: (await tryCall(rpc, { to: p256Address, data: `0x${p256Sample}` })) === 1n };
}

/** @throws CHAIN_UNSUITABLE where the contracts could not run; CHAIN_UNAVAILABLE, CHAIN_MISMATCH */
export async function requireInstructions(rpc: Rpc): Promise<void> {
  const { hasClz } = await readChainAbilities(rpc);
  if (hasClz) return;
  throw new WattproofError(
    "CHAIN_UNSUITABLE",
    "It does not have the instruction CLZ (EIP-7939), which came with the Osaka hard fork and which the contracts use.",
  );
}

/** The word that a call answers with; `null` where it is refused or answers with none. */
async function tryCall(rpc: Rpc, call: Readonly<Record<string, string>>): Promise<bigint | null> {
  try {
    const answer = await rpc.request("eth_call", [call, "latest"], hex);
    return answer.length === 66 ? BigInt(answer) : null;
  } catch (error) {
    if (error instanceof RpcRefusal) return null;
    throw error;
  }
}
