import type { RequestHandler } from "express";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import type { Deployment } from "../../chain/deployment.ts";
import { callStation } from "../../charging/call-station.ts";
import { awaitedOf, type PossessionDesk } from "../../charging/possession/possession-desk.ts";
import { startCall } from "../../charging/remote-calls.ts";
import { curveNumberOf, meterCurves } from "../../domain/meter-curve.ts";
import { possessionStartIdOf, possessionStatusOf, possessionTagOf } from "../../domain/possession.ts";
import { WattproofError } from "../../errors.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { StationCommands } from "../../ocpp/commands.ts";
import { textAt } from "../../ocpp/payload.ts";
import type { StationPresence } from "../../ocpp/station-presence.ts";
import type { MeterPossession } from "../../store/possessions.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { HttpDoor } from "../door.ts";
import type { Operators } from "./operators.ts";

/** What the operator's doors for proofs of possession need. */
export interface MeterPossessionDeps {
  readonly store: Pick<Store, "findStationOfEvse" | "recordAction">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly possessions: PossessionDesk;
  readonly connections: StationPresence;
  readonly commands: StationCommands;
  readonly deployment: Deployment;
  readonly operators: Operators;
  readonly now: () => number;
}

export const expectedSchema = z.strictObject({
  evse: z
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  curve: z.enum(meterCurves),
  /** X and Y, big-endian, as the registry keeps them. */
  publicKey: z
    .string()
    .regex(/^0x(?:[0-9a-fA-F]{2}){48,96}$/)
    .transform((text) => text.toLowerCase()),
  /** How often the registry has activated the key. */
  activations: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0),
  /** Whose EVSE it is meant to be. */
  operator: z.string().refine(isAddress).transform(getAddress).optional(),
  /** Has the meter prove itself once more, although a record is here. */
  again: z.boolean().default(false),
  /** Asks the charger to begin that charge itself, unless a record is here. */
  start: z.boolean().default(false),
});
const tagGrammar = /^[A-Za-z2-7]{20}$/;

/** The operator's doors for meters that are to prove themselves at a charger. */
export function createMeterPossessionDoors(deps: MeterPossessionDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/meter-possessions", method: "POST", handler: expectPossession(deps) },
    { path: "/v1/meter-possessions/:tag", method: "GET", handler: showPossession(deps) },
  ];
}

/**
 * `POST /v1/meter-possessions`: the charger of the EVSE takes the meter's possession tag from now on. The tag is worked out
 * here, so that nothing else can be had accepted.
 */
function expectPossession(deps: MeterPossessionDeps): RequestHandler {
  const { store, meters, possessions, deployment } = deps;
  return async (request, response) => {
    const { keyId, name: keyName } = await deps.operators.require(request, response, "operate", "meter-possession");
    const { evse, curve, publicKey, activations, operator, again, start } = parseBody(
      await readBody(request, bodyLimitBytes),
      expectedSchema,
    );
    const registered = await meters.readEvse(evse);
    if (registered === null) throw new WattproofError("EVSE_UNREGISTERED", `EVSE ${evse}.`);
    const registrant = getAddress(registered.operator);
    if (operator !== undefined && registrant !== operator) {
      throw new WattproofError(
        "EVSE_OF_ANOTHER_OPERATOR",
        `EVSE ${evse} is that of ${registrant}, not of ${operator}.`,
      );
    }
    const place = await store.findStationOfEvse(evse);
    if (place === null) throw new WattproofError("EVSE_UNKNOWN", `Add the station of EVSE ${evse} first.`);
    const { chainId, contracts } = deployment;
    const { meterRegistry } = contracts;
    const curveNumber = curveNumberOf(curve);
    const tag = possessionTagOf({ chainId, meterRegistry, registrant, evse, curveNumber, publicKey, activations });
    const possession = await possessions.expect({ tag, evse, ...place, curve, publicKey }, again);
    const entry = { atMs: deps.now(), keyId, keyName, action: "meter-possession" };
    await store.recordAction({ ...entry, subject: tag, details: JSON.stringify({ evse, curve, again, start }) });
    const answerToStart = start && possession.record === null ? await beginCharge(possession, deps) : null;
    response.json({ ...(await viewOf(possession, deps)), answerToStart });
  };
}

/** `GET /v1/meter-possessions/<tag>`: what has come of it, with the record as base64. */
function showPossession(deps: MeterPossessionDeps): RequestHandler {
  return async (request, response) => {
    await deps.operators.require(request, response, "read");
    const { tag } = request.params;
    if (typeof tag !== "string" || !tagGrammar.test(tag)) {
      throw new WattproofError("QUERY_INVALID", "A possession tag has 20 characters of A-Z and 2-7.");
    }
    const possession = await deps.possessions.find(tag);
    if (possession === null) throw new WattproofError("POSSESSION_NOT_AWAITED", `No meter is to sign ${tag}.`);
    response.json(await viewOf(possession, deps));
  };
}

/**
 * Asks the charger to begin a charge with the tag, which the service ends by itself.
 * @returns what the charger answered, such as `Accepted`, or the code of the error by which it could not be asked.
 */
async function beginCharge(
  { tag, stationId, stationEvse }: MeterPossession,
  { connections, commands, now }: MeterPossessionDeps,
): Promise<string> {
  const station = await connections.find(stationId);
  if (station === null) return "STATION_OFFLINE";
  const remoteStartId = possessionStartIdOf(tag, now());
  const call = startCall(station.protocol, { stationEvse, idTag: tag, remoteStartId });
  const outcome = await callStation(commands, stationId, call);
  return outcome.kind === "answered" ? (textAt(outcome.answer, "status") ?? "STATION_REFUSED") : outcome.code;
}

async function viewOf(
  possession: MeterPossession,
  { connections, now }: Pick<MeterPossessionDeps, "connections" | "now">,
): Promise<object> {
  const { tag, evse, stationId, stationEvse, expiresAtMs, starts, record, receivedAtMs } = possession;
  return {
    ...{ tag, evse, stationId, stationEvse, expiresAtMs, starts, receivedAtMs },
    status: possessionStatusOf(awaitedOf(possession), now()),
    isConnected: (await connections.find(stationId)) !== null,
    record: record === null ? null : Buffer.from(record).toString("base64"),
  };
}
