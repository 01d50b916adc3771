import type { Store, StoredSession } from "../store/store.ts";

/**
 * Whether a charger may have begun the session. Of an EVSE without a station of OCPP nobody knows whether it charges
 * before its meter has signed something.
 */
export async function mayHaveBegun(
  store: Pick<Store, "findStart" | "findStationOfEvse" | "findTransactionOfSession">,
  { sessionId, terms }: Pick<StoredSession, "sessionId" | "terms">,
): Promise<boolean> {
  if ((await store.findStationOfEvse(terms.evse)) === null) return true;
  if ((await store.findStart(sessionId))?.mayHaveBegun === true) return true;
  return (await store.findTransactionOfSession(sessionId)) !== null;
}
