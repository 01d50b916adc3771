import { clockOf } from "../../../services/domain/local-time.ts";
import { plannedTariffAt } from "../../../services/domain/tariff-plan.ts";
import { WattproofError } from "../../../services/errors.ts";
import { readJson } from "../../command-line/files.ts";
import { elementsAt, momentRestrictions } from "../ocpi/moments.ts";
import type { OcpiTariff } from "../ocpi/tariff-schema.ts";
import { isOwnPlan } from "./judge-plan.ts";
import { readPlan } from "./plan/read-plan.ts";
import { choicesOf, judgeTariff, readTariff, type TariffFile } from "./read-tariff.ts";

/**
 * Reads what a session costs by that begins at a time: a tariff, or of a plan the one whose turn it is.
 * @throws INPUT_UNREADABLE, USAGE_INVALID, TARIFF_NOT_PRICEABLE, TARIFF_PLAN_INVALID
 */
export function readTariffAt(
  path: string,
  options: Parameters<typeof readTariff>[1] & { readonly zone?: string | undefined },
  run: Parameters<typeof readTariff>[2],
  deploymentPath: string | null,
): Pick<TariffFile, "tariff" | "ocpi"> {
  const content = readJson(path);
  const atSeconds = options.at ?? Math.floor(Date.now() / 1_000);
  if (isOwnPlan(content)) {
    const unused = { margin: 0n, step: 1n };
    const { plan, tariffs } = readPlan(path, { ...options, ...unused }, run, deploymentPath, false);
    const { tariffId } = plannedTariffAt(plan, atSeconds);
    const tariff = tariffs.get(tariffId);
    if (tariff === undefined) throw new WattproofError("TARIFF_MISSING", tariffId);
    return { tariff, ocpi: null };
  }
  const choices = choicesOf({ ...options, currency: null, at: atSeconds });
  const judged = judgeTariff(content, choices, options.vat);
  const { ocpi, plans, refusals } = judged;
  if (ocpi === null || plans.length === 0 || refusals.length > 0) {
    return readTariff(path, options, run, deploymentPath, false);
  }
  const clock = clockOf(options.zone ?? "UTC");
  if (clock === null) throw new WattproofError("USAGE_INVALID", "--zone is no zone of the IANA's database.");
  const indices = elementsAt(ocpi, clock.momentAt(atSeconds), atSeconds);
  const tariff = judged.byElements.get(indices.join());
  if (tariff === undefined) throw new WattproofError("TARIFF_NOT_PRICEABLE", `${path}: nothing applies then.`);
  return { tariff, ocpi: withoutMoments(ocpi, indices) };
}

/** The elements that apply, without the restrictions by which they do. */
function withoutMoments(ocpi: OcpiTariff, indices: readonly number[]): OcpiTariff {
  const elements = ocpi.elements
    .filter((_element, index) => indices.includes(index))
    .map(({ restrictions = {}, ...element }) => ({
      ...element,
      restrictions: Object.fromEntries(Object.entries(restrictions).filter(([name]) => !momentRestrictions.has(name))),
    }));
  return { ...ocpi, elements };
}
