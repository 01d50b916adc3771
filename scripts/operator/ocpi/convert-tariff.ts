import { freeTariff, grossLimitOf, taxedAlike, type Tariff } from "../../../services/domain/tariff.ts";
import { scaled } from "./exact-number.ts";
import { ocpiTime } from "./ocpi-time.ts";
import { effectiveRestrictions } from "./restrictions.ts";
import type { OcpiPriceComponent, OcpiTariff } from "./tariff-schema.ts";

/** One part of an OCPI tariff, by its JSON path, and what becomes of it. */
export interface ElementVerdict {
  readonly path: string;
  /** `priced`: the contract prices it exactly. `informative`: says nothing of the price. `refused`: neither. */
  readonly verdict: "priced" | "informative" | "refused";
  readonly detail: string;
}

/** What of an OCPI tariff the contract can price. There is a tariff only if nothing is refused. */
export interface Conversion {
  readonly tariff: Tariff | null;
  readonly verdicts: readonly ElementVerdict[];
  /**
   * The step to which OCPI rounds energy up; 0 where there is none or the operator agreed to rounding down. The contract
   * charges the exact energy, which is less by a part of this step.
   */
  readonly roundsUpToWh: number;
}

/** What OCPI does not say, or says otherwise, and the operator decides. */
export interface ConversionChoices {
  /** The currency that one token stands for; `null`: whatever the tariff is in. */
  readonly currency: string | null;
  /** Steps of energy and time are rounded down, where OCPI rounds them up. */
  readonly roundsStepsDown: boolean;
  readonly chargesWithoutEnergy: boolean;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

const mostMicro = 2n ** 64n - 1n;

interface Draft {
  flatFeeMicro: bigint;
  priceNanoPerKwh: bigint;
  priceNanoPerChargingHour: bigint;
  energyStepWh: number;
  chargingStepSeconds: number;
  minimumMicro: bigint;
  maximumMicro: bigint;
}

/**
 * Translates a tariff of OCPI 2.2.1 or 2.3.0 (mod_tariffs) into the contract's. Whatever cannot be priced to the smallest
 * unit as OCPI would is refused by its path; nothing is rounded and nothing left out silently.
 */
export function convertTariff(ocpi: OcpiTariff, choices: ConversionChoices): Conversion {
  const verdicts: ElementVerdict[] = [];
  const say =
    (verdict: ElementVerdict["verdict"]) =>
    (path: string, detail: string): void => {
      verdicts.push({ path, verdict, detail });
    };
  const [priced, informative, refused] = [say("priced"), say("informative"), say("refused")];
  const draft: Draft = {
    flatFeeMicro: 0n,
    priceNanoPerKwh: 0n,
    priceNanoPerChargingHour: 0n,
    energyStepWh: 0,
    chargingStepSeconds: 0,
    minimumMicro: 0n,
    maximumMicro: 0n,
  };

  if (choices.currency !== null && ocpi.currency !== choices.currency) {
    refused("currency", `the tariff is in ${ocpi.currency}, and a token stands for ${choices.currency}`);
  }
  if (ocpi.type !== undefined && ocpi.type !== "REGULAR" && ocpi.type !== "AD_HOC_PAYMENT") {
    refused("type", `${ocpi.type} depends on the driver's charging preferences, which the contract does not know`);
  }
  const startsAt = ocpi.start_date_time === undefined ? 0 : ocpiTime(ocpi.start_date_time);
  if (startsAt === null) {
    refused("start_date_time", `${JSON.stringify(ocpi.start_date_time)} is no time like 2027-01-31T08:00:00Z`);
  } else if (startsAt > choices.nowSeconds) {
    refused("start_date_time", "a tariff is offered from its publication on; publish it then");
  }
  if (ocpi.end_date_time !== undefined) {
    refused("end_date_time", "a tariff is offered until it is retired; leave it out, and retire the tariff then");
  }
  for (const field of ["tariff_alt_text", "tariff_alt_url", "energy_mix"] as const) {
    if (ocpi[field] !== undefined) informative(field, "for people; it is not published");
  }
  if ("preauthorize_amount" in ocpi && ocpi.preauthorize_amount !== undefined) {
    informative("preauthorize_amount", "the driver chooses the hold");
  }

  const taxBps = convertTax(ocpi, priced, refused);
  const seen = new Map<OcpiPriceComponent["type"], string>();
  for (const [elementIndex, element] of ocpi.elements.entries()) {
    const restrictions = element.restrictions ?? {};
    const names = effectiveRestrictions(restrictions, choices.nowSeconds);
    for (const name of Object.keys(restrictions)) {
      const place = `elements[${elementIndex}].restrictions.${name}`;
      if (names.includes(name)) refused(place, "the contract prices the whole session alike");
      else informative(place, "it restricts nothing");
    }
    for (const [index, component] of element.price_components.entries()) {
      const path = `elements[${elementIndex}].price_components[${index}]`;
      const earlier = seen.get(component.type);
      if (names.length > 0) {
        refused(path, "it applies under restrictions only");
      } else if (earlier !== undefined) {
        refused(path, `it never applies: ${earlier} is of the same type and comes first`);
      } else {
        seen.set(component.type, path);
        convertComponent(component, path, choices, draft, priced, refused);
      }
    }
  }
  for (const limit of ["min_price", "max_price"] as const) {
    const price = ocpi[limit];
    if (price === undefined) continue;
    const before = "excl_vat" in price ? price.excl_vat : price.before_taxes;
    const after = "excl_vat" in price ? price.incl_vat : price.after_taxes;
    const names = "excl_vat" in price ? ["excl_vat", "incl_vat"] : ["before_taxes", "after_taxes"];
    const amount = scaled(before, 6);
    if (amount === null || amount < 0n || amount > mostMicro || (limit === "max_price" && amount === 0n)) {
      refused(`${limit}.${names[0] ?? ""}`, `${before} is no amount that the contract can hold as this limit`);
      continue;
    }
    // The contract limits the price before tax; with one rate of tax the other limit has to say the same.
    if (after !== undefined && !isTaxed(amount, after, taxBps)) {
      refused(`${limit}.${names[1] ?? ""}`, `${after} is not ${before} with the tax of ${taxBps / 100} %`);
    }
    if (limit === "min_price") draft.minimumMicro = amount;
    else draft.maximumMicro = amount;
    priced(limit, `${before} before tax`);
  }
  if (draft.maximumMicro !== 0n && draft.minimumMicro > draft.maximumMicro) {
    refused("min_price", "it is above max_price");
  }

  const isRefused = verdicts.some(({ verdict }) => verdict === "refused");
  const { chargesWithoutEnergy } = choices;
  const [energy] = ocpi.elements
    .flatMap((element) => element.price_components)
    .filter(({ type, price }) => type === "ENERGY" && price > 0);
  const roundsUpToWh = choices.roundsStepsDown && (energy?.step_size ?? 0) > 1 ? 0 : (energy?.step_size ?? 0);
  return {
    verdicts,
    roundsUpToWh,
    tariff: isRefused
      ? null
      : {
          ...freeTariff,
          ...draft,
          ...taxedAlike(taxBps),
          minimumGrossMicro: grossLimitOf(draft.minimumMicro, taxBps),
          maximumGrossMicro: grossLimitOf(draft.maximumMicro, taxBps),
          chargesWithoutEnergy,
        },
  };
}

type Say = (path: string, detail: string) => void;

/** The one rate of tax of all components that cost something. */
function convertTax(ocpi: OcpiTariff, priced: Say, refused: Say): number {
  let taxBps: number | null = null;
  for (const [elementIndex, element] of ocpi.elements.entries()) {
    for (const [index, { price, vat }] of element.price_components.entries()) {
      if (price === 0) continue;
      const path = `elements[${elementIndex}].price_components[${index}].vat`;
      const rate = vat === undefined ? 0n : scaled(vat, 2);
      if (rate === null || rate < 0n || rate > 10_000n) {
        refused(path, `${vat ?? 0} % is not a whole number of hundredths of a percent up to 100`);
      } else if (taxBps !== null && Number(rate) !== taxBps) {
        refused(path, `${vat ?? 0} %, and others have ${taxBps / 100} %: the contract knows one rate of tax`);
      } else {
        taxBps = Number(rate);
      }
    }
  }
  const rate = taxBps ?? 0;
  // 2.3.0 says of the whole tariff how it stands to taxes; what rate they have only the components say.
  const hasTax = "tax_included" in ocpi && ocpi.tax_included !== "N/A";
  const untold = ocpi.elements.some((element) =>
    element.price_components.some(({ price, vat }) => price !== 0 && vat === undefined),
  );
  if (hasTax && untold) {
    const reason =
      ocpi.tax_included === "YES"
        ? "prices contain a tax, and vat does not say how much: what is the price and what the tax cannot be told apart"
        : "a tax comes on top, and vat does not say how much: what a driver pays cannot be told before";
    refused("tax_included", `${reason} (N/A says that there is no tax, vat 0 that its rate is zero)`);
  } else if ("tax_included" in ocpi && ocpi.tax_included === "YES" && rate > 0) {
    refused("tax_included", "the contract adds the tax; give prices without it");
  }
  if ("tax_included" in ocpi && ocpi.tax_included === "N/A" && rate > 0) {
    refused("tax_included", "it says that there is no tax, and components have one");
  }
  if (rate > 0) priced("vat", `${rate / 100} % on everything`);
  return rate;
}

function convertComponent(
  { type, price, step_size: step }: OcpiPriceComponent,
  path: string,
  choices: ConversionChoices,
  draft: Draft,
  priced: Say,
  refused: Say,
): void {
  if (type === "PARKING_TIME" && price > 0) {
    refused(path, "no meter proves that a car was connected and did not charge");
    return;
  }
  const perUnit = scaled(price, type === "FLAT" ? 6 : 9);
  if (perUnit === null || perUnit < 0n || perUnit > mostMicro) {
    refused(`${path}.price`, `${price} is no amount with at most ${type === "FLAT" ? "six" : "nine"} decimals`);
    return;
  }
  // A step of one Wh is as good as none: the contract charges the exact energy, by a part of a Wh less than OCPI.
  const steps = type === "FLAT" || step <= 1 || price === 0 ? 0 : step;
  if (steps > 0 && !choices.roundsStepsDown) {
    refused(
      `${path}.step_size`,
      `OCPI rounds up to ${steps}, the contract rounds down (--round-steps-down agrees to that)`,
    );
    return;
  }
  if (type === "FLAT") draft.flatFeeMicro = perUnit;
  if (type === "ENERGY") [draft.priceNanoPerKwh, draft.energyStepWh] = [perUnit, steps];
  if (type === "TIME") [draft.priceNanoPerChargingHour, draft.chargingStepSeconds] = [perUnit, steps];
  const unit = { FLAT: "a session", ENERGY: "a kWh", TIME: "an hour of charging", PARKING_TIME: "an hour of parking" }[
    type
  ];
  priced(path, `${price} for ${unit}${steps > 0 ? `, in steps of ${steps} rounded down` : ""}`);
}

/** Whether the amount with tax is the one without it plus the tax, to the cent. */
function isTaxed(beforeMicro: bigint, after: number, taxBps: number): boolean {
  const afterMicro = scaled(after, 6);
  if (afterMicro === null) return false;
  const difference = beforeMicro * (10_000n + BigInt(taxBps)) - afterMicro * 10_000n;
  // People write limits in whole cents.
  return difference <= 50_000_000n && difference >= -50_000_000n;
}
