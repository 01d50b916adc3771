import type { Chain } from "../../chain/chain.ts";
import type { Cdr } from "../../domain/cdr.ts";
import { claimWindowOf, findClaimObstacle } from "../../domain/claim-window.ts";
import { evidenceRootOf } from "../../domain/claim-evidence.ts";
import { packMetering } from "../../domain/metering.ts";
import { isSameOpening } from "../../domain/opening.ts";
import { totalOf } from "../../domain/session-amounts.ts";
import type { ErrorCode } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import { readClaimClock, type ClaimClock } from "../claim-clock.ts";
import type { EvidenceDescriber } from "./describe-evidence.ts";
import type { ClaimRefusal, ClaimWithEvidence, PeerAnswer } from "./peer.ts";
import type { RecordTaker } from "./take-records.ts";

/**
 * Signs what another oracle claims, as far as this one finds it true by itself: each record is verified, and judged
 * beside all that is known here, as if a station had sent it.
 */
export interface ClaimSigner {
  signClaims(peerAddress: string, claims: readonly ClaimWithEvidence[]): Promise<PeerAnswer>;
}

export interface ClaimSignerDeps {
  readonly store: Pick<Store, "findSession" | "findCdr" | "recordClaims" | "recordEvidence">;
  readonly chain: Pick<Chain, "signClaims" | "readHead" | "readChangeDelaySeconds">;
  readonly describer: EvidenceDescriber;
  readonly taker: RecordTaker;
  /** Reads the chain up to its newest confirmed block. */
  readonly catchUp: () => Promise<void>;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
}

export function createClaimSigner(deps: ClaimSignerDeps): ClaimSigner {
  const { store, chain, taker, desk, now, steadyNow } = deps;

  /** Why not to sign; `null` if the claim is true. */
  async function judge(peerAddress: string, claim: ClaimWithEvidence, clock: ClaimClock): Promise<ErrorCode | null> {
    const session = await store.findSession(claim.sessionId);
    if (session === null) return "SESSION_UNKNOWN";
    if (session.state.status === "unservable") return "SESSION_UNSERVABLE";
    if (session.state.closing !== null || session.state.status === "unconfirmed") return "SESSION_CLOSED";
    const { opening } = session.state;
    if (!isSameOpening(claim, opening)) return "CLAIM_OPENING_DIFFERS";
    if (claim.chargingSeconds > claim.connectedSeconds) return "CLAIM_TIMES_INVALID";
    const window = claimWindowOf(claim, opening, session.terms, clock.changeDelaySeconds);
    const obstacle = findClaimObstacle(window, clock);
    if (obstacle !== null) return obstacle;
    const refusal = await taker.takeRecords(peerAddress, session, claim.records);
    if (refusal !== null) return refusal;
    const cdr = await store.findCdr(claim.sessionId);
    if (cdr !== null) return (await isTrue(claim, cdr)) ? findEvidenceFault(claim) : "CLAIM_DIFFERS";
    // The evidence is here as a whole, and its meter has contradicted it for good: no claim about the session is true.
    const state = (await store.findSession(claim.sessionId))?.state;
    if (state?.dispute?.isFinal === true && state.assessment?.hold === "DISPUTED") return "CLAIM_DIFFERS";
    // What a station said unsigned, it said to one service alone: the others cannot know whether it did.
    return "CLAIM_UNPROVEN";
  }

  /** What this oracle could not show afterwards, it does not sign. */
  async function findEvidenceFault(claim: ClaimWithEvidence): Promise<ErrorCode | null> {
    const evidence = await deps.describer.describe(claim);
    return evidence.isReadable === claim.isReadable ? null : "CLAIM_EVIDENCE_DIFFERS";
  }

  async function isTrue(claim: ClaimWithEvidence, cdr: Cdr): Promise<boolean> {
    const session = await store.findSession(claim.sessionId);
    return (
      session !== null &&
      (session.state.status === "completed" || session.state.status === "batched") &&
      cdr.energyMicroWh === claim.energyMicroWh &&
      cdr.chargingSeconds === claim.chargingSeconds &&
      cdr.connectedSeconds === claim.connectedSeconds &&
      totalOf(session.state.topUps) === claim.toppedUpMicro
    );
  }

  return {
    async signClaims(peerAddress, claims) {
      // Whoever asks may have seen a block that this service has not.
      await deps.catchUp();
      const clock = await readClaimClock(chain, Math.min(now(), steadyNow()));
      const refusals: ClaimRefusal[] = [];
      for (const claim of claims) {
        const code = await judge(peerAddress, claim, clock);
        if (code !== null) refusals.push({ sessionId: claim.sessionId, code });
      }
      if (refusals.length === 0) {
        const contradicted = await store.recordClaims(claims, now());
        for (const sessionId of contradicted) refusals.push({ sessionId, code: "CLAIM_CONTRADICTED" });
      }
      desk.note("quorum-asked", { peer: peerAddress, claims: claims.length, refusals: refusals.length });
      if (refusals.length > 0) {
        if (refusals.some(({ code }) => code === "CLAIM_DIFFERS" || code === "CLAIM_CONTRADICTED")) {
          desk.alert("quorum-claim-wrong", { peer: peerAddress, refusals });
        }
        return { kind: "refused", refusals };
      }
      const evidence = await Promise.all(claims.map((claim) => deps.describer.describe(claim)));
      const evidenceRoot = evidenceRootOf(evidence);
      await store.recordEvidence(evidenceRoot, evidence, now());
      const { r, vs } = await chain.signClaims({
        claims: claims.map(({ sessionId, isReadable, ...claim }) => ({
          sessionId,
          metering: packMetering(claim),
          isReadable,
        })),
        evidenceRoot,
      });
      return { kind: "signed", r, vs };
    },
  };
}
