import type { RequestHandler } from "express";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import type { Chain } from "../../chain/chain.ts";
import type { OperatorIdentity } from "../../domain/operator-key.ts";
import { stepsToAssign, stepsToUnassign, tariffsAfter, type AssignmentStep } from "../../domain/tariff-assignment.ts";
import type { TariffScope } from "../../domain/tariff-scope.ts";
import { hasTimePrice, type Tariff } from "../../domain/tariff.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { TariffAssignment } from "../../store/tariffs.ts";
import type { Store } from "../../store/store.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import { readMoment } from "../../evidence/tariff-directory.ts";
import { parseBody, readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";
import type { HttpDoor } from "../door.ts";

/** What the operator's doors for assignments need. */
export interface TariffAssignmentDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "readTariff" | "isOffered" | "readHead">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly desk: OperatorDesk;
  readonly operators: Operators;
  readonly config: { readonly takesAnyTime: boolean };
  readonly now: () => number;
}

/** EVSEs of one change: each is asked of the registry, and a thousand fit the body. */
const evseLimit = 1_000;
const siteLimit = 100;
const pageLimit = 1_000;

const evseNumber = z
  .int()
  .min(1)
  .max(2 ** 32 - 1);
const tariffId = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((text) => text.toLowerCase());
export const groupName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
/** Who does it, as they call themselves; the key says only that they may. */
export const byName = z
  .string()
  .regex(/^[\x20-\x7e]{1,100}$/)
  .default("operator");
export const changeSchema = z.strictObject({
  tariffId,
  evses: z.array(evseNumber).max(evseLimit).default([]),
  /** Each EVSE's own number of one of its connectors; without it the whole EVSE is meant. */
  connector: z.int().min(1).max(999).optional(),
  /** Ids of the operator's sites. */
  sites: z.array(z.string().min(1).max(36)).max(siteLimit).default([]),
  /** For these drivers alone. */
  group: groupName.optional(),
  /** Whose EVSEs these are meant to be. */
  operator: z.string().refine(isAddress).transform(getAddress).optional(),
  by: byName,
  dryRun: z.boolean().default(false),
});
export const assigningSchema = changeSchema.extend({ replace: z.boolean().default(false) });
const digits = z.string().regex(/^(?:0|[1-9][0-9]{0,14})$/);
export const assignmentsQuery = z.strictObject({
  evse: digits.transform(Number).pipe(evseNumber).optional(),
  ended: z.enum(["yes", "no"]).default("no"),
  after: digits.transform(Number).default(0),
  limit: digits.transform(Number).pipe(z.number().min(1).max(pageLimit)).default(pageLimit),
});

/** The operator's doors for which tariffs charging points offer. */
export function createTariffAssignmentDoors(deps: TariffAssignmentDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/tariff-assignments", method: "GET", handler: listAssignments(deps) },
    { path: "/v1/tariff-assignments/assign", method: "POST", handler: assign(deps) },
    { path: "/v1/tariff-assignments/unassign", method: "POST", handler: unassign(deps) },
  ];
}

/** `POST /v1/tariff-assignments/assign`: in all of the scopes, or in none where one of them cannot have the tariff. */
function assign(deps: TariffAssignmentDeps): RequestHandler {
  const { store, chain, desk, now } = deps;
  return async (request, response) => {
    const operator = await deps.operators.require(request, response, "money", "tariff-assigned");
    const body = parseBody(await readBody(request, bodyLimitBytes), assigningSchema);
    const { replace: isReplacing, by, dryRun: isDryRun } = body;
    const scopes = await requireScopes(deps, body);
    const tariff = await requireAssignable(deps, { ...body, evses: await evsesOf(store, body) });
    const current = await currentOf(store, scopes);
    const steps = isDryRun
      ? current.flatMap(([scope, offered]) => stepsToAssign(scope, offered, [body.tariffId], isReplacing))
      : await store.assignTariffs({
          scopes,
          tariffs: [{ tariffId: body.tariffId, tariff }],
          isReplacing,
          by,
          at: await readMoment(chain, now),
          atMs: now(),
        });
    if (!isDryRun) {
      await record(deps, operator, "tariff-assigned", body, { isReplacing });
      desk.note("tariff-assigned", { tariffId: body.tariffId, by, steps });
    }
    response.json(changeView(body.tariffId, isDryRun, current, steps));
  };
}

