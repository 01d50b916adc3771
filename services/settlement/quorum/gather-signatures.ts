import type { Chain, Committee, OracleSignature, SettlementItem } from "../../chain/chain.ts";
import type { Claim } from "../../domain/claims.ts";
import { leaveOut } from "../../domain/quorum.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { EvidenceRecord, Store } from "../../store/store.ts";
import type { ClaimWithEvidence, PeerAnswer, QuorumPeer } from "./peer.ts";

/** A session of a batch, and what it rests on. */
export interface QuorumItem {
  readonly sessionId: string;
  readonly item: SettlementItem;
  readonly records: readonly EvidenceRecord[];
}

/** The sessions that a quorum signed for, if there is one, and those that it would not sign for. */
export interface Gathering {
  readonly signed: {
    readonly items: readonly SettlementItem[];
    readonly signatures: readonly OracleSignature[];
  } | null;
  readonly leftOut: readonly string[];
}

/** Asks the oracles of the committee to sign what is claimed of sessions. */
export interface SignatureGatherer {
  gather(items: readonly QuorumItem[], signal: AbortSignal): Promise<Gathering>;
}

/** What one round of asking gave. */
type Round =
  | { readonly kind: "signed"; readonly signatures: readonly OracleSignature[] }
  | { readonly kind: "leave-out"; readonly sessionIds: ReadonlySet<string> }
  /** Too few oracles answer. */
  | { readonly kind: "lacking" };

/** Each round leaves out at least one session; what needs more rounds waits for the next look. */
const roundLimit = 16;

export function createSignatureGatherer(deps: {
  readonly store: Pick<Store, "recordClaims">;
  readonly chain: Chain;
  readonly peers: readonly QuorumPeer[];
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): SignatureGatherer {
  const { store, chain, desk, now } = deps;

  async function ask(
    peer: QuorumPeer,
    claims: readonly Claim[],
    evidence: readonly ClaimWithEvidence[],
    signal: AbortSignal,
  ): Promise<{ readonly peer: QuorumPeer; readonly answer: PeerAnswer } | null> {
    try {
      const answer = await peer.requestSignature(evidence, signal);
      // What is no signature of this oracle for these claims is no answer.
      if (answer.kind === "signed" && chain.recoverSigner(claims, answer) !== peer.address) {
        desk.alert("quorum-peer-wrong", { peer: peer.address });
        return null;
      }
      const [refusal] = answer.kind === "refused" ? answer.refusals : [];
      if (refusal !== undefined) desk.note("quorum-refused", { peer: peer.address, ...refusal });
      return { peer, answer };
    } catch (error) {
      desk.note("quorum-peer-silent", { peer: peer.address, err: error });
      return null;
    }
  }

  /** Signs as this oracle; what it has signed stands before anybody sees it. @returns contradictions */
  async function recordOwn(evidence: readonly ClaimWithEvidence[]): Promise<ReadonlySet<string>> {
    const contradicted = await store.recordClaims(evidence, now());
    if (contradicted.length > 0) desk.alert("claim-contradicted", { sessionIds: contradicted });
    return new Set(contradicted);
  }

  /** One round: the signatures, or which sessions to leave out, or that too few oracles answer. */
  async function round(items: readonly QuorumItem[], committee: Committee, signal: AbortSignal): Promise<Round> {
    const claims = chain.claimsOf(items.map(({ item }) => item));
    const evidence = evidenceOf(claims, items);
    const contradicted = await recordOwn(evidence);
    if (contradicted.size > 0) return { kind: "leave-out", sessionIds: contradicted };
    const needed = committee.threshold - 1;
    const own = chain.signClaims(claims);
    if (needed === 0) return { kind: "signed", signatures: [own] };

    const members = deps.peers.filter(({ address }) => committee.members.includes(address));
    const answers = (await Promise.all(members.map((peer) => ask(peer, claims, evidence, signal)))).filter(
      (answer) => answer !== null,
    );
    const signatures = answers.flatMap(({ peer, answer }): OracleSignature[] =>
      answer.kind === "signed" ? [{ signer: peer.address, r: answer.r, vs: answer.vs }] : [],
    );
    if (signatures.length >= needed) {
      return { kind: "signed", signatures: [own, ...signatures.slice(0, needed)] };
    }

    const sessionIds = claims.map(({ sessionId }) => sessionId);
    const refusals = answers.map(({ answer }) => refusedBy(answer, sessionIds)).filter((refused) => refused !== null);
    if (refusals.length < needed) return { kind: "lacking" };
    return { kind: "leave-out", sessionIds: leaveOut(sessionIds, refusals, needed) };
  }

  return {
    async gather(items, signal) {
      const committee = await chain.readCommittee();
      const leftOut: string[] = [];
      let remaining = items;
      if (!committee.members.includes(chain.oracle)) return { signed: null, leftOut };
      for (let rounds = 0; rounds < roundLimit && remaining.length > 0 && !signal.aborted; rounds += 1) {
        const outcome = await round(remaining, committee, signal);
        if (outcome.kind === "lacking") break;
        if (outcome.kind === "signed") {
          return { signed: { items: remaining.map(({ item }) => item), signatures: outcome.signatures }, leftOut };
        }
        const out = outcome.sessionIds;
        leftOut.push(...out);
        remaining = remaining.filter(({ sessionId }) => !out.has(sessionId));
      }
      return { signed: null, leftOut };
    },
  };
}

/** What an oracle refuses of these; `null` for an answer that says nothing about them. */
function refusedBy(answer: PeerAnswer, sessionIds: readonly string[]): ReadonlySet<string> | null {
  if (answer.kind === "signed") return new Set();
  const refused = answer.refusals.map(({ sessionId }) => sessionId).filter((id) => sessionIds.includes(id));
  return refused.length === 0 ? null : new Set(refused);
}

/** The claims in their order, each with its evidence. */
function evidenceOf(claims: readonly Claim[], items: readonly QuorumItem[]): readonly ClaimWithEvidence[] {
  const byId = new Map(items.map((item) => [item.sessionId, item]));
  return claims.flatMap(({ sessionId }): ClaimWithEvidence[] => {
    const found = byId.get(sessionId);
    if (found === undefined) return [];
    const { opening, energyMicroWh, chargingSeconds, connectedSeconds, toppedUpMicro } = found.item;
    const records = found.records.map(({ record }) => record);
    return [{ sessionId, ...opening, energyMicroWh, chargingSeconds, connectedSeconds, toppedUpMicro, records }];
  });
}
