import type { Request, RequestHandler, Response } from "express";

import { isPlainObject } from "../../api/plain-object.ts";
import { ocpiVersions, type OcpiVersion } from "../../../domain/ocpi/tariff-document.ts";
import { WattproofError } from "../../../errors.ts";
import type { HttpDoor } from "../../door.ts";
import type { ClientLimit } from "../../entrance/client-limit.ts";
import { answer, answerPage, refusalAt } from "./envelope.ts";
import type { Feed } from "./feed.ts";

/** Where OCPI's versions are listed. */
export const versionsPath = "/ocpi/versions";
export const versionPath = "/ocpi/cpo/:version";

/**
 * Places, states and prices as OCPI, for anybody and without an account. Only what can be read is here: there is nobody
 * with whom credentials could be exchanged.
 * @param deps.pageOrigin Where others reach the service; `null`: nobody said, and the address of the request counts.
 */
export function openDataDoors(deps: {
  readonly readFeed: (version: OcpiVersion) => Promise<Feed>;
  readonly pageOrigin: string | null;
  readonly limit: ClientLimit;
  readonly now: () => number;
}): readonly HttpDoor[] {
  const { readFeed, pageOrigin, limit, now } = deps;
  const baseOf = (request: Request): string => pageOrigin ?? `${request.protocol}://${request.get("host") ?? ""}`;

  function door(path: string, handle: (request: Request, response: Response) => Promise<void> | void): HttpDoor {
    const handler: RequestHandler = async (request, response) => {
      limit.admit(request);
      // Pages of others may read it, too.
      response.set({
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "link, x-total-count, x-limit",
        "cross-origin-resource-policy": "cross-origin",
      });
      await handle(request, response);
    };
    return { path, method: "GET", handler, refusalOf: refusalAt(now) };
  }

  const showObject = async (request: Request, response: Response): Promise<void> => {
    const { locationId, evseUid, connectorId } = request.params;
    const { locations } = await readFeed(versionOf(request));
    const found = findObject(locations, [
      ["locations", "id", locationId],
      ["evses", "uid", evseUid],
      ["connectors", "id", connectorId],
    ]);
    answer(request, response, found, now);
  };

  return [
    door(versionsPath, (request, response) => {
      const versions = ocpiVersions.map((version) => ({ version, url: `${baseOf(request)}/ocpi/cpo/${version}` }));
      answer(request, response, versions, now);
    }),
    door(versionPath, (request, response) => {
      const version = versionOf(request);
      const endpoints = ["locations", "tariffs"].map((identifier) => ({
        ...{ identifier, role: "SENDER" },
        url: `${baseOf(request)}/ocpi/cpo/${version}/${identifier}`,
      }));
      answer(request, response, { version, endpoints }, now);
    }),
    door(`${versionPath}/locations`, async (request, response) => {
      const { locations } = await readFeed(versionOf(request));
      answerPage(request, response, locations, { base: baseOf(request), now });
    }),
    door(`${versionPath}/tariffs`, async (request, response) => {
      const { tariffs } = await readFeed(versionOf(request));
      answerPage(request, response, tariffs, { base: baseOf(request), now });
    }),
    door(`${versionPath}/locations/:locationId`, showObject),
    door(`${versionPath}/locations/:locationId/:evseUid`, showObject),
    door(`${versionPath}/locations/:locationId/:evseUid/:connectorId`, showObject),
    {
      ...door("/ocpi/*rest", (request) => {
        throw new WattproofError("ROUTE_UNKNOWN", `There is no ${request.path.slice(0, 100)}.`);
      }),
      isPage: true,
    },
  ];
}

/** @throws ROUTE_UNKNOWN for a version that is not spoken here */
function versionOf(request: Request): OcpiVersion {
  const given = request.params["version"];
  const known = ocpiVersions.find((version) => version === given);
  if (known === undefined) throw new WattproofError("ROUTE_UNKNOWN", `Versions are ${ocpiVersions.join(" and ")}.`);
  return known;
}

type Step = readonly [list: string, idName: string, id: unknown];

/** @throws LOCATION_UNKNOWN */
function findObject(locations: Feed["locations"], steps: readonly Step[]): unknown {
  let object: unknown = { locations: locations.map((location) => location.object) };
  for (const [list, idName, id] of steps) {
    if (typeof id !== "string") break;
    const members: unknown = isPlainObject(object) ? object[list] : undefined;
    const all: readonly unknown[] = Array.isArray(members) ? members : [];
    // OCPI's ids are the same in capitals and in small letters.
    const isIt = (one: unknown): boolean =>
      isPlainObject(one) && String(one[idName]).toLowerCase() === id.toLowerCase();
    object = all.find(isIt);
    if (object === undefined) throw new WattproofError("LOCATION_UNKNOWN", `${list}: ${id.slice(0, 100)}`);
  }
  return object;
}
