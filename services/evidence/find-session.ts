import { isSameIdTag, normalizeIdTag } from "../domain/id-tag.ts";
import { WattproofError } from "../errors.ts";
import type { Store, StoredSession } from "../store/store.ts";

/** What becomes of records that do not carry their session's idTag. */
export type UnboundRecords = "refuse" | "accept";

/**
 * The session that a record belongs to: the one whose idTag it carries. What the sender says beside it must agree, and
 * replaces a missing tag only where the policy allows it. An idTag that the session had before a reorganisation names it,
 * too, but binds nothing: the contract and other oracles know the present one alone.
 * @throws SESSION_UNKNOWN, SESSION_REFERENCE_MISMATCH, RECORD_UNBOUND
 */
export async function findSessionOfRecord(
  store: Pick<Store, "findSession" | "findSessionByIdTag">,
  identification: string | null,
  sessionReference: string | null,
  unboundRecords: UnboundRecords,
): Promise<{ readonly session: StoredSession; readonly isBound: boolean }> {
  const tagged = identification === null ? null : await store.findSessionByIdTag(normalizeIdTag(identification));
  const isTagOf = (session: StoredSession): boolean =>
    identification !== null && isSameIdTag(identification, session.idTag);
  if (tagged !== null) {
    if (sessionReference !== null && sessionReference !== tagged.sessionId) {
      throw new WattproofError("SESSION_REFERENCE_MISMATCH", "The record's ID is the idTag of another session.");
    }
    return { session: tagged, isBound: isTagOf(tagged) };
  }

  if (sessionReference === null) throw new WattproofError("SESSION_UNKNOWN", "The record's ID is no session's idTag.");
  const session = await store.findSession(sessionReference);
  if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
  if (unboundRecords === "refuse") {
    throw new WattproofError("RECORD_UNBOUND", `The record's ID is not the session's idTag ${session.idTag}.`);
  }
  return { session, isBound: isTagOf(session) };
}
