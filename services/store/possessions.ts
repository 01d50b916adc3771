import type { MeterCurve } from "../domain/meter-curve.ts";

/** A meter that is to sign its possession tag at a charger, and what came of it. */
export interface MeterPossession {
  /** In its normal spelling. */
  readonly tag: string;
  /** Number of the EVSE in the registry. */
  readonly evse: number;
  /** The station that reports for the EVSE, and the EVSE by its own number. */
  readonly stationId: string;
  readonly stationEvse: number;
  readonly curve: MeterCurve;
  /** X and Y, big-endian; `0x` and hexadecimal digits. */
  readonly publicKey: string;
  /** When the operator named it last, and until when it is taken; milliseconds since 1970. */
  readonly expectedAtMs: number;
  readonly expiresAtMs: number;
  /** Charges that were let begin with it. */
  readonly starts: number;
  /** The newest record with the tag that the key signed, byte by byte; `null` until one has come. */
  readonly record: Uint8Array | null;
  readonly receivedAtMs: number | null;
}

/** The part of the ledger about proofs of possession; durability and errors are those of the whole. */
export interface PossessionStore {
  /** Adds it or replaces the one of the same tag; of all the `limit` that expire last are kept. Durable on return. */
  putPossession(possession: MeterPossession, limit: number): Promise<void>;
  /** By the time of expiry, the latest first. */
  listPossessions(): Promise<readonly MeterPossession[]>;
}
