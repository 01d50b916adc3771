import type { PublicKey, RecordVerdict, Refusal, Unsupported } from "./ocmf/types.ts";

/**
 * A format in which meters sign. Bytes and a registered key go in, a typed verdict comes out; nothing is thrown, whatever
 * the bytes are. A new format is a folder beside `ocmf/` and a line in `supported-formats.ts`.
 */
export interface SignedFormat {
  readonly name: string;
  /** Whether a record means to be of this format. It may be malformed all the same, which the format itself says. */
  claims(record: Uint8Array): boolean;
  /**
   * What the record says that the meter was told of who charges, to find the session by. Nothing is verified: whoever sent
   * the record may have written it.
   */
  readIdentification(record: Uint8Array): { readonly identification: string | null } | Refusal | Unsupported;
  verify(record: Uint8Array, key: PublicKey): RecordVerdict;
}

/** Finds the format of a record. */
export type FormatRegistry = (record: Uint8Array) => SignedFormat;

/** @param usual Judges what no format claims, so that such bytes are refused with its reasons. */
export function createFormatRegistry(usual: SignedFormat, others: readonly SignedFormat[] = []): FormatRegistry {
  return (record) => (usual.claims(record) ? usual : (others.find((format) => format.claims(record)) ?? usual));
}
