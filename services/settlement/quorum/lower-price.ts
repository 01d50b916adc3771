import type { Chain, OracleSignature } from "../../chain/chain.ts";
import { withHold, type Cdr } from "../../domain/cdr.ts";
import type { SessionState } from "../../domain/session.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store, StoredSession } from "../../store/store.ts";
import type { LoweringWithEvidence, PeerAnswer, QuorumPeer } from "./peer.ts";

/** Lowers, by a quorum, what a session costs that a meter settled for which no maker vouches. */
export interface PriceLowering {
  /** What the evidence that is here gives; `null` if that is not less than what the driver has paid. */
  findLowering(session: StoredSession): Promise<LoweringWithEvidence | null>;
  /** Asks the committee to sign. @returns `null` if too few oracles agree or answer. */
  gather(lowering: LoweringWithEvidence, signal: AbortSignal): Promise<readonly OracleSignature[] | null>;
}

export function createPriceLowering(deps: {
  readonly store: Pick<Store, "findCdr" | "listRecords">;
  readonly chain: Pick<Chain, "oracle" | "readCommittee" | "signLowering" | "recoverLoweringSigner">;
  readonly peers: readonly QuorumPeer[];
  readonly desk: OperatorDesk;
}): PriceLowering {
  const { store, chain, desk } = deps;

  async function ask(
    peer: QuorumPeer,
    lowering: LoweringWithEvidence,
    signal: AbortSignal,
  ): Promise<OracleSignature | null> {
    const answer: PeerAnswer | null = await peer.requestLowering(lowering, signal).catch((error: unknown) => {
      desk.note("quorum-peer-silent", { peer: peer.address, err: error });
      return null;
    });
    if (answer?.kind === "refused") desk.note("quorum-refused", { peer: peer.address, ...answer.refusals[0] });
    if (answer?.kind !== "signed") return null;
    if (chain.recoverLoweringSigner(lowering, answer) !== peer.address) {
      desk.alert("quorum-peer-wrong", { peer: peer.address });
      return null;
    }
    return { signer: peer.address, r: answer.r, vs: answer.vs };
  }

  return {
    async findLowering({ sessionId, state }) {
      const priceMicro = ownPriceOf(await store.findCdr(sessionId), state);
      if (priceMicro === null || priceMicro >= paidMicroOf(state)) return null;
      const records = (await store.listRecords(sessionId)).map(({ record }) => record);
      return { sessionId, priceMicro, records };
    },
    async gather(lowering, signal) {
      const { members, threshold } = await chain.readCommittee();
      if (!members.includes(chain.oracle)) return null;
      const asked = deps.peers.filter(({ address }) => members.includes(address));
      const answers = threshold === 1 ? [] : await Promise.all(asked.map((peer) => ask(peer, lowering, signal)));
      const signatures = answers.filter((signature) => signature !== null).slice(0, threshold - 1);
      return signatures.length === threshold - 1 ? [await chain.signLowering(lowering), ...signatures] : null;
    },
  };
}

/** What the session costs by the evidence that is here; `null` without any, or where the evidence is disputed. */
export function ownPriceOf(cdr: Cdr | null, { closing, stage, dispute }: SessionState): bigint | null {
  if (cdr === null || closing?.kind !== "settled" || stage !== "complete" || dispute !== null) return null;
  return withHold(cdr, closing.chargedMicro + closing.returnedMicro).chargedMicro;
}

/** What the driver has paid until now of a session that is settled. */
export function paidMicroOf({ closing, challenge }: SessionState): bigint {
  return challenge?.provenMicro ?? (closing?.kind === "settled" ? closing.chargedMicro : 0n);
}
