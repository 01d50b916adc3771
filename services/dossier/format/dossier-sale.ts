import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, keccak256, TypedDataEncoder, ZeroHash } from "ethers";
import { z } from "zod";

import { addressSchema, uintText } from "../../contract-values.ts";

const number32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/u);

/** An offer, as `Offer` of IEvidenceSales.sol has it. */
export const offerSchema = z.object({
  operator: addressSchema,
  agreement: number32,
  root: hash,
  licenceHash: hash,
  /** In 10⁻⁶ token. */
  priceMicro: uintText(64).refine((text) => text !== "0"),
  scopes: number32,
  leastDriversBps: z.int().min(0).max(10_000),
  driversRoot: hash,
  /** Seconds since 1970. */
  expiresAt: z
    .int()
    .min(0)
    .max(2 ** 40 - 1),
});

export type OfferContent = Readonly<z.output<typeof offerSchema>>;

/** What one driver gets in a round. */
export interface DriverPart {
  readonly driver: string;
  /** The driver's account in the settlement on which it arrives. */
  readonly lane: number;
  readonly amountMicro: string;
}

const offerTypes = {
  Offer: [
    { name: "operator", type: "address" },
    { name: "agreement", type: "uint32" },
    { name: "root", type: "bytes32" },
    { name: "licenceHash", type: "bytes32" },
    { name: "priceMicro", type: "uint64" },
    { name: "scopes", type: "uint32" },
    { name: "leastDriversBps", type: "uint16" },
    { name: "driversRoot", type: "bytes32" },
    { name: "expiresAt", type: "uint40" },
  ],
};
const coder = AbiCoder.defaultAbiCoder();

/** The id of an offer: its EIP-712 struct hash. */
export function offerIdOf(content: OfferContent): string {
  return TypedDataEncoder.hashStruct("Offer", offerTypes, { ...content });
}

/** What oracles sign for an offer. */
export function offerDigestOf(content: OfferContent, chainId: number, evidenceSales: string): string {
  return TypedDataEncoder.hash(salesDomainOf(chainId, evidenceSales), offerTypes, { ...content });
}

/** What oracles sign for a round of drivers' parts. */
export function roundDigestOf(
  content: { readonly round: bigint; readonly root: string; readonly totalMicro: bigint },
  chainId: number,
  evidenceSales: string,
): string {
  const types = {
    PoolRound: [
      { name: "round", type: "uint256" },
      { name: "root", type: "bytes32" },
      { name: "totalMicro", type: "uint64" },
    ],
  };
  return TypedDataEncoder.hash(salesDomainOf(chainId, evidenceSales), types, content);
}

/** What oracles sign for a payment that arrived without a sale. */
export function arrivalDigestOf(
  content: { readonly buyer: string; readonly nonce: string; readonly amountMicro: bigint },
  chainId: number,
  evidenceSales: string,
): string {
  const types = {
    PaymentArrival: [
      { name: "buyer", type: "address" },
      { name: "nonce", type: "bytes32" },
      { name: "amountMicro", type: "uint64" },
    ],
  };
  return TypedDataEncoder.hash(salesDomainOf(chainId, evidenceSales), types, content);
}

/** The nonce by which a signed payment (ERC-3009) pays for this offer and no other. */
export function paymentNonceOf(offerId: string, salt: string): string {
  return keccak256(coder.encode(["bytes32", "bytes32"], [offerId, salt]));
}

/** The root over the drivers of a dossier, each once; zero if there are none. */
export function driversRootOf(drivers: readonly string[]): string {
  const leaves = [...new Set(drivers.map((driver) => driver.toLowerCase()))].map((driver) =>
    leafOf(["address"], [driver]),
  );
  return leaves.length === 0 ? ZeroHash : SimpleMerkleTree.of(leaves).root;
}

/** The tree of a round: its root, and the proof of each part. @throws where there is no part */
export function roundTreeOf(parts: readonly DriverPart[]): { readonly root: string; proofOf(index: number): string[] } {
  const leaves = parts.map(({ driver, lane, amountMicro }) =>
    leafOf(["address", "uint32", "uint64"], [driver, lane, amountMicro]),
  );
  const tree = SimpleMerkleTree.of(leaves);
  return { root: tree.root, proofOf: (index) => tree.getProof(leaves[index] ?? ZeroHash) };
}

function leafOf(types: readonly string[], values: readonly unknown[]): string {
  return keccak256(keccak256(coder.encode(types, values)));
}

function salesDomainOf(chainId: number, verifyingContract: string) {
  return { name: "Wattproof Evidence Sales", version: "1", chainId, verifyingContract };
}
