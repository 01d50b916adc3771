import { z } from "zod";

import { weekdays } from "../../domain/local-time.ts";
import { address, count, evseNumber, hash, timeMs } from "./values.ts";

const moment = z.object({ blockNumber: z.int(), atSeconds: z.number() });
/** Where a tariff is offered, and to whom: an EVSE or a connector of it, or a site. */
const scope = {
  evse: evseNumber.nullable(),
  connector: count.nullable(),
  site: z.string().nullable(),
  group: z.string().nullable(),
};
export const assignmentChangeAnswer = z.object({
  isDryRun: z.boolean(),
  tariffId: hash,
  changes: z.array(z.object({ ...scope, tariffId: hash, step: z.enum(["assigned", "ended"]) })),
  scopes: z.array(z.object({ ...scope, tariffIds: z.array(hash) })),
});
export const driverGroupsAnswer = z.object({
  members: z.array(
    z.object({ ordinal: count, group: z.string(), driver: address, addedAtMs: timeMs, addedBy: z.string() }),
  ),
  next: count.nullable(),
});
export const driversAddedAnswer = z.object({ group: z.string(), added: z.array(address) });
export const driversRemovedAnswer = z.object({ group: z.string(), removed: z.array(address) });
const tariffPlan = z.object({
  zone: z.string(),
  windows: z.array(
    z.object({
      tariffId: hash,
      fromTime: z.string(),
      toTime: z.string(),
      weekdays: z.array(z.enum(weekdays)),
      fromDate: z.string().nullable(),
      toDate: z.string().nullable(),
    }),
  ),
});
const planTurn = { planId: hash, tariffId: hash, untilSeconds: count.nullable(), evses: z.array(evseNumber) };
export const planChangeAnswer = z.object({ isDryRun: z.boolean(), ...planTurn });
export const planEndAnswer = z.object({ isDryRun: z.boolean(), evses: z.array(evseNumber) });
export const plansAnswer = z.object({
  plans: z.array(z.object({ plan: tariffPlan, ...planTurn, assignedAtMs: timeMs, assignedBy: z.string() })),
});
export const assignmentsAnswer = z.object({
  assignments: z.array(
    z.object({
      ordinal: count,
      ...scope,
      tariffId: hash,
      since: moment,
      until: moment.nullable(),
      assignedAtMs: timeMs,
      assignedBy: z.string(),
      endedAtMs: timeMs.nullable(),
      endedBy: z.string().nullable(),
      isOffered: z.boolean(),
    }),
  ),
  next: count.nullable(),
  evsesWithoutTariff: z.array(evseNumber),
});

/** That a meter's time may be used for prices. */
export const meterTimeAnswer = z.object({
  meter: count,
  reference: z.string(),
  approvedAtMs: timeMs,
  approvedBy: z.string(),
});
export const meterTimesAnswer = z.object({ approvals: z.array(meterTimeAnswer), next: count.nullable() });
export const meterTimeEndAnswer = z.object({ meter: count, isWithdrawn: z.boolean() });
