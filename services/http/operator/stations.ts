import type { Request, RequestHandler } from "express";

import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { OcppStationState } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
import type { StationCommands } from "../../ocpp/commands.ts";
import type { StationPresence } from "../../ocpp/station-presence.ts";
import { driverStateOf, evseState } from "../../ocpp/words.ts";
import type { HttpDoor } from "../door.ts";
import { stationIdGrammar } from "../station/authentication.ts";
import { readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";

/** What the operator's view of the stations is made of. */
export interface StationsDeps {
  readonly store: Store;
  readonly connections: StationPresence;
  readonly commands: StationCommands;
  readonly operators: Operators;
  readonly now: () => number;
}

/** The operator's doors for stations, and the state of an EVSE, which anybody may ask. */
export function createStationDoors(deps: StationsDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/stations", method: "GET", handler: listStations(deps) },
    { path: "/v1/stations/:stationId", method: "GET", handler: showStation(deps) },
    { path: "/v1/stations/:stationId/commands/:action", method: "POST", handler: callStation(deps) },
    { path: "/v1/evses/:evse/state", method: "GET", handler: showEvseState(deps) },
  ];
}

const actionGrammar = /^[A-Za-z0-9]{1,64}$/;
const evseGrammar = /^[1-9][0-9]{0,9}$/;
const quarantineLimit = 100;

/** `POST /v1/stations/:stationId/commands/:action`: calls the station and answers with what it answers. */
function callStation(deps: StationsDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await deps.operators.require(request, response, "operate", "station-command");
    const stationId = readStationId(request);
    response.locals["stationId"] = stationId;
    const action = request.params["action"];
    if (typeof action !== "string" || !actionGrammar.test(action)) {
      throw new WattproofError("OCPP_ACTION_UNKNOWN", "An action has letters and digits alone.");
    }
    const payload = readPayload(await readBody(request, bodyLimitBytes));
    const answer = await deps.commands.callStation(stationId, action, payload);
    // The payload may hold a password or a key of the station.
    const entry = { atMs: deps.now(), keyId, keyName, action: "station-command" };
    await deps.store.recordAction({
      ...entry,
      subject: stationId,
      details: JSON.stringify({ command: action, ...statusOf(answer) }),
    });
    response.json(answer);
  };
}

const statusSchema = z.object({ status: z.string().max(40) });

/** Whether the charger did it: an answer that says no is an answer, too. */
function statusOf(answer: unknown): { readonly status?: string } {
  return statusSchema.safeParse(answer).data ?? {};
}

/** `GET /v1/stations`: every registered station, and those that want to join. */
function listStations(deps: StationsDeps): RequestHandler {
  const { store, connections } = deps;
  return async (request, response) => {
    await deps.operators.require(request, response, "read");
    const [stations, wantsToJoin] = [await store.listOcppStations(), await store.listUnknownStations()];
    const views = await Promise.all(stations.map((station) => stationView(station, connections)));
    response.json({ stations: views, wantsToJoin });
  };
}

/** `GET /v1/stations/:stationId`: one station, with its latest messages in quarantine. */
function showStation(deps: StationsDeps): RequestHandler {
  const { store, connections } = deps;
  return async (request, response) => {
    await deps.operators.require(request, response, "read");
    const stationId = readStationId(request);
    const station = await store.findOcppStation(stationId);
    if (station === null) throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
    const frames = await store.listQuarantinedFrames(stationId, quarantineLimit);
    const quarantined = frames.map(({ frameId, receivedAtMs, action, faults, text }) => ({
      frameId,
      receivedAtMs,
      action,
      faults,
      text,
    }));
    response.json({ station: await stationView(station, connections), quarantined });
  };
}

/** `GET /v1/evses/:evse/state`: for a driver who wants to know before money is held. Nothing about the station is told. */
function showEvseState(deps: Pick<StationsDeps, "store" | "connections">): RequestHandler {
  const { store, connections } = deps;
  return async (request, response) => {
    const text = request.params["evse"];
    if (typeof text !== "string" || !evseGrammar.test(text)) {
      throw new WattproofError("QUERY_INVALID", "evse: the number of the EVSE in the registry.");
    }
    const evse = Number(text);
    const place = await store.findStationOfEvse(evse);
    const station = place === null ? null : await store.findOcppStation(place.stationId);
    if (place === null || station === null) throw new WattproofError("EVSE_UNKNOWN", "No station reports for it.");
    const isConnected = (await connections.find(place.stationId)) !== null;
    response.json({ evse, ...evseState(isConnected, place.stationEvse, station.connectors) });
  };
}

/** A station with its state as it is now. */
export async function stationView(station: OcppStationState, connections: StationPresence): Promise<object> {
  const connection = await connections.find(station.stationId);
  const isConnected = connection !== null;
  return {
    ...station,
    isConnected,
    protocol: connection?.protocol ?? station.protocol,
    securityProfile: connection?.securityProfile ?? station.securityProfile,
    lastSeenAtMs: connection?.lastSeenAtMs ?? station.lastSeenAtMs,
    connectors: station.connectors.map((connector) => ({
      ...connector,
      state: driverStateOf(isConnected, connector.status),
    })),
  };
}

/** The station that a path names. @throws STATION_UNKNOWN */
export function readStationId(request: Request): string {
  const stationId = request.params["stationId"];
  if (typeof stationId !== "string" || !stationIdGrammar.test(stationId)) {
    throw new WattproofError("STATION_UNKNOWN", "A station's id has 1 to 48 characters of A-Z a-z 0-9 _ . : * -");
  }
  return stationId;
}

function readPayload(body: Uint8Array): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new WattproofError("OCPP_PAYLOAD_INVALID", "The body is no JSON.", { cause: error });
  }
}
