import { isAddress, getAddress, keccak256, toUtf8Bytes } from "ethers";
import type { RequestHandler } from "express";
import { z } from "zod";

import { weekdays } from "../../domain/local-time.ts";
import type { OperatorIdentity } from "../../domain/operator-key.ts";
import {
  faultsOfPlan,
  mostPlanWindows,
  plannedTariffAt,
  tariffIdsOf,
  type TariffPlan,
} from "../../domain/tariff-plan.ts";
import { atEvse } from "../../domain/tariff-scope.ts";
import type { Tariff } from "../../domain/tariff.ts";
import { WattproofError } from "../../errors.ts";
import { plannedBy, type PlanRoller } from "../../evidence/roll-plans.ts";
import { readMoment } from "../../evidence/tariff-directory.ts";
import type { PlanAssignment } from "../../store/tariff-plans.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { requireAssignable, requireEvse, type TariffAssignmentDeps } from "./tariff-assignments.ts";

/** What the operator's doors for plans need. */
export interface TariffPlanDeps extends TariffAssignmentDeps {
  readonly plans: Pick<PlanRoller, "rollPlans">;
}

const evseLimit = 1_000;
/** The windows of a plan and a thousand EVSEs. */
const bodyLimitBytes = 262_144;

const windowSchema = z.strictObject({
  tariffId: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((text) => text.toLowerCase()),
  fromTime: z.string().max(5),
  toTime: z.string().max(5),
  weekdays: z.array(z.enum(weekdays)).max(weekdays.length),
  fromDate: z.string().max(10).nullable(),
  toDate: z.string().max(10).nullable(),
});
export const planEndingSchema = z.strictObject({
  evses: z
    .array(
      z
        .int()
        .min(1)
        .max(2 ** 32 - 1),
    )
    .min(1)
    .max(evseLimit),
  operator: z.string().refine(isAddress).transform(getAddress).optional(),
  by: z
    .string()
    .regex(/^[\x20-\x7e]{1,100}$/)
    .default("operator"),
  dryRun: z.boolean().default(false),
});
export const planAssigningSchema = planEndingSchema.extend({
  plan: z.strictObject({ zone: z.string().max(60), windows: z.array(windowSchema).max(mostPlanWindows) }),
  replace: z.boolean().default(false),
});

/** The operator's doors for prices that take turns. */
export function createTariffPlanDoors(deps: TariffPlanDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/tariff-plans", method: "GET", handler: listPlans(deps) },
    { path: "/v1/tariff-plans/assign", method: "POST", handler: assignPlan(deps) },
    { path: "/v1/tariff-plans/end", method: "POST", handler: endPlans(deps) },
  ];
}

/** The same plan has the same id. */
export function planIdOf(plan: TariffPlan): string {
  return keccak256(toUtf8Bytes(JSON.stringify(plan)));
}

/** `POST /v1/tariff-plans/assign`: all of the EVSEs, or none where one of them cannot have one of the tariffs. */
function assignPlan(deps: TariffPlanDeps): RequestHandler {
  const { store, now } = deps;
  return async (request, response) => {
    const operator = await deps.operators.require(request, response, "money", "tariff-planned");
    const body = parseBody(await readBody(request, bodyLimitBytes), planAssigningSchema);
    const { plan, evses, by, dryRun: isDryRun, replace: isReplacing } = body;
    const faults = faultsOfPlan(plan).map(({ path, detail }) => `${path}: ${detail}`);
    if (faults.length > 0) throw new WattproofError("TARIFF_PLAN_INVALID", faults.join("; ").slice(0, 500));
    const tariffs: { readonly tariffId: string; readonly tariff: Tariff }[] = [];
    for (const tariffId of tariffIdsOf(plan)) {
      tariffs.push({ tariffId, tariff: await requireAssignable(deps, { ...body, tariffId }) });
    }
    const planId = planIdOf(plan);
    if (!isDryRun) {
      await endTariffs(deps, evses, isReplacing ? null : plannedBy);
      await store.assignPlan({ planId, plan, tariffs, evses, atMs: now(), by });
      await deps.plans.rollPlans();
      await record(deps, operator, "tariff-planned", planId, { evses, by, isReplacing });
    }
    response.json({ isDryRun, planId, ...turnOf(deps, plan), evses });
  };
}

/** `POST /v1/tariff-plans/end`: the EVSEs offer what is assigned to them besides, and nothing of their plan. */
function endPlans(deps: TariffPlanDeps): RequestHandler {
  const { store, now } = deps;
  return async (request, response) => {
    const operator = await deps.operators.require(request, response, "money", "tariff-plan-ended");
    const {
      evses,
      by,
      dryRun: isDryRun,
      operator: owner,
    } = parseBody(await readBody(request, bodyLimitBytes), planEndingSchema);
    for (const evse of evses) await requireEvse(deps, evse, owner);
    const planned = await store.listPlannedEvses();
    const having = evses.filter((evse) => planned.some((one) => one.evse === evse));
    if (!isDryRun) {
      await store.endPlans({ evses, atMs: now(), by });
      await endTariffs(deps, having, plannedBy);
      await record(deps, operator, "tariff-plan-ended", having.join(" "), { evses: having, by });
    }
    response.json({ isDryRun, evses: having });
  };
}

/** `GET /v1/tariff-plans`: which EVSEs have which plan, and whose turn it is. */
function listPlans(deps: TariffPlanDeps): RequestHandler {
  return async (request, response) => {
    await deps.operators.require(request, response, "read");
    const plans = new Map<string, { readonly first: PlanAssignment; readonly evses: number[] }>();
    for (const assignment of await deps.store.listPlannedEvses()) {
      const known = plans.get(assignment.planId);
      if (known === undefined) plans.set(assignment.planId, { first: assignment, evses: [assignment.evse] });
      else known.evses.push(assignment.evse);
    }
    response.json({
      plans: [...plans.values()].map(({ first: { planId, plan, assignedAtMs, assignedBy }, evses }) => ({
        ...{ planId, plan, evses, assignedAtMs, assignedBy },
        ...turnOf(deps, plan),
      })),
    });
  };
}

function turnOf(
  { now }: TariffPlanDeps,
  plan: TariffPlan,
): { readonly tariffId: string; readonly untilSeconds: number | null } {
  return plannedTariffAt(plan, Math.floor(now() / 1_000));
}

/** Ends what the EVSEs offer; with a name only what was assigned by it. */
async function endTariffs(deps: TariffPlanDeps, evses: readonly number[], by: string | null): Promise<void> {
  const { store, chain, now } = deps;
  for (const evse of evses) {
    for (const { tariffId, until, assignedBy } of await store.listAssignmentsIn(atEvse(evse))) {
      if (until !== null || (by !== null && assignedBy !== by)) continue;
      const at = await readMoment(chain, now);
      await store.unassignTariff({ scopes: [atEvse(evse)], tariffId, at, atMs: now(), by: plannedBy });
    }
  }
}

async function record(
  { store, now }: TariffPlanDeps,
  { keyId, name: keyName }: OperatorIdentity,
  action: string,
  subject: string,
  details: object,
): Promise<void> {
  await store.recordAction({ atMs: now(), keyId, keyName, action, subject, details: JSON.stringify(details) });
}
