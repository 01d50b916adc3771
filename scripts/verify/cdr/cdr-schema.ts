import { z } from "zod";

/** No charging session has a number beyond this, in whatever currency; a double holds three decimals of it. */
const greatestNumber = 1_000_000_000_000;
const mostDecimals = 12;
/** A period each minute of the longest session that is served, 48 hours. */
const mostPeriods = 2_880;

const number = z
  .number()
  .refine((value) => Math.abs(value) <= greatestNumber && (value === 0 || Math.abs(value) >= 10 ** -mostDecimals));
const volume = number.refine((value) => value >= 0);

const tax = z.looseObject({ name: z.string(), percentage: number.optional(), amount: number });
/** Price of OCPI 2.2.1 (excl_vat) or of 2.3.0 (before_taxes), never of both. */
const price = z
  .looseObject({
    excl_vat: number.optional(),
    incl_vat: number.optional(),
    before_taxes: number.optional(),
    taxes: z.array(tax).optional(),
  })
  .refine(({ excl_vat: net221, before_taxes: net230 }) => net221 !== undefined || net230 !== undefined, "has no amount")
  .refine(
    ({ excl_vat: net221, before_taxes: net230 }) => net221 === undefined || net230 === undefined,
    "is of two versions",
  );

const dimension = z.looseObject({ type: z.string(), volume: number });
const period = z.looseObject({
  start_date_time: z.string(),
  dimensions: z.array(dimension).min(1),
  tariff_id: z.string().optional(),
});
const signedValue = z.looseObject({ nature: z.string(), plain_data: z.string().optional(), signed_data: z.string() });
const signedData = z.looseObject({
  encoding_method: z.string(),
  public_key: z.string().optional(),
  signed_values: z.array(signedValue).min(1),
});
const token = z.looseObject({ uid: z.string(), contract_id: z.string() });

/** A charge detail record (mod_cdrs) as far as it can be checked; both versions differ in the form of prices alone. */
export const cdrSchema = z.looseObject({
  country_code: z.string(),
  party_id: z.string(),
  id: z.string().min(1).max(39),
  start_date_time: z.string(),
  end_date_time: z.string(),
  session_id: z.string().optional(),
  cdr_token: token,
  auth_method: z.string(),
  authorization_reference: z.string().optional(),
  cdr_location: z.looseObject({}),
  currency: z.string().regex(/^[A-Z]{3}$/u),
  tariffs: z.array(z.unknown()).optional(),
  charging_periods: z.array(period).min(1).max(mostPeriods),
  signed_data: signedData.optional(),
  total_cost: price,
  total_fixed_cost: price.optional(),
  total_energy: volume,
  total_energy_cost: price.optional(),
  total_time: volume,
  total_time_cost: price.optional(),
  total_parking_time: volume.optional(),
  total_parking_cost: price.optional(),
  credit: z.boolean().optional(),
  credit_reference_id: z.string().optional(),
  last_updated: z.string(),
});

export type Cdr = z.infer<typeof cdrSchema>;
export type CdrPrice = z.infer<typeof price>;
