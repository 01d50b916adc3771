import { z } from "zod";

import type { TariffPlan } from "../../../../services/domain/tariff-plan.ts";
import type { Tariff } from "../../../../services/domain/tariff.ts";
import { WattproofError } from "../../../../services/errors.ts";
import { shown, tokens } from "../../../command-line/amounts.ts";
import { readBytes, readJson } from "../../../command-line/files.ts";
import { profilePathOf, readProfile } from "../../../command-line/profile.ts";
import type { OptionSpec, Run } from "../../../command-line/verb.ts";
import { scaled } from "../../ocpi/exact-number.ts";
import { planOfDayAhead } from "../day-ahead.ts";
import { judgePlan } from "../judge-plan.ts";
import { choicesOf, ocpiInput, ocpiOptions, readTariff, type TariffFile } from "../read-tariff.ts";

export const planOptions: readonly OptionSpec[] = [
  { flags: "--zone <zone>", description: "of OCPI tariffs: the IANA zone of their times, like Europe/Berlin" },
  { flags: "--base <file>", description: "of day-ahead prices: the tariff in which the price of energy changes" },
  { flags: "--margin <amount>", description: "of day-ahead prices: tokens per kWh on top; default 0" },
  {
    flags: "--step <amount>",
    description: "of day-ahead prices: rounds up to this, so that equal prices share a tariff; default 0.001",
  },
  ...ocpiOptions,
];
const perKwh = z
  .string()
  .regex(/^[0-9]{1,6}(\.[0-9]{1,9})?$/u, "must be an amount of tokens with at most nine decimals, like 0.05")
  .transform((text) => scaled(Number(text), 9) ?? 0n);
export const planInput = {
  zone: z.string().optional(),
  base: z.string().optional(),
  margin: perKwh.default(0n),
  step: perKwh.refine((step) => step > 0n, "must be more than nothing").default(1_000_000n),
  ...ocpiInput,
};
type PlanOptions = z.output<z.ZodObject<typeof planInput>> & { readonly at?: number | undefined };

/** A plan from a file, without faults, with its tariffs by their ids. */
export interface PlanFile {
  readonly plan: TariffPlan;
  readonly tariffs: ReadonlyMap<string, Tariff>;
}

/**
 * Reads a plan of our own form, a tariff of OCPI as a plan, or with `base` prices of coming days.
 * @param isPublished Whether nothing may keep it from being offered.
 * @throws INPUT_UNREADABLE, USAGE_INVALID, TARIFF_NOT_PRICEABLE, TARIFF_PLAN_INVALID
 */
export function readPlan(
  path: string,
  options: PlanOptions,
  run: Pick<Run, "output" | "environment">,
  deploymentPath: string | null,
  isPublished: boolean,
): PlanFile {
  const { base: basePath, margin, step, zone = null, vat } = options;
  if (basePath !== undefined) {
    const base: TariffFile = readTariff(basePath, options, run, deploymentPath, isPublished);
    const terms = { base: base.tariff, marginNanoPerKwh: margin, stepNanoPerKwh: step };
    return withPlan(planOfDayAhead(Buffer.from(readBytes(path)).toString("utf8"), terms), path);
  }
  const profile = deploymentPath === null ? undefined : readProfile(profilePathOf(deploymentPath, run.environment));
  const currency = options.currency ?? profile?.currency ?? null;
  const judged = judgePlan(readJson(path), choicesOf({ ...options, currency }), { zone, vat });
  const faults = [...judged.refusals, ...(isPublished ? judged.obstacles : [])];
  if (faults.length > 0) {
    const detail = faults.map((fault) => `${fault.path}: ${shown(fault.detail)}`).join("; ");
    throw new WattproofError("TARIFF_PLAN_INVALID", detail);
  }
  return withPlan(judged, path);
}

function withPlan(
  { plan, tariffs }: { readonly plan: TariffPlan | null } & Omit<PlanFile, "plan">,
  path: string,
): PlanFile {
  if (plan === null) throw new WattproofError("TARIFF_PLAN_INVALID", path);
  return { plan, tariffs };
}

/** The windows of a plan in words, a line each. */
export function planLines(
  { zone, windows }: TariffPlan,
  priceOf: (tariffId: string) => bigint | null,
): readonly string[] {
  return [
    `local time of ${zone}`,
    ...windows.map(({ tariffId, fromTime, toTime, weekdays, fromDate, toDate }) => {
      const hours = fromTime === toTime ? "all day" : `${fromTime}–${toTime}`;
      const days = weekdays.length === 0 ? "every day" : weekdays.map((day) => day.slice(0, 2)).join(" ");
      const dates = `${fromDate === null ? "" : ` from ${fromDate}`}${toDate === null ? "" : ` before ${toDate}`}`;
      const price = priceOf(tariffId);
      const priced = price === null ? "" : `  ${tokens(price).padStart(10)}`;
      return `  ${hours.padEnd(12)}${days.padEnd(22)}${tariffId.slice(0, 10)}${priced}${dates}`;
    }),
  ];
}
