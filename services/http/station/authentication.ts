import { createHash, timingSafeEqual } from "node:crypto";

import type { Request } from "express";

import { WattproofError } from "../../errors.ts";
import type { Station, Store } from "../../store/store.ts";

// As long as OCPP 1.6 allows a charge point's identity to be, in characters that need no escaping anywhere.
export const stationIdGrammar = /^[A-Za-z0-9_.:*-]{1,48}$/;
const authorizationGrammar = /^Bearer ([A-Za-z0-9_-]{16,128})$/;
const nobody = Buffer.alloc(32);

/** The digest under which a station's API key is stored. */
export function apiKeySha256Of(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex");
}

/**
 * The station that the request's headers name and prove to be.
 * @throws STATION_UNAUTHENTICATED, always with the same words, whatever is wrong
 */
export async function authenticateStation(request: Request, store: Pick<Store, "findStation">): Promise<Station> {
  const stationId = request.get("x-station-id") ?? "";
  const apiKey = authorizationGrammar.exec(request.get("authorization") ?? "")?.[1];
  const station = stationIdGrammar.test(stationId) ? await store.findStation(stationId) : null;

  // Digests have one length, and an unknown station costs the same comparison as a wrong key.
  const expected = station === null ? nobody : Buffer.from(station.apiKeySha256, "hex");
  const given = Buffer.from(apiKeySha256Of(apiKey ?? ""), "hex");
  const isEqual = expected.length === given.length && timingSafeEqual(expected, given);
  if (station === null || apiKey === undefined || !isEqual) {
    throw new WattproofError("STATION_UNAUTHENTICATED", "Send X-Station-Id and Authorization: Bearer <API key>.");
  }
  return station;
}
