import type { MeterCurve } from "../../domain/meter-curve.ts";

/** What a meter signed of a session, and its key; a receipt that was read is one, too. */
export interface SignedSession {
  /** In the order of their pagination. */
  readonly records: readonly { readonly bytes: Uint8Array }[];
  /** `publicKey` is X and Y, big-endian; `0x` and hexadecimal digits. */
  readonly meter: { readonly curve: MeterCurve; readonly publicKey: string };
  readonly opening: { readonly blockNumber: number };
}
