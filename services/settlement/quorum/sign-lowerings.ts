import type { Chain } from "../../chain/chain.ts";
import type { ErrorCode } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import { ownPriceOf, paidMicroOf } from "./lower-price.ts";
import type { LoweringWithEvidence, PeerAnswer } from "./peer.ts";
import type { RecordTaker } from "./take-records.ts";

/**
 * Signs a lower price of a session that a meter settled for which no maker vouches, where this oracle's own evidence gives
 * no more than that price.
 */
export interface LoweringSigner {
  signLowering(peerAddress: string, lowering: LoweringWithEvidence): Promise<PeerAnswer>;
}

export function createLoweringSigner(deps: {
  readonly store: Pick<Store, "findSession" | "findCdr">;
  readonly chain: Pick<Chain, "signLowering" | "readLowerableUntil">;
  readonly taker: RecordTaker;
  /** Reads the chain up to its newest confirmed block. */
  readonly catchUp: () => Promise<void>;
  readonly desk: OperatorDesk;
}): LoweringSigner {
  const { store, chain, taker, desk } = deps;

  /** Why not to sign; `null` if the price is not below what the evidence gives. */
  async function judge(
    peerAddress: string,
    { sessionId, priceMicro, records }: LoweringWithEvidence,
  ): Promise<ErrorCode | null> {
    const asked = await store.findSession(sessionId);
    if (asked === null) return "SESSION_UNKNOWN";
    const { closing } = asked.state;
    if (closing?.kind !== "settled" || closing.batch !== null) return "PRICE_FINAL";
    if ((await chain.readLowerableUntil(sessionId)) === null) return "PRICE_FINAL";
    const refusal = await taker.takeRecords(peerAddress, asked, records);
    if (refusal !== null) return refusal;
    const state = (await store.findSession(sessionId))?.state ?? asked.state;
    const ownMicro = ownPriceOf(await store.findCdr(sessionId), state);
    if (ownMicro === null) return "CLAIM_UNPROVEN";
    return ownMicro <= priceMicro && priceMicro < paidMicroOf(state) ? null : "CLAIM_DIFFERS";
  }

  return {
    async signLowering(peerAddress, lowering) {
      // Whoever asks may have seen a block that this service has not.
      await deps.catchUp();
      const { sessionId } = lowering;
      const code = await judge(peerAddress, lowering);
      desk.note("quorum-asked", { peer: peerAddress, claims: 1, refusals: code === null ? 0 : 1 });
      if (code !== null) return { kind: "refused", refusals: [{ sessionId, code }] };
      const { r, vs } = await chain.signLowering(lowering);
      return { kind: "signed", r, vs };
    },
  };
}
