import { z } from "zod";

/** Far beyond what anybody writes, so that a hostile file is refused before it takes its time. */
const mostElements = 100;
const mostComponents = 20;
const mostDepth = 32;

const price221 = z.strictObject({ excl_vat: z.number(), incl_vat: z.number().optional() });
/** OCPI 2.3.0. */
const priceLimit230 = z.strictObject({ before_taxes: z.number(), after_taxes: z.number().optional() });

const component = z.strictObject({
  type: z.enum(["ENERGY", "FLAT", "PARKING_TIME", "TIME"]),
  price: z.number(),
  vat: z.number().optional(),
  step_size: z.int().nonnegative(),
});
/** TariffRestrictions. What is not known here is kept, so that it can be refused by its name. */
const restrictions = z.looseObject({
  start_time: z.string().optional(),
  end_time: z.string().optional(),
  start_date: z.string().optional(),
  end_date: z.string().optional(),
  min_kwh: z.number().nonnegative().optional(),
  max_kwh: z.number().nonnegative().optional(),
  min_current: z.number().optional(),
  max_current: z.number().optional(),
  min_power: z.number().optional(),
  max_power: z.number().optional(),
  min_duration: z.int().nonnegative().optional(),
  max_duration: z.int().nonnegative().optional(),
  day_of_week: z.array(z.string()).optional(),
  reservation: z.string().optional(),
});
const element = z.strictObject({
  price_components: z.array(component).min(1).max(mostComponents),
  restrictions: restrictions.optional(),
});
const common = {
  country_code: z.string(),
  party_id: z.string(),
  id: z.string(),
  currency: z.string(),
  type: z.string().optional(),
  tariff_alt_text: z.array(z.unknown()).optional(),
  tariff_alt_url: z.string().optional(),
  elements: z.array(element).min(1).max(mostElements),
  start_date_time: z.string().optional(),
  end_date_time: z.string().optional(),
  energy_mix: z.unknown().optional(),
  /** Says nothing of the price; the examples of the specification leave it out at times. */
  last_updated: z.string().optional(),
};

/**
 * The document without members that are `null`: what is optional and has no value is written so by many systems, and OCPI
 * knows no other meaning of it. What lies deeper than any document of OCPI is left as it is.
 */
export function withoutNulls(content: unknown, depth = mostDepth): unknown {
  if (depth === 0) return content;
  if (Array.isArray(content)) return content.map((item) => withoutNulls(item, depth - 1));
  if (typeof content !== "object" || content === null) return content;
  const members = Object.entries(content).filter(([, value]) => value !== null);
  return Object.fromEntries(members.map(([name, value]): [string, unknown] => [name, withoutNulls(value, depth - 1)]));
}

/** A tariff of OCPI 2.2.1 (§11.3.1). Unknown fields are refused: they could be about money. */
export const tariff221 = z.strictObject({
  ...common,
  min_price: price221.optional(),
  max_price: price221.optional(),
});

/** A tariff of OCPI 2.3.0. */
export const tariff230 = z.strictObject({
  ...common,
  min_price: priceLimit230.optional(),
  max_price: priceLimit230.optional(),
  tax_included: z.enum(["YES", "NO", "N/A"]),
  preauthorize_amount: z.number().optional(),
});

/** Whichever of the two versions it is: only 2.3.0 has `tax_included`, and it has to be there. */
export type OcpiTariff = z.infer<typeof tariff221> | z.infer<typeof tariff230>;
export type OcpiRestrictions = z.infer<typeof restrictions>;
export type OcpiPriceComponent = z.infer<typeof component>;

/** A tariff of 2.3.0 that stands in a relation to a tax, with the rate where its components leave it out. */
export function withVat(tariff: OcpiTariff, percent: number): OcpiTariff {
  if (!("tax_included" in tariff) || tariff.tax_included === "N/A") return tariff;
  const elements = tariff.elements.map((element) => ({
    ...element,
    price_components: element.price_components.map((component) => ({ vat: percent, ...component })),
  }));
  return { ...tariff, elements };
}
