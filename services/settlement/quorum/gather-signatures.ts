import type { Chain, Committee, OracleSignature, SettlementItem } from "../../chain/chain.ts";
import { evidenceRootOf, type ClaimEvidence } from "../../domain/claim-evidence.ts";
import type { Claim, SignedClaims } from "../../domain/claims.ts";
import { leaveOut } from "../../domain/quorum.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { EvidenceRecord, Store } from "../../store/store.ts";
import type { EvidenceDescriber } from "./describe-evidence.ts";
import type { ClaimWithEvidence, PeerAnswer, QuorumPeer } from "./peer.ts";

/** A session of a batch, and what it rests on. */
export interface QuorumItem {
  readonly sessionId: string;
  readonly item: Omit<SettlementItem, "isReadable">;
  readonly records: readonly EvidenceRecord[];
}

/** The sessions that a quorum signed for, if there is one, and those that it would not sign for. */
export interface Gathering {
  readonly signed: {
    readonly items: readonly SettlementItem[];
    /** As it was signed, over the evidence in the order of the claims. */
    readonly evidenceRoot: string;
    readonly signatures: readonly OracleSignature[];
  } | null;
  readonly leftOut: readonly string[];
}

/** Asks the oracles of the committee to sign what is claimed of sessions. */
export interface SignatureGatherer {
  gather(items: readonly QuorumItem[], signal: AbortSignal): Promise<Gathering>;
}

/** The same with the kind of its evidence, as it is asked for, and as it can be shown. */
interface DescribedItem {
  readonly sessionId: string;
  readonly item: SettlementItem;
  readonly claim: ClaimWithEvidence;
  readonly evidence: ClaimEvidence;
}

/** What one round of asking gave. */
type Round =
  | ({ readonly kind: "signed" } & NonNullable<Gathering["signed"]>)
  | { readonly kind: "leave-out"; readonly sessionIds: ReadonlySet<string> }
  /** Too few oracles answer. */
  | { readonly kind: "lacking" };

/** Each round leaves out at least one session; what needs more rounds waits for the next look. */
const roundLimit = 16;

export function createSignatureGatherer(deps: {
  readonly store: Pick<Store, "recordClaims" | "recordEvidence">;
  readonly describer: EvidenceDescriber;
  readonly chain: Chain;
  readonly peers: readonly QuorumPeer[];
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): SignatureGatherer {
  const { store, chain, desk, now } = deps;

  async function ask(
    peer: QuorumPeer,
    signed: SignedClaims,
    evidence: readonly ClaimWithEvidence[],
    signal: AbortSignal,
  ): Promise<{ readonly peer: QuorumPeer; readonly answer: PeerAnswer } | null> {
    try {
      const answer = await peer.requestSignature(evidence, signal);
      // What is no signature of this oracle for these claims is no answer.
      if (answer.kind === "signed" && chain.recoverSigner(signed, answer) !== peer.address) {
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

  async function describe({ sessionId, item, records }: QuorumItem): Promise<DescribedItem> {
    const { opening, energyMicroWh, chargingSeconds, connectedSeconds, toppedUpMicro } = item;
    const metered = { energyMicroWh, chargingSeconds, connectedSeconds };
    const claim = { sessionId, ...opening, ...metered, toppedUpMicro, records: records.map(({ record }) => record) };
    const evidence = await deps.describer.describe(claim);
    const { isReadable } = evidence;
    return { sessionId, item: { ...item, isReadable }, claim: { ...claim, isReadable }, evidence };
  }

  /** One round: the signatures, or which sessions to leave out, or that too few oracles answer. */
  async function round(items: readonly QuorumItem[], committee: Committee, signal: AbortSignal): Promise<Round> {
    const described = await Promise.all(items.map(describe));
    const settled = described.map(({ item }) => item);
    const claims = chain.claimsOf(settled);
    const evidence = inOrder(claims, described, ({ claim }) => claim);
    const shown = inOrder(claims, described, ({ evidence: behind }) => behind);
    const evidenceRoot = evidenceRootOf(shown);
    const signed = { claims, evidenceRoot };
    const contradicted = await recordOwn(evidence);
    if (contradicted.size > 0) return { kind: "leave-out", sessionIds: contradicted };
    const needed = committee.threshold - 1;
    // It may have to be shown as soon as the signature is out.
    await store.recordEvidence(evidenceRoot, shown, now());
    const own = await chain.signClaims(signed);
    if (needed === 0) return { kind: "signed", items: settled, evidenceRoot, signatures: [own] };

    const members = deps.peers.filter(({ address }) => committee.members.includes(address));
    const answers = (await Promise.all(members.map((peer) => ask(peer, signed, evidence, signal)))).filter(
      (answer) => answer !== null,
    );
    const signatures = answers.flatMap(({ peer, answer }): OracleSignature[] =>
      answer.kind === "signed" ? [{ signer: peer.address, r: answer.r, vs: answer.vs }] : [],
    );
    if (signatures.length >= needed) {
      const all = [own, ...signatures.slice(0, needed)];
      return { kind: "signed", items: settled, evidenceRoot, signatures: all };
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
        if (outcome.kind === "signed") return { signed: outcome, leftOut };
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

/** One thing of each item, in the order of the claims. */
function inOrder<Part>(
  claims: readonly Claim[],
  items: readonly DescribedItem[],
  partOf: (item: DescribedItem) => Part,
): readonly Part[] {
  const byId = new Map(items.map((item) => [item.sessionId, item]));
  return claims.flatMap(({ sessionId }): Part[] => {
    const found = byId.get(sessionId);
    return found === undefined ? [] : [partOf(found)];
  });
}
