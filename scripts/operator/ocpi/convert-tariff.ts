import type { Tariff } from "../../../services/domain/tariff.ts";
import { convertComponents } from "./convert-components.ts";
import { createVerdicts, type Conversion, type ConversionChoices, type Verdicts } from "./conversion.ts";
import { convertHeading } from "./convert-heading.ts";
import { convertLimits } from "./convert-limits.ts";
import { elementsByMoment, momentRestrictions, unreadableMoments } from "./moments.ts";
import { effectiveRestrictions } from "./restrictions.ts";
import type { OcpiTariff } from "./tariff-schema.ts";

/**
 * Translates a tariff of OCPI 2.2.1 or 2.3.0 (mod_tariffs) into the contract's. What cannot be priced as OCPI would is
 * refused by its path, and nothing is left out silently. One thing is dearer with OCPI, and said: volumes that it rounds up
 * to a step are charged as they are.
 */
export function convertTariff(ocpi: OcpiTariff, choices: ConversionChoices): Conversion {
  const verdicts = createVerdicts();
  const obstacles = convertHeading(ocpi, choices, verdicts);
  sayRestrictions(ocpi, choices, verdicts);

  const moments = elementsByMoment(ocpi, choices.nowSeconds) ?? [];
  const used = new Set<string>();
  const tariffs = new Map<string, Tariff>();
  const byElements = new Map<string, Tariff>();
  for (const indices of moments) {
    const parts = convertComponents(ocpi, indices, choices, verdicts, used);
    const tariff = convertLimits(ocpi, parts, verdicts);
    tariffs.set(JSON.stringify(tariff, textOfBigints), tariff);
    byElements.set(indices.join(), tariff);
  }
  sayUnused(ocpi, used, verdicts);
  const [only, ...others] = tariffs.values();
  sayMoments(ocpi, choices, others.length > 0 || only === undefined, verdicts);

  const isPriced = verdicts.all.every(({ verdict }) => verdict === "priced" || verdict === "informative");
  return { verdicts: verdicts.all, obstacles, byElements, tariff: isPriced && only !== undefined ? only : null };
}

function textOfBigints(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** Restrictions that no tariff of ours can have, and those that restrict nothing. */
function sayRestrictions(ocpi: OcpiTariff, choices: ConversionChoices, verdicts: Verdicts): void {
  for (const [index, { restrictions = {} }] of ocpi.elements.entries()) {
    const names = effectiveRestrictions(restrictions, choices.nowSeconds);
    const unreadable = unreadableMoments(restrictions);
    for (const name of Object.keys(restrictions)) {
      const path = `elements[${index}].restrictions.${name}`;
      if (unreadable.includes(name)) verdicts.refused(path, "it is no date, time or weekday of OCPI");
      else if (!names.includes(name)) verdicts.informative(path, "it restricts nothing");
      else if (name === "reservation") verdicts.refused(path, "a session here has no reservation that could be priced");
      else if (/_(?:power|current)$/u.test(name)) {
        verdicts.refused(path, "no meter proves which energy flowed at which power");
      } else if (!momentRestrictions.has(name) && !/_(?:kwh|duration)$/u.test(name)) {
        verdicts.refused(path, "it is not known here");
      }
    }
  }
}

/** Where the price depends on the time, a plan is needed; where it is the same at any time, it is not. */
function sayMoments(ocpi: OcpiTariff, choices: ConversionChoices, needsPlan: boolean, verdicts: Verdicts): void {
  for (const [index, { restrictions = {} }] of ocpi.elements.entries()) {
    for (const name of effectiveRestrictions(restrictions, choices.nowSeconds)) {
      if (!momentRestrictions.has(name)) continue;
      const path = `elements[${index}].restrictions.${name}`;
      if (needsPlan) verdicts.plan(path, "a price by time needs several tariffs, one after another");
      else verdicts.informative(path, "the price is the same at any time");
    }
  }
}

function sayUnused(ocpi: OcpiTariff, used: ReadonlySet<string>, verdicts: Verdicts): void {
  const refused = verdicts.all.filter(({ verdict }) => verdict === "refused").map(({ path }) => path);
  for (const [elementIndex, { price_components: components }] of ocpi.elements.entries()) {
    const element = `elements[${elementIndex}].`;
    if (refused.some((path) => path.startsWith(`${element}restrictions.`))) continue;
    for (const index of components.keys()) {
      const path = `${element}price_components[${index}]`;
      const isSaid = used.has(path) || refused.some((said) => said === path || said.startsWith(`${path}.`));
      if (!isSaid) verdicts.refused(path, "it never applies: another one of its type comes first, or its time is over");
    }
  }
}
