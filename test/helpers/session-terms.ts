import {
  AbiCoder,
  dataLength,
  getBytes,
  keccak256,
  Signature,
  SigningKey,
  solidityPackedKeccak256,
  toBeHex,
  TypedDataEncoder,
  type TypedDataDomain,
} from "ethers";

/** The terms of a session, field by field as in SessionTerms of IChargingSettlement.sol. */
export interface Terms {
  readonly driver: string;
  readonly lane: bigint;
  readonly nonce: bigint;
  readonly operator: string;
  readonly agreement: bigint;
  readonly evse: bigint;
  readonly meter: bigint;
  readonly maximumPowerW: bigint;
  readonly tariffId: string;
  readonly holdMicro: bigint;
  readonly expiresAt: bigint;
}

export const SESSION_TERMS_TYPES = {
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

/** The session id as a wallet computes it, without our code. */
export function sessionIdOf(domain: TypedDataDomain, terms: Terms): string {
  return TypedDataEncoder.hash(domain, SESSION_TERMS_TYPES, terms);
}

/** The block in which a session opened, field by field as in Opening of IChargingSettlement.sol. */
export interface Opening {
  readonly openedAt: bigint;
  readonly salt: bigint;
}

/** Of a session that never opened. */
export const NEVER_OPENED: Opening = { openedAt: 0n, salt: 0n };

/** The terms of a session with the block in which it opened. */
export interface LiveTerms extends Terms {
  readonly opening: Opening;
}

export function openingOf(terms: Terms | LiveTerms): Opening {
  return "opening" in terms ? terms.opening : NEVER_OPENED;
}

/** What lies in the account of a live session: 160 bits of the hash of terms, opening and top-up. */
export function commitmentOf(terms: LiveTerms, toppedUpMicro = 0n): bigint {
  const termsHash = TypedDataEncoder.hashStruct("SessionTerms", SESSION_TERMS_TYPES, terms);
  const committed = solidityPackedKeccak256(
    ["bytes32", "uint40", "uint24", "uint64"],
    [termsHash, terms.opening.openedAt, terms.opening.salt, toppedUpMicro],
  );
  return BigInt(committed) >> 96n;
}

/** The hash whose first 100 bits are the session's idTag. */
export function tagDigestOf(sessionId: string, { openedAt, salt }: Opening): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint40", "uint24"], [sessionId, openedAt, salt]));
}

/** The packed word, from a list of field widths instead of shifts, so that it does not repeat the contract's code. */
export function packTerms(terms: Terms): bigint {
  return packed([
    [terms.maximumPowerW, 24],
    [terms.lane, 32],
    [terms.nonce, 32],
    [terms.evse, 32],
    [terms.meter, 32],
    [terms.holdMicro, 64],
    [terms.expiresAt, 40],
  ]);
}

/** What a meter measured, field by field as in PackedMetering of IChargingSettlement.sol. */
export interface Metering {
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: bigint;
  readonly connectedSeconds: bigint;
}

export function packMetering(metering: Metering, toppedUpMicro = 0n, opening = NEVER_OPENED): bigint {
  return packed([
    [opening.openedAt, 40],
    [opening.salt, 24],
    [toppedUpMicro, 64],
    [metering.energyMicroWh, 64],
    [metering.chargingSeconds, 32],
    [metering.connectedSeconds, 32],
  ]);
}

/** The same claim of a session that opened then. */
export function withOpening(metering: bigint, { openedAt, salt }: Opening): bigint {
  return (((openedAt << 24n) | salt) << 192n) | BigInt.asUintN(192, metering);
}

function packed(fields: readonly (readonly [value: bigint, bits: number])[]): bigint {
  return BigInt("0b" + fields.map(([value, bits]) => value.toString(2).padStart(bits, "0")).join(""));
}

/** A driver's key that can sign without a node. */
export function driverKey(index: number): SigningKey {
  return new SigningKey(toBeHex(0xd0000000n + BigInt(index), 32));
}

export interface CompactSignature {
  readonly r: string;
  readonly vs: string;
}

/** A signature of 64 or 65 bytes in the compact form of ERC-2098. */
export function compactSignature(signature: string | Signature): CompactSignature {
  const { r, yParityAndS } = Signature.from(signature);
  return { r, vs: yParityAndS };
}

export function signDigest(key: SigningKey, digest: string): CompactSignature {
  if (dataLength(digest) !== 32) throw new RangeError("A digest has 32 bytes");
  return compactSignature(key.sign(getBytes(digest)));
}

/** What became of a session, field by field as in the event SessionSettled. */
export interface SettlementResult extends Metering {
  readonly chargedMicro: bigint;
  readonly returnedMicro: bigint;
}

export function settlementResultOf(word: bigint): SettlementResult {
  const bits = word.toString(2).padStart(256, "0");
  const field = (from: number, to: number): bigint => BigInt("0b" + bits.slice(from, to));
  return {
    energyMicroWh: field(0, 64),
    chargingSeconds: field(64, 96),
    connectedSeconds: field(96, 128),
    chargedMicro: field(128, 192),
    returnedMicro: field(192, 256),
  };
}
