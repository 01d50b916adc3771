/** What a passkey signs for its account (contracts/accounts). It runs in the browser, too. */
import type { TypedDataDomain } from "ethers";
import { AbiCoder, TypedDataEncoder, keccak256, toUtf8Bytes } from "ethers";

/** One call of a batch, as `Execution` of ERC-7579. */
export interface AccountCall {
  readonly target: string;
  /** In the chain's smallest unit. */
  readonly value: bigint;
  /** `0x` and hexadecimal digits. */
  readonly callData: string;
}

/** Calls that one assertion is good for. */
export interface AccountBatch {
  readonly calls: readonly AccountCall[];
  /** The account's next nonce. */
  readonly nonce: number;
  /** The last second since 1970 in which it can be carried out. */
  readonly deadline: number;
}

/** Whose account it is, and on which chain. */
export interface PasskeyDomain {
  readonly chainId: number;
  readonly account: string;
}

/** What an authenticator answers to a challenge (WebAuthn). Bytes are `0x` and hexadecimal digits. */
export interface PasskeyAssertion {
  readonly authenticatorData: string;
  readonly clientDataJson: string;
  /** 32 bytes each; s is in the lower half. */
  readonly r: string;
  readonly s: string;
}

/** A point of secp256r1, 32 bytes each. */
export interface PasskeyPoint {
  readonly x: string;
  readonly y: string;
}

/** The order of secp256r1 (SEC 2, version 2.0). */
export const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export const batchTypes = {
  Batch: [
    { name: "calls", type: "Execution[]" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
  Execution: [
    { name: "target", type: "address" },
    { name: "value", type: "uint256" },
    { name: "callData", type: "bytes" },
  ],
};
/** How ERC-7739 wraps a digest that is not shown to anybody. */
const nestedTypehash = keccak256(toUtf8Bytes("PersonalSign(bytes prefixed)"));

function domainOf({ chainId, account }: PasskeyDomain): TypedDataDomain {
  return { name: "Wattproof Passkey Account", version: "1", chainId, verifyingContract: account };
}

/** The challenge for a batch. */
export function batchDigestOf(batch: AccountBatch, domain: PasskeyDomain): string {
  return TypedDataEncoder.hash(domainOf(domain), batchTypes, batch);
}

/** The challenge for a digest that another contract, or the service, asks the account about (ERC-1271). */
export function nestedDigestOf(digest: string, domain: PasskeyDomain): string {
  const struct = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [nestedTypehash, digest]));
  return keccak256(`0x1901${TypedDataEncoder.hashDomain(domainOf(domain)).slice(2)}${struct.slice(2)}`);
}

/** The assertion as the account's contract takes it. */
export function encodeAssertion({ authenticatorData, clientDataJson, r, s }: PasskeyAssertion): string {
  const challengeIndex = clientDataJson.indexOf('"challenge":"');
  const typeIndex = clientDataJson.indexOf('"type":"webauthn.get"');
  return AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"],
    [
      ...[r, s, Math.max(challengeIndex, 0), Math.max(typeIndex, 0)],
      ...[authenticatorData, toUtf8Bytes(clientDataJson)],
    ],
  );
}
