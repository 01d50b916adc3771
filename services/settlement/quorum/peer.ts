import type { LoweredPrice } from "../../domain/lowered-price.ts";
import type { ClaimedMetering } from "../../domain/metering.ts";

/** What an oracle claims of one session, with what its meter signed. */
export interface ClaimWithEvidence extends ClaimedMetering {
  readonly sessionId: string;
  /** The records as they were received. */
  readonly records: readonly Uint8Array[];
  /** The contract can read them, and they give exactly this. */
  readonly isReadable: boolean;
}

/** A price to which a quorum can lower what a meter settled, and the records by which the asking oracle knows it. */
export interface LoweringWithEvidence extends LoweredPrice {
  /** The records as they were received. */
  readonly records: readonly Uint8Array[];
}

/** Why an oracle does not sign for a session: a code of the catalogue. */
export interface ClaimRefusal {
  readonly sessionId: string;
  readonly code: string;
}

/** The signature of all claims in their order, or which of them it is refused for. */
export type PeerAnswer =
  | { readonly kind: "signed"; readonly r: string; readonly vs: string }
  | { readonly kind: "refused"; readonly refusals: readonly ClaimRefusal[] };

/** Another oracle of the committee. */
export interface QuorumPeer {
  readonly address: string;
  /** @throws PEER_UNAVAILABLE if there is no answer in time, or none that can be read */
  requestSignature(claims: readonly ClaimWithEvidence[], signal: AbortSignal): Promise<PeerAnswer>;
  /** Likewise for a lower price. @throws PEER_UNAVAILABLE */
  requestLowering(lowering: LoweringWithEvidence, signal: AbortSignal): Promise<PeerAnswer>;
}
