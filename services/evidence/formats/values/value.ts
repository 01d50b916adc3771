import { subtractDecimals, type Decimal } from "../../../domain/decimal.ts";
import type { Cryptography, EcdsaSignature, PublicKey, Refusal, Synchronisation, Unsupported } from "../ocmf/types.ts";

/** A signed time, and how far the meter vouches for it. */
export interface SignedTime {
  readonly epochMs: number;
  readonly state: Synchronisation;
}

/** Where a register stood. */
export interface SignedReading {
  readonly registerWh: Decimal;
  /** `null` where the format signs no time. */
  readonly time: SignedTime | null;
}

/** What was signed, and by which key. */
export interface SignedBytes {
  readonly payload: Uint8Array;
  readonly key: PublicKey;
  readonly signature: EcdsaSignature;
}

/**
 * What one signed value of a format other than OCMF says. The value is authentic for the key with which it was verified;
 * that the key is a calibrated meter's is for the caller to know. What a format does not sign is `null` here, however
 * plainly it stands beside the value.
 */
export interface SignedValue {
  readonly verdict: "accepted";
  /** `null` where the key is of no curve. */
  readonly signed: SignedBytes | null;
  /** The meter's number as it is signed; `null` where the format signs none. */
  readonly meter: string | null;
  /** What the meter was told of who charges, if that is signed. */
  readonly identification: string | null;
  /** The signed number of the value. `null` where the format has none: such a value cannot be told from a replay of it. */
  readonly counter: bigint | null;
  /** The OBIS code of the register, `null` where the format names none. */
  readonly register: string | null;
  /** The one reading of the value; `null` in a value that carries begin and end. */
  readonly reading: SignedReading | null;
  /** Begin and end, neither below zero nor in disorder; `null` in a value of one reading. */
  readonly span: { readonly begin: SignedReading; readonly end: SignedReading } | null;
}

export type ValueVerdict = SignedValue | Refusal | Unsupported;

/** The energy that a value proves by itself, never negative; `null` for a value of one reading. */
export function energyOfValue({ span }: Pick<SignedValue, "span">): Decimal | null {
  return span === null ? null : subtractDecimals(span.end.registerWh, span.begin.registerWh);
}

/** A public key as text in any form, or as it is registered. `null`: none is known. */
export type GivenKey = string | PublicKey | null;

/** Judges a value that was found, under a key. */
export type ValueJudge = (key: GivenKey, cryptography: Cryptography) => ValueVerdict;
