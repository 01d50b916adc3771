import type { Decimal } from "../../../domain/decimal.ts";
import type { Cryptography, Refusal, Unsupported } from "../ocmf/types.ts";

/**
 * What one signed value of a format other than OCMF says. The value is authentic for the key with which it was verified;
 * that the key is a calibrated meter's is for the caller to know. What a format does not sign is `null` here, however
 * plainly it stands beside the value.
 */
export interface SignedValue {
  readonly verdict: "accepted";
  /** The meter's number as it is signed; `null` where the format signs none. */
  readonly meter: string | null;
  /** What the meter was told of who charges, if that is signed. */
  readonly identification: string | null;
  /** The signed number of the value. `null` where the format has none: such a value cannot be told from a replay of it. */
  readonly counter: bigint | null;
  /** The signed time, in milliseconds since 1970. `null` where the format signs none. */
  readonly timeMs: number | null;
  /** The OBIS code of the register, `null` where the format names none. */
  readonly register: string | null;
  /** Where the register stood; `null` in a value that carries begin and end or the energy itself. */
  readonly registerWh: Decimal | null;
  /** The energy that the value proves by itself, never negative; `null` in a value of one reading. */
  readonly energyWh: Decimal | null;
}

export type ValueVerdict = SignedValue | Refusal | Unsupported;

/** What the formats need from a cryptographic library beside what OCMF needs. */
export interface ValueCryptography extends Cryptography {
  /**
   * Whether the DER signature over SHA-256 of `message` is good for a SubjectPublicKeyInfo on this curve. `null`: the key
   * is no key of the curve. For curves that no meter of OCMF uses.
   */
  verifyDerSha256(
    publicKeyInfo: Uint8Array,
    curve: "secp224k1" | "secp256r1",
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | null;
}
