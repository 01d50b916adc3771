import type { RequestHandler } from "express";
import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";

/** What the operator's doors for meters' times need. */
export interface MeterTimeDeps {
  readonly store: Pick<Store, "approveMeterTime" | "withdrawMeterTime" | "listMeterTimes" | "recordAction">;
  readonly meters: Pick<MeterDirectory, "readMeter">;
  readonly desk: OperatorDesk;
  readonly operators: Operators;
  readonly now: () => number;
}

const pageLimit = 1_000;
const meterNumber = z
  .int()
  .min(1)
  .max(2 ** 32 - 1);
const digits = z.string().regex(/^(?:0|[1-9][0-9]{0,9})$/);
export const meterTimesQuery = z.strictObject({
  after: digits.transform(Number).default(0),
  limit: digits.transform(Number).pipe(z.number().min(1).max(pageLimit)).default(pageLimit),
});
export const timeApproval = z.strictObject({
  meter: meterNumber,
  /** The certificate or the type approval that says so. */
  reference: z.string().trim().min(1).max(200),
});
export const timeWithdrawal = z.strictObject({ meter: meterNumber });

/** The operator's doors for meters whose time may be used for prices. */
export function createMeterTimeDoors(deps: MeterTimeDeps): readonly HttpDoor[] {
  return [
    { path: "/v1/meter-times", method: "GET", handler: listMeterTimes(deps) },
    { path: "/v1/meter-times/approve", method: "POST", handler: approve(deps) },
    { path: "/v1/meter-times/withdraw", method: "POST", handler: withdraw(deps) },
  ];
}

function listMeterTimes({ store, operators }: MeterTimeDeps): RequestHandler {
  return async (request, response) => {
    await operators.require(request, response, "read");
    const query = meterTimesQuery.safeParse(request.query);
    if (!query.success) throw new WattproofError("QUERY_INVALID", "after, limit: whole numbers.");
    const { after, limit } = query.data;
    const approvals = await store.listMeterTimes(after, limit);
    response.json({ approvals, next: approvals.length === limit ? (approvals.at(-1)?.meter ?? null) : null });
  };
}

function approve({ store, meters, desk, operators, now }: MeterTimeDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "money", "meter-time-approved");
    const { meter, reference } = parseBody(await readBody(request, bodyLimitBytes), timeApproval);
    if ((await meters.readMeter(meter)) === null) throw new WattproofError("METER_UNREGISTERED", `Meter ${meter}.`);
    const approval = { meter, reference, approvedAtMs: now(), approvedBy: keyName };
    await store.approveMeterTime(approval);
    const entry = { atMs: now(), keyId, keyName, action: "meter-time-approved", subject: `meter ${meter}` };
    await store.recordAction({ ...entry, details: JSON.stringify({ reference }) });
    desk.note("meter-time-approved", { meter, reference });
    response.json(approval);
  };
}

/** Sessions that are open keep their price; new ones are no longer offered one that counts time. */
function withdraw({ store, desk, operators, now }: MeterTimeDeps): RequestHandler {
  return async (request, response) => {
    const { keyId, name: keyName } = await operators.require(request, response, "money", "meter-time-withdrawn");
    const { meter } = parseBody(await readBody(request, bodyLimitBytes), timeWithdrawal);
    const isWithdrawn = await store.withdrawMeterTime(meter);
    const entry = { atMs: now(), keyId, keyName, action: "meter-time-withdrawn", subject: `meter ${meter}` };
    await store.recordAction({ ...entry, details: JSON.stringify({ isWithdrawn }) });
    desk.note("meter-time-withdrawn", { meter, isWithdrawn });
    response.json({ meter, isWithdrawn });
  };
}
