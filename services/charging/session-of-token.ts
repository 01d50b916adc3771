import { normalizeIdTag } from "../domain/id-tag.ts";
import type { Store, StoredSession } from "../store/store.ts";

/**
 * The sessions whose idTag an idToken is, at an EVSE of this station, and at the one in question where the station says
 * which.
 * @param stationEvse The station's own number of the EVSE (in 1.6 of the connector).
 */
export async function findSessionsOfToken(
  store: Pick<Store, "findSessionsByIdTag" | "findStation">,
  { stationId, idToken, stationEvse }: { stationId: string; idToken: string; stationEvse: number | null },
): Promise<readonly StoredSession[]> {
  const sessions = await store.findSessionsByIdTag(normalizeIdTag(idToken));
  if (sessions.length === 0) return [];
  const station = await store.findStation(stationId);
  return sessions.filter(({ terms }) => {
    const place = station?.evses.indexOf(terms.evse) ?? -1;
    return place >= 0 && (stationEvse === null || stationEvse === place + 1);
  });
}
