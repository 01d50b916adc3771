import { isSameIdTag, normalizeIdTag } from "../domain/id-tag.ts";
import { WattproofError } from "../errors.ts";
import type { Store, StoredSession } from "../store/store.ts";

/** What becomes of records that do not carry their session's idTag. */
export type UnboundRecords = "refuse" | "accept";

/**
 * The session that a record belongs to: the one whose idTag it carries. What the sender says beside it must agree, and
 * replaces a missing tag only where the policy allows it.
 * @throws SESSION_UNKNOWN, SESSION_AMBIGUOUS, SESSION_REFERENCE_MISMATCH, RECORD_UNBOUND
 */
export async function findSessionOfRecord(
  store: Pick<Store, "findSession" | "findSessionsByIdTag">,
  identification: string | null,
  sessionReference: string | null,
  unboundRecords: UnboundRecords,
): Promise<{ readonly session: StoredSession; readonly isBound: boolean }> {
  const tagged = identification === null ? [] : await store.findSessionsByIdTag(normalizeIdTag(identification));
  if (tagged.length > 0) return { session: chooseTagged(tagged, sessionReference), isBound: true };

  if (sessionReference === null) throw new WattproofError("SESSION_UNKNOWN", "The record's ID is no session's idTag.");
  const session = await store.findSession(sessionReference);
  if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
  if (unboundRecords === "refuse") {
    throw new WattproofError("RECORD_UNBOUND", `The record's ID is not the session's idTag ${session.idTag}.`);
  }
  return { session, isBound: identification !== null && isSameIdTag(identification, session.idTag) };
}

function chooseTagged(tagged: readonly StoredSession[], sessionReference: string | null): StoredSession {
  const [only] = tagged;
  if (sessionReference !== null) {
    const named = tagged.find((session) => session.sessionId === sessionReference);
    if (named === undefined) {
      throw new WattproofError("SESSION_REFERENCE_MISMATCH", "The record's ID is the idTag of another session.");
    }
    return named;
  }
  if (only === undefined || tagged.length > 1) {
    throw new WattproofError("SESSION_AMBIGUOUS", "Name the session: several have this idTag.");
  }
  return only;
}
