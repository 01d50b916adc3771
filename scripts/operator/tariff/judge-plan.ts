import { z } from "zod";

import { weekdays } from "../../../services/domain/local-time.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import {
  faultsOfPlan,
  mostPlanWindows,
  type PlanFault,
  type TariffPlan,
} from "../../../services/domain/tariff-plan.ts";
import { isFree, type Tariff } from "../../../services/domain/tariff.ts";
import type { ConversionChoices } from "../ocpi/conversion.ts";
import { calendarOf } from "../ocpi/moments.ts";
import { judgeTariff, refusalsOf } from "./read-tariff.ts";

/** A plan of our own form: tariffs by name, and when each applies. */
const ownPlan = z.strictObject({
  zone: z.string(),
  tariffs: z.record(z.string(), z.unknown()),
  windows: z
    .array(
      z.strictObject({
        tariff: z.string(),
        from: z.string().default("00:00"),
        to: z.string().default("00:00"),
        weekdays: z.array(z.enum(weekdays)).default([]),
        fromDate: z.string().nullable().default(null),
        toDate: z.string().nullable().default(null),
      }),
    )
    .min(1)
    .max(mostPlanWindows),
});

/** What a document says about prices that take turns. */
export interface JudgedPlan {
  /** `null` where something is refused. */
  readonly plan: TariffPlan | null;
  /** Of the plan, by their ids. */
  readonly tariffs: ReadonlyMap<string, Tariff>;
  readonly refusals: readonly PlanFault[];
  /** What keeps it from being published as it is. */
  readonly obstacles: readonly PlanFault[];
}

/** Whether a document is a plan of our own form. */
export function isOwnPlan(content: unknown): boolean {
  return typeof content === "object" && content !== null && "windows" in content;
}

/**
 * Judges a plan of our own form, or a tariff of OCPI as a plan: its restrictions by date, weekday and time of day become
 * windows, and what it prices within each becomes a tariff.
 * @param zone Of OCPI tariffs, which do not say it: their location does.
 */
export function judgePlan(
  content: unknown,
  choices: ConversionChoices,
  { zone, vat }: { readonly zone: string | null; readonly vat?: number | undefined },
): JudgedPlan {
  return isOwnPlan(content) ? judgeOwn(content, choices) : judgeOcpi(content, choices, zone, vat);
}

function judgeOwn(content: unknown, choices: ConversionChoices): JudgedPlan {
  const parsed = ownPlan.safeParse(content);
  if (!parsed.success) return refused(refusalsOf(parsed.error));
  const refusals: PlanFault[] = [];
  const tariffs = new Map<string, Tariff>();
  const ids = new Map<string, string>();
  for (const [name, document] of Object.entries(parsed.data.tariffs)) {
    const judged = judgeTariff(document, choices);
    for (const { path, detail } of judged.refusals) refusals.push({ path: `tariffs.${name}.${path}`, detail });
    if (judged.tariff === null) continue;
    const tariffId = tariffIdOf(judged.tariff);
    ids.set(name, tariffId);
    tariffs.set(tariffId, judged.tariff);
  }
  const windows = parsed.data.windows.map(({ tariff, from, to, ...days }, index) => {
    if (!(tariff in parsed.data.tariffs)) {
      refusals.push({ path: `windows[${index}].tariff`, detail: "no tariff of the plan has this name" });
    }
    return { tariffId: ids.get(tariff) ?? "", fromTime: from, toTime: to, ...days };
  });
  const plan = { zone: parsed.data.zone, windows };
  refusals.push(...faultsOfPlan(plan).map(({ path, detail }) => ({ path: ownPath(path), detail })));
  return { plan: refusals.length === 0 ? plan : null, tariffs, refusals, obstacles: [] };
}

/** The same place in our own form. */
function ownPath(path: string): string {
  return path.replace(/\.fromTime$/u, ".from").replace(/\.toTime$/u, ".to");
}

function judgeOcpi(content: unknown, choices: ConversionChoices, zone: string | null, vat?: number): JudgedPlan {
  const { ocpi, refusals: found, byElements, obstacles } = judgeTariff(content, choices, vat);
  if (ocpi === null || found.length > 0) return refused(found);
  if (zone === null) return refused([{ path: "elements", detail: "in which zone its times are is not said: --zone" }]);
  const tariffs = new Map<string, Tariff>();
  const refusals: PlanFault[] = [];
  const windows = calendarOf(ocpi, choices.nowSeconds).map(({ indices, ...when }) => {
    const tariff = byElements.get(indices.join());
    if (tariff === undefined || isFree(tariff)) {
      const detail = `at ${when.fromTime} of ${when.weekdays.join(" ") || "any day"} nothing has a price: there is a gap`;
      if (!refusals.some((fault) => fault.detail === detail)) refusals.push({ path: "elements", detail });
    }
    const tariffId = tariff === undefined ? "" : tariffIdOf(tariff);
    if (tariff !== undefined) tariffs.set(tariffId, tariff);
    return { tariffId, ...when };
  });
  const plan = { zone, windows };
  refusals.push(...faultsOfPlan(plan));
  return { plan: refusals.length === 0 ? plan : null, tariffs, refusals, obstacles };
}

function refused(refusals: readonly PlanFault[]): JudgedPlan {
  return { plan: null, tariffs: new Map(), refusals, obstacles: [] };
}
