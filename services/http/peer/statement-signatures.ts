import type { RequestHandler } from "express";

import type { StatementSigner } from "../../dossier/market/sign-statements.ts";
import { peerStatementSchema, readStatementRequest, statementLimitBytes } from "../../dossier/market/statement.ts";
import { readBody } from "../body.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { authenticatePeer, type AdmittedPeer } from "./quorum-signatures.ts";

/** As many as a committee has oracles: who waits for a work that goes on holds a place. */
const requestsAtOnce = 16;

/** `POST /v1/quorum/statement-signatures`: another oracle's service asks to have a claim, an offer or a round signed. */
export function createStatementSignaturesHandler(deps: {
  readonly peers: readonly AdmittedPeer[];
  readonly statementSigner: StatementSigner;
}): RequestHandler {
  const queue = createQueueLimit(requestsAtOnce);
  return async (request, response) => {
    const peer = authenticatePeer(request, deps.peers);
    response.locals["peer"] = peer.address;
    await queue.run(async () => {
      const asked = readStatementRequest(peerStatementSchema, await readBody(request, statementLimitBytes));
      response.json(await deps.statementSigner.signFor(asked));
    });
  };
}
