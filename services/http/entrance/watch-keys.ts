import type { Request, RequestHandler } from "express";

import type { ErrorCode, WattproofError } from "../../errors.ts";
import type { KeyDoor } from "./door-watch.ts";
import type { Entrance } from "./entrance.ts";

const doorOf: Partial<Readonly<Record<ErrorCode, KeyDoor>>> = {
  OPERATOR_UNAUTHENTICATED: "operator",
  STATION_UNAUTHENTICATED: "station",
  PEER_UNAUTHENTICATED: "peer",
  SESSION_UNAUTHENTICATED: "session",
};
const longestName = 64;

/** Lets no address guess keys as fast as it can: looks before any handler does, whatever the route. */
export function admitKeys({ clients, watch }: Entrance): RequestHandler {
  return (request, _response, next) => {
    if (request.get("authorization") !== undefined) watch.admitKey(clients.clientOf(request).key, nameOf(request));
    next();
  };
}

/** Counts a key that was given and is wrong. Who gives none guesses nothing. */
export function noteWrongKey({ clients, watch }: Entrance, request: Request, error: WattproofError): void {
  const door = doorOf[error.code];
  if (door === undefined || request.get("authorization") === undefined) return;
  watch.noteWrongKey(door, clients.clientOf(request).key, nameOf(request));
}

/** Whose key it is meant to be, as far as the request says so. */
function nameOf(request: Request): string {
  return (request.get("x-station-id") ?? request.get("x-oracle-address") ?? "").slice(0, longestName);
}
