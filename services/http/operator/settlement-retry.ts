import type { RequestHandler } from "express";

import { transition } from "../../domain/session.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import type { Operators } from "./operators.ts";
import { readSessionId } from "../public/sessions.ts";

/** What trying again takes. */
export interface RetryDeps {
  readonly store: Pick<Store, "findSession" | "commitStep" | "recordAction">;
  readonly operators: Operators;
  readonly now: () => number;
}

/**
 * `POST /v1/sessions/:sessionId/settlement-retry`: a session that was given up joins a batch again. The operator's, since
 * each attempt costs gas.
 */
export function retrySettlement({ store, operators, now }: RetryDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "operate", "settlement-retry");
    const sessionId = readSessionId(request);
    response.locals["sessionId"] = sessionId;
    const session = await store.findSession(sessionId);
    if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
    const event = { kind: "retried" } as const;
    const next = transition(session.state, event);
    const change = { sessionId, expectedSequence: session.sequence, events: [event], next, atMs: now() };
    const { outcome } = await store.commitStep({ session: { change, cdr: null, acts: [] } });
    if (outcome === "stale") throw new WattproofError("STORE_CONTENDED", "The session moved meanwhile.");
    const details = JSON.stringify({ before: session.state.status, reason: session.state.reason });
    const atMs = change.atMs;
    await store.recordAction({ atMs, keyId, keyName, action: "settlement-retry", subject: sessionId, details });
    response.status(202).json({ sessionId, state: next.status, before: session.state.reason });
  };
}
