import type { RequestHandler } from "express";

import type { StatementSigner } from "../../dossier/market/sign-statements.ts";
import { peerStatementSchema, readStatementRequest, statementLimitBytes } from "../../dossier/market/statement.ts";
import { createPeerQueue } from "./peer-queue.ts";
import type { AdmittedPeer } from "./quorum-signatures.ts";

/** `POST /v1/quorum/statement-signatures`: another oracle's service asks to have a claim, an offer or a round signed. */
export function createStatementSignaturesHandler({
  peers,
  statementSigner,
}: {
  readonly peers: readonly AdmittedPeer[];
  readonly statementSigner: StatementSigner;
}): RequestHandler {
  return createPeerQueue(peers, statementLimitBytes, async (body) =>
    statementSigner.signFor(readStatementRequest(peerStatementSchema, body)),
  );
}
