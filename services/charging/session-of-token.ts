import { normalizeIdTag } from "../domain/id-tag.ts";
import type { Store, StoredSession } from "../store/store.ts";

/**
 * The session whose idTag an idToken is, or was before a reorganisation, at an EVSE of this station, and at the one in question where the station says
 * which.
 * @param stationEvse The station's own number of the EVSE (in 1.6 of the connector).
 */
export async function findSessionOfToken(
  store: Pick<Store, "findSessionByIdTag" | "findStation">,
  { stationId, idToken, stationEvse }: { stationId: string; idToken: string; stationEvse: number | null },
): Promise<StoredSession | null> {
  const session = await store.findSessionByIdTag(normalizeIdTag(idToken));
  if (session === null) return null;
  const place = (await store.findStation(stationId))?.evses.indexOf(session.terms.evse) ?? -1;
  return place >= 0 && (stationEvse === null || stationEvse === place + 1) ? session : null;
}
