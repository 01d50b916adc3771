import type { TypedDataDomain } from "ethers";
import { AbiCoder, TypedDataEncoder, keccak256, toUtf8Bytes } from "ethers";

/** What driver and operator agree to before energy flows: `SessionTerms` of the settlement contract. */
export interface SessionTerms {
  readonly driver: string;
  readonly lane: number;
  readonly nonce: number;
  readonly operator: string;
  /** Number of the partner agreement by which the operator shares; 0 if there is none. */
  readonly agreement: number;
  /** Number of the EVSE in the meter registry. */
  readonly evse: number;
  /** Number of the meter in the meter registry. */
  readonly meter: number;
  /** The most that the EVSE can deliver, in watts. */
  readonly maximumPowerW: number;
  readonly tariffId: string;
  /** The most that the session can cost unless the driver tops it up, in 10⁻⁶ token. */
  readonly holdMicro: bigint;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Which contract on which chain the terms are for. */
export interface SettlementDomain {
  readonly chainId: number;
  readonly verifyingContract: string;
}

/** The EIP-712 type of the terms. */
export const termsTypes = {
  SessionTerms: [
    { name: "driver", type: "address" },
    { name: "lane", type: "uint32" },
    { name: "nonce", type: "uint32" },
    { name: "operator", type: "address" },
    { name: "agreement", type: "uint32" },
    { name: "evse", type: "uint32" },
    { name: "meter", type: "uint32" },
    { name: "maximumPowerW", type: "uint24" },
    { name: "tariffId", type: "bytes32" },
    { name: "holdMicro", type: "uint64" },
    { name: "expiresAt", type: "uint40" },
  ],
};

// From the high bits to the low ones (IChargingSettlement.PackedTerms).
const packedFields = [
  ["maximumPowerW", 24n],
  ["lane", 32n],
  ["nonce", 32n],
  ["evse", 32n],
  ["meter", 32n],
  ["holdMicro", 64n],
  ["expiresAt", 40n],
] as const;

/** The EIP-712 domain of the settlement contract. */
export function settlementDomainOf({ chainId, verifyingContract }: SettlementDomain): TypedDataDomain {
  return { name: "Wattproof Charging Settlement", version: "1", chainId, verifyingContract };
}

/** The session id: the EIP-712 digest of the terms for this chain and contract, as `0x` and 64 lower-case digits. */
export function sessionIdOf(terms: SessionTerms, domain: SettlementDomain): string {
  return TypedDataEncoder.hash(settlementDomainOf(domain), termsTypes, terms);
}

/** The terms as a wallet shows and signs them (EIP-712). Its digest is the session id. */
export function typedTermsOf(terms: SessionTerms, domain: SettlementDomain): unknown {
  return TypedDataEncoder.getPayload(settlementDomainOf(domain), termsTypes, terms);
}

/**
 * The parts of the terms that differ from session to session in one word.
 * @throws RangeError if a field does not fit its width.
 */
export function packTerms(terms: SessionTerms): bigint {
  let packed = 0n;
  for (const [field, bits] of packedFields) {
    const value = BigInt(terms[field]);
    if (value < 0n || value >> bits !== 0n) throw new RangeError(`${field} does not fit ${bits.toString()} bits.`);
    packed = (packed << bits) | value;
  }
  return packed;
}

/** The terms in full, from one word and the fields that the events carry beside it. */
export function unpackTerms(
  packed: bigint,
  shared: Pick<SessionTerms, "driver" | "operator" | "agreement" | "tariffId">,
): SessionTerms {
  let rest = packed;
  const take = (bits: bigint): bigint => {
    const value = rest & ((1n << bits) - 1n);
    rest >>= bits;
    return value;
  };

  const expiresAt = Number(take(40n));
  const holdMicro = take(64n);
  const meter = Number(take(32n));
  const evse = Number(take(32n));
  const nonce = Number(take(32n));
  const lane = Number(take(32n));
  const maximumPowerW = Number(take(24n));
  return { ...shared, lane, nonce, evse, meter, maximumPowerW, holdMicro, expiresAt };
}

/** The EIP-712 struct hash of a tariff, given its type string and its fields in the order of that string. */
export function structHashOf(typeText: string, types: readonly string[], values: readonly unknown[]): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(["bytes32", ...types], [keccak256(toUtf8Bytes(typeText)), ...values]),
  );
}