/** `POST /v1/tariff-assignments/unassign`: sessions that are open go on at their price. */
function unassign(deps: TariffAssignmentDeps): RequestHandler {
  const { store, chain, desk, now } = deps;
  return async (request, response) => {
    const operator = await deps.operators.require(request, response, "money", "tariff-unassigned");
    const body = parseBody(await readBody(request, bodyLimitBytes), changeSchema);
    const { by, dryRun: isDryRun } = body;
    const scopes = scopesOf(body);
    for (const evse of await evsesOf(store, body)) await requireEvse(deps, evse, body.operator);
    const current = await currentOf(store, scopes);
    const steps = isDryRun
      ? current.flatMap(([scope, offered]) => stepsToUnassign(scope, offered, body.tariffId))
      : await store.unassignTariff({
          scopes,
          tariffId: body.tariffId,
          by,
          at: await readMoment(chain, now),
          atMs: now(),
        });
    if (!isDryRun) {
      await record(deps, operator, "tariff-unassigned", body, {});
      desk.note("tariff-unassigned", { tariffId: body.tariffId, by, steps });
    }
    response.json(changeView(body.tariffId, isDryRun, current, steps));
  };
}

type Change = z.output<typeof changeSchema>;

/** Each EVSE or connector and each site that the change names. @throws ENVELOPE_INVALID */
function scopesOf({ evses, sites, ...change }: Change): readonly TariffScope[] {
  const { connector = null, group = null } = change;
  if (evses.length + sites.length === 0)
    throw new WattproofError("ENVELOPE_INVALID", "evses, sites: name one at least.");
  if (connector !== null && sites.length > 0) {
    throw new WattproofError("ENVELOPE_INVALID", "connector: a connector belongs to EVSEs, not to sites.");
  }
  const none: TariffScope = { evse: null, connector, site: null, group };
  return [...evses.map((evse) => ({ ...none, evse })), ...sites.map((site) => ({ ...none, site }))];
}

/** The scopes, if there is what they name. @throws ENVELOPE_INVALID, CONNECTOR_UNKNOWN, SITE_UNKNOWN, DRIVER_GROUP_UNKNOWN */
async function requireScopes({ store }: TariffAssignmentDeps, change: Change): Promise<readonly TariffScope[]> {
  const scopes = scopesOf(change);
  const { group } = change;
  if (group !== undefined && !(await store.hasDriverGroup(group))) {
    throw new WattproofError("DRIVER_GROUP_UNKNOWN", `Group ${group}.`);
  }
  for (const { evse, connector, site } of scopes) {
    if (site !== null && (await store.listEvsesOfSite(site)).length === 0) {
      throw new WattproofError("SITE_UNKNOWN", `Site ${site}.`);
    }
    if (evse === null || connector === null) continue;
    const place = await store.findStationOfEvse(evse);
    const reported = place === null ? [] : ((await store.findOcppStation(place.stationId))?.connectors ?? []);
    if (!reported.some((one) => one.evse === place?.stationEvse && one.connector === connector)) {
      throw new WattproofError("CONNECTOR_UNKNOWN", `Connector ${connector} of EVSE ${evse}.`);
    }
  }
  return scopes;
}

/** All EVSEs that the change is about. */
async function evsesOf(store: Store, { evses, sites }: Change): Promise<readonly number[]> {
  const ofSites = await Promise.all(sites.map((site) => store.listEvsesOfSite(site)));
  return [...new Set([...evses, ...ofSites.flat()])];
}

async function record(
  { store, now }: Pick<TariffAssignmentDeps, "store" | "now">,
  { keyId, name: keyName }: OperatorIdentity,
  action: string,
  { tariffId: subject, evses, sites, connector, group, by }: Change,
  more: object,
): Promise<void> {
  const details = JSON.stringify({
    ...(evses.length > 0 ? { evses } : {}),
    ...(sites.length > 0 ? { sites } : {}),
    ...{ connector, group, by },
    ...more,
  });
  await store.recordAction({ atMs: now(), keyId, keyName, action, subject, details });
}

