import type { Chain, OracleSignature } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import { canonicalText } from "../format/commitment.ts";
import { gatherSignatures, type GatheringDeps } from "../make/gather-signatures.ts";
import { createPatientWorks } from "../make/patient-work.ts";
import type { JudgedStatement, StatementJudge } from "./judge-statement.ts";
import type { PeerStatement, StatementRequest } from "./statement.ts";

/** Another oracle of the committee, as far as the market goes. */
export interface StatementPeer {
  readonly address: string;
  /** @throws PEER_UNAVAILABLE, SERVICE_NOT_READY while it is still at work */
  requestStatementSignature(asked: PeerStatement, signal: AbortSignal): Promise<OracleSignature>;
}

/** A statement with what its contract takes. */
export interface SignedStatement extends Pick<JudgedStatement, "content"> {
  /** As many as the committee asks for, in the order of the signers. */
  readonly signatures: readonly OracleSignature[];
}

/** Signs statements, for other oracles and with them. */
export interface StatementSigner {
  /** For another oracle. @throws STATEMENT_OTHERWISE_KNOWN, SERVICE_NOT_READY while it is at work, and as `judge` */
  signFor(asked: PeerStatement): Promise<OracleSignature>;
  /** With the others. @throws STATEMENT_QUORUM_LACKING, SERVICE_NOT_READY, and as `judge` */
  signTogether(request: StatementRequest): Promise<SignedStatement>;
}

export function createStatementSigner(
  deps: GatheringDeps & {
    readonly judge: StatementJudge;
    readonly chain: Pick<Chain, "signDossier" | "readCommittee">;
    readonly peers: readonly StatementPeer[];
    /** Reads the chain up to its newest confirmed block. */
    readonly catchUp: () => Promise<void>;
  },
): StatementSigner {
  const { judge, chain, peers } = deps;
  const works = createPatientWorks<JudgedStatement>();

  async function workOut(request: StatementRequest): Promise<JudgedStatement> {
    // Whoever asks may have seen a block that this service has not.
    await deps.catchUp();
    return judge.judge(request);
  }

  return {
    async signFor({ digest, ...request }) {
      const judged = await works(canonicalText({ digest, ...request }), () => workOut(request));
      if (judged.digest !== digest) throw new WattproofError("STATEMENT_OTHERWISE_KNOWN", request.statement.kind);
      return chain.signDossier(digest);
    },
    async signTogether(request) {
      const { digest, content } = await workOut(request);
      const all = await gatherSignatures(deps, digest, peers, (peer, signal) =>
        peer.requestStatementSignature({ ...request, digest }, signal),
      );
      const { threshold } = await chain.readCommittee();
      if (all.length < threshold) {
        throw new WattproofError("STATEMENT_QUORUM_LACKING", `${all.length} of ${threshold} oracles signed.`);
      }
      const signatures = all
        .slice(0, threshold)
        .toSorted((left, right) => (left.signer.toLowerCase() < right.signer.toLowerCase() ? -1 : 1));
      return { content, signatures };
    },
  };
}
