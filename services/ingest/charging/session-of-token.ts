import { normalizeIdTag } from "../../domain/id-tag.ts";
import type { Store, StoredSession } from "../../store/store.ts";

/**
 * The session that an idToken stands for at a station: the one whose idTag it is, or that was opened for it. It has to be
 * at an EVSE of this station, and at the one in question where the station says which.
 * @param stationEvse The station's own number of the EVSE (in 1.6 of the connector).
 */
export async function findSessionsOfToken(
  store: Pick<Store, "findSessionsByIdTag" | "findLinkedSessions" | "findStation">,
  { stationId, idToken, stationEvse }: { stationId: string; idToken: string; stationEvse: number | null },
): Promise<readonly StoredSession[]> {
  const sessions = [
    ...(await store.findSessionsByIdTag(normalizeIdTag(idToken))),
    ...(await store.findLinkedSessions(stationId, idToken)),
  ];
  if (sessions.length === 0) return [];
  const station = await store.findStation(stationId);
  return sessions.filter(({ terms }) => {
    const place = station?.evses.indexOf(terms.evse) ?? -1;
    return place >= 0 && (stationEvse === null || stationEvse === place + 1);
  });
}