/** `GET /v1/tariff-assignments`: what is assigned, by whom and since when, and which EVSEs have nothing. */
function listAssignments(deps: TariffAssignmentDeps): RequestHandler {
  const { store, chain, meters } = deps;
  return async (request, response) => {
    await deps.operators.require(request, response, "read");
    const query = assignmentsQuery.safeParse(request.query);
    if (!query.success) {
      const problems = query.error.issues.map((issue) => `${issue.path.join(".") || "query"}: ${issue.code}`);
      throw new WattproofError("QUERY_INVALID", problems.join("; ").slice(0, 300));
    }
    const { evse = null, ended, after: afterOrdinal, limit } = query.data;
    const assignments = await store.listTariffAssignments({ evse, isWithEnded: ended === "yes", afterOrdinal, limit });
    const asked = new Map<string, Promise<boolean>>();

    /** One question for each tariff of each operator, however many EVSEs have it. */
    async function isOffered(assignment: TariffAssignment): Promise<boolean> {
      const { scope } = assignment;
      const evse = scope.evse ?? (await store.listEvsesOfSite(scope.site ?? ""))[0];
      const operator = evse === undefined ? undefined : (await meters.readEvse(evse))?.operator;
      if (operator === undefined) return false;
      const key = `${operator} ${assignment.tariffId}`;
      const answer = asked.get(key) ?? chain.isOffered(operator, assignment.tariffId);
      asked.set(key, answer);
      return answer;
    }
    const views = [];
    for (const assignment of assignments) {
      const { scope, ...rest } = assignment;
      views.push({ ...rest, ...scope, isOffered: await isOffered(assignment) });
    }
    response.json({
      assignments: views,
      next: assignments.length === limit ? (assignments.at(-1)?.ordinal ?? null) : null,
      evsesWithoutTariff: await store.listEvsesWithoutTariff(pageLimit),
    });
  };
}

/** @throws TARIFF_UNPUBLISHED, TARIFF_NOT_OFFERED, TARIFF_TIME_UNAPPROVED, EVSE_UNREGISTERED, EVSE_OF_ANOTHER_OPERATOR */
export async function requireAssignable(
  deps: TariffAssignmentDeps,
  {
    tariffId: id,
    evses,
    operator,
  }: {
    readonly tariffId: string;
    readonly evses: readonly number[];
    readonly operator?: string | undefined;
  },
): Promise<Tariff> {
  const tariff = await deps.chain.readTariff(id);
  if (tariff === null) throw new WattproofError("TARIFF_UNPUBLISHED", `Tariff ${id}.`);
  const owners = new Map<string, number>();
  for (const evse of evses) owners.set(await requireEvse(deps, evse, operator), evse);
  for (const [owner, evse] of owners) {
    if (!(await deps.chain.isOffered(owner, id))) {
      throw new WattproofError("TARIFF_NOT_OFFERED", `Operator ${owner} of EVSE ${evse} does not offer tariff ${id}.`);
    }
  }
  if (hasTimePrice(tariff) && !deps.config.takesAnyTime)
    for (const evse of evses) await requireApprovedTime(deps, evse);
  return tariff;
}

/** @throws TARIFF_TIME_UNAPPROVED */
async function requireApprovedTime({ store, meters }: TariffAssignmentDeps, evse: number): Promise<void> {
  const meter = (await meters.readEvse(evse))?.activeMeter ?? 0;
  if ((await store.findMeterTime(meter)) !== null) return;
  const detail = meter === 0 ? `EVSE ${evse} has no active meter.` : `Meter ${meter} of EVSE ${evse}.`;
  throw new WattproofError("TARIFF_TIME_UNAPPROVED", detail);
}

/**
 * @returns the EVSE's operator
 * @throws EVSE_UNREGISTERED, EVSE_OF_ANOTHER_OPERATOR
 */
export async function requireEvse(
  deps: TariffAssignmentDeps,
  evse: number,
  operator: string | undefined,
): Promise<string> {
  const registered = await deps.meters.readEvse(evse);
  if (registered === null) throw new WattproofError("EVSE_UNREGISTERED", `EVSE ${evse}.`);
  const owner = getAddress(registered.operator);
  if (operator !== undefined && owner !== operator) {
    throw new WattproofError("EVSE_OF_ANOTHER_OPERATOR", `EVSE ${evse} is that of ${owner}, not of ${operator}.`);
  }
  return owner;
}

/** Scopes, and what each offers. */
type Offered = readonly (readonly [scope: TariffScope, tariffIds: readonly string[]])[];

async function currentOf(store: Store, scopes: readonly TariffScope[]): Promise<Offered> {
  return Promise.all(
    scopes.map(async (scope) => {
      const assignments = await store.listAssignmentsIn(scope);
      return [scope, assignments.filter(({ until }) => until === null).map((one) => one.tariffId)] as const;
    }),
  );
}

function changeView(id: string, isDryRun: boolean, current: Offered, changes: readonly AssignmentStep[]): object {
  const scopes = current.map(([scope, offered]) => ({ ...scope, tariffIds: tariffsAfter(scope, offered, changes) }));
  return { isDryRun, tariffId: id, changes, scopes };
}
