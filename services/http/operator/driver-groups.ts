import { getAddress, isAddress } from "ethers";
import type { RequestHandler } from "express";
import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import { readMoment } from "../../evidence/tariff-directory.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { byName, groupName, type TariffAssignmentDeps } from "./tariff-assignments.ts";

const driverLimit = 1_000;
const pageLimit = 1_000;
/** A thousand addresses. */
const bodyLimitBytes = 65_536;

const digits = z.string().regex(/^(?:0|[1-9][0-9]{0,14})$/);
export const driverGroupsQuery = z.strictObject({
  group: groupName.optional(),
  after: digits.transform(Number).default(0),
  limit: digits.transform(Number).pipe(z.number().min(1).max(pageLimit)).default(pageLimit),
});
export const groupChangeSchema = z.strictObject({
  group: groupName,
  drivers: z.array(z.string().refine(isAddress).transform(getAddress)).min(1).max(driverLimit),
  by: byName,
});

/** The operator's doors for groups of drivers, such as staff or a fleet, to whom tariffs of their own are assigned. */
export function createDriverGroupDoors(deps: TariffAssignmentDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/driver-groups", method: "GET", handler: listMembers(deps) },
    { path: "/v1/driver-groups/add", method: "POST", handler: changeMembers(deps, "added") },
    { path: "/v1/driver-groups/remove", method: "POST", handler: changeMembers(deps, "removed") },
  ];
}

/** `GET /v1/driver-groups`: who is in which group, since when and by whom. */
function listMembers({ store, operators }: TariffAssignmentDeps): RequestHandler {
  return async (request, response) => {
    await operators.require(request, response, "read");
    const query = driverGroupsQuery.safeParse(request.query);
    if (!query.success) throw new WattproofError("QUERY_INVALID", "group: a name; after, limit: whole numbers.");
    const { group = null, after: afterOrdinal, limit } = query.data;
    const members = await store.listDriverGroupMembers({ group, afterOrdinal, limit });
    response.json({
      members: members.map(({ ordinal, group: name, driver, addedAtMs, addedBy }) => ({
        ...{ ordinal, group: name, driver: getAddress(driver), addedAtMs, addedBy },
      })),
      next: members.length === limit ? (members.at(-1)?.ordinal ?? null) : null,
    });
  };
}

/** `POST /v1/driver-groups/add` and `…/remove`: who is in the group already, or not in it, stays so. */
function changeMembers(deps: TariffAssignmentDeps, change: "added" | "removed"): RequestHandler {
  const { store, chain, desk, operators, now } = deps;
  // Groups decide what their drivers pay.
  const action = `driver-group-${change}`;
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "money", action);
    const { group, drivers, by } = parseBody(await readBody(request, bodyLimitBytes), groupChangeSchema);
    if (change === "removed" && !(await store.hasDriverGroup(group))) {
      throw new WattproofError("DRIVER_GROUP_UNKNOWN", `Group ${group}.`);
    }
    const occasion = { group, drivers, by, at: await readMoment(chain, now), atMs: now() };
    const changed = await (change === "added"
      ? store.addToDriverGroup(occasion)
      : store.removeFromDriverGroup(occasion));
    const details = JSON.stringify({ drivers: changed, by });
    await store.recordAction({ atMs: now(), keyId, keyName, action, subject: group, details });
    desk.note(action, { group, by, drivers: changed.length });
    response.json({ group, [change]: changed.map((driver) => getAddress(driver)) });
  };
}
