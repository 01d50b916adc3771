import type { Decimal } from "../../../domain/decimal.ts";
import type { ErrorCode } from "../../../errors.ts";

/** The curves of the signature table of OCMF 1.4.1. A record that names any other curve is answered as unsupported. */
export type OcmfCurve =
  "secp192k1" | "secp192r1" | "secp256k1" | "secp256r1" | "brainpoolP256r1" | "secp384r1" | "brainpoolP384r1";

/** All curves on which meters sign; the last is ChargePoint's. */
export type Curve = OcmfCurve | "secp224k1";

/** A point that was checked to lie on its curve and not to be the point at infinity. */
export interface PublicKey {
  readonly curve: Curve;
  readonly x: bigint;
  readonly y: bigint;
}

/** The two scalars of an ECDSA signature, both in 1..n-1. */
export interface EcdsaSignature {
  readonly r: bigint;
  /** Always the lower of s and n-s, so that both twins of a malleable pair read the same. */
  readonly s: bigint;
}

/** Unknown, informative, synchronised, relative: how far the meter vouches for a time. */
export type Synchronisation = "U" | "I" | "S" | "R";

/** A time as the meter wrote it. Never use it for a deadline: a meter's clock may be wrong by decades. */
export interface MeterTime {
  readonly text: string;
  readonly epochMs: number;
  readonly synchronisation: Synchronisation;
  /** The reading carries error flag `t`: the meter itself calls this time unusable for billing. */
  readonly hasTimeError: boolean;
}

/** Why a reading was taken: begin, charging, end, local, remote, abort, power failure, suspended, tariff change. */
export type TransactionMarker = "B" | "C" | "E" | "L" | "R" | "A" | "P" | "S" | "T";

/** One value of an import register of which the meter says that it may be billed. */
export interface BillingReading {
  readonly transaction: TransactionMarker;
  readonly registerWh: Decimal;
  /** The OBIS code as the meter wrote it. */
  readonly register: string;
  readonly time: MeterTime;
}

/** All readings of one import register in one record, in the order of the record. */
export interface RegisterReadings {
  readonly register: string;
  /** The better register of two has the lower rank; 0 is the best. */
  readonly rank: number;
  readonly begin: BillingReading | null;
  readonly end: BillingReading | null;
  readonly readings: readonly BillingReading[];
}

/**
 * The signed number of a record: one counter per context, one step per signature. In context `H` the record has none, and the
 * first 63 bits of the hash of what is signed stand in its place: they tell copies from each other, and order nothing.
 */
export interface Pagination {
  readonly context: "T" | "F" | "H";
  readonly number: bigint;
}

/** A record that is authentic and may be relied on for billing. */
export interface VerifiedRecord {
  readonly verdict: "accepted";
  /** The signed bytes: everything between the first and the second `|`. */
  readonly payload: Uint8Array;
  /** Lower-case hex, without prefix. */
  readonly payloadSha256: string;
  readonly key: PublicKey;
  readonly signature: EcdsaSignature;
  readonly pagination: Pagination;
  /** `FV` as text, `null` where the record does not state it. */
  readonly formatVersion: string | null;
  /** `ID`; may be personal data. */
  readonly identification: string | null;
  /** `IS`; `null` where the record does not say, or says it in the textual form of OCMF 0.1. */
  readonly isAssigned: boolean | null;
  readonly identificationLevel: string | null;
  readonly identificationType: string | null;
  readonly identificationFlags: readonly string[];
  readonly gatewayIdentification: string | null;
  readonly gatewaySerial: string | null;
  readonly meterVendor: string | null;
  readonly meterModel: string | null;
  readonly meterSerial: string | null;
  readonly meterFirmware: string | null;
  readonly tariffText: string | null;
  readonly chargePointIdentification: string | null;
  /** Every import register of the record, best first. Never empty. */
  readonly registers: readonly RegisterReadings[];
  /** Begin and end of the register that is billed; `null` where the record has none. */
  readonly begin: BillingReading | null;
  readonly end: BillingReading | null;
  /** End minus begin, never negative; `null` unless the record has both. */
  readonly energyWh: Decimal | null;
}

/** What a verified record says and who signed it, without the signed bytes. */
export type RecordReading = Omit<VerifiedRecord, "payload" | "signature">;

/** The record or session must not be billed. `detail` may quote hostile text: escape it where it is shown. */
export interface Refusal {
  readonly verdict: "refused";
  readonly reason: ErrorCode;
  readonly detail: string;
}

/** Nothing is said about authenticity, because the curve or key format is not implemented. */
export interface Unsupported {
  readonly verdict: "unsupported";
  readonly reason: ErrorCode;
  readonly detail: string;
}

export type RecordVerdict = VerifiedRecord | Refusal | Unsupported;

/** A list of records that together prove the energy of one charging session. */
export interface VerifiedSession {
  readonly verdict: "accepted";
  /** In the order of their pagination. */
  readonly records: readonly RecordReading[];
  readonly begin: BillingReading;
  readonly end: BillingReading;
  /** End minus begin, never negative. */
  readonly energyWh: Decimal;
}

export type SessionVerdict = VerifiedSession | Refusal | Unsupported;

/** A record as it arrived, with the key under which the meter is registered: never one that came with the record. */
export interface RecordInput {
  readonly record: Uint8Array;
  readonly publicKey: string | PublicKey | null;
}

/** What the verifier needs from a cryptographic library. */
export interface Cryptography {
  /** SHA-256 of `bytes`, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** ECDSA over SHA-256 of `message`. `key` is on its curve, `signature` is in range; must not throw for such input. */
  verifyEcdsaSha256(key: PublicKey, message: Uint8Array, signature: EcdsaSignature): boolean;
}

/** Parser and verifier of OCMF records. Pure: the same input gives the same verdict, and nothing is thrown. */
export interface OcmfVerifier {
  verifyRecord(record: Uint8Array, publicKey: string | PublicKey | null): RecordVerdict;
  verifySession(records: readonly RecordInput[]): SessionVerdict;
}
