import type { PriceBreakdown, Tariff } from "../../../services/domain/tariff.ts";

export const ocpiVersions = ["2.2.1", "2.3.0"] as const;
export type OcpiVersion = (typeof ocpiVersions)[number];

/** What a charge detail record of OCPI is made of. Times are seconds since 1970, amounts 10⁻⁶ token. */
export interface CdrSource {
  readonly id: string;
  readonly idTag: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly lastUpdatedSeconds: number;
  readonly currency: string;
  readonly countryCode: string;
  readonly partyId: string;
  readonly meterId: string;
  readonly tariffId: string;
  readonly tariff: Tariff;
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  readonly idleSeconds: number;
  readonly price: PriceBreakdown;
  /** The price, at most the hold. */
  readonly chargedMicro: bigint;
  /** CdrLocation, as the operator's file has it. */
  readonly location: Readonly<Record<string, unknown>>;
  /** Records that the meter signed, with the key; `null` without the service. */
  readonly evidence: { readonly publicKey: string; readonly records: readonly SignedText[] } | null;
}

export interface SignedText {
  readonly nature: "Start" | "End" | "Intermediate";
  /** The signed bytes as text. */
  readonly plain: string;
  readonly record: Uint8Array;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * A charge detail record (mod_cdrs) of OCPI 2.2.1 or 2.3.0. Numbers of OCPI have four decimals; the exact amounts are those
 * of the receipt.
 */
export function cdrOf(source: CdrSource, version: OcpiVersion): Json {
  const { price, tariff, chargedMicro } = source;
  // What the hold cut off is taken of the whole, and so its tax.
  const net = chargedMicro === price.grossMicro ? price.netMicro : withoutTax(chargedMicro, tariff.taxBps);
  return {
    ...identityOf(source),
    start_date_time: time(source.startSeconds),
    end_date_time: time(source.endSeconds),
    session_id: idOf(source.id),
    cdr_token: tokenOf(source),
    auth_method: "COMMAND",
    authorization_reference: source.idTag,
    cdr_location: source.location,
    meter_id: source.meterId,
    currency: source.currency,
    tariffs: [tariffOf(source, version)],
    charging_periods: periodsOf(source),
    ...(source.evidence === null ? {} : { signed_data: signedDataOf(source.evidence) }),
    total_cost: priceOf(net, chargedMicro, tariff, version),
    total_fixed_cost: taxed(price.flatFeeMicro, tariff, version),
    total_energy: kilowattHours(source.energyMicroWh),
    total_energy_cost: taxed(price.energyMicro, tariff, version),
    total_time: hours(source.chargingSeconds + source.idleSeconds),
    total_time_cost: taxed(price.chargingMicro, tariff, version),
    total_parking_time: hours(source.idleSeconds),
    total_parking_cost: taxed(price.idleMicro, tariff, version),
    last_updated: time(source.lastUpdatedSeconds),
  };
}

/**
 * All records of a session: the one of the settlement and, where the driver got money back, a credit CDR that takes all of
 * it back, and the one that takes its place (mod_cdrs, Credit CDRs).
 * @param creditedMicro What the driver got back, by refunds and challenges.
 */
export function cdrsOf(source: CdrSource, creditedMicro: bigint, version: OcpiVersion): readonly Json[] {
  const original = cdrOf(source, version);
  if (creditedMicro === 0n) return [original];
  const { tariff, chargedMicro, price } = source;
  const id = idOf(source.id);
  const net = chargedMicro === price.grossMicro ? price.netMicro : withoutTax(chargedMicro, tariff.taxBps);
  const leftMicro = chargedMicro > creditedMicro ? chargedMicro - creditedMicro : 0n;
  return [
    original,
    {
      ...original,
      // OCPI gives these ids three characters more.
      id: `${id}-C`,
      credit: true,
      credit_reference_id: id,
      total_cost: priceOf(-net, -chargedMicro, tariff, version),
    },
    {
      ...original,
      id: `${id.slice(0, 34)}-R`,
      remark: `Takes the place of ${id}: the driver got money back.`,
      total_cost: priceOf(withoutTax(leftMicro, tariff.taxBps), leftMicro, tariff, version),
    },
  ];
}

function identityOf({ id, countryCode, partyId }: CdrSource): Json {
  return { country_code: countryCode, party_id: partyId, id: idOf(id) };
}

/** The first 36 digits of the session id: what OCPI's CiString(36) and CiString(39) hold, and no two sessions share. */
function idOf(sessionId: string): string {
  return sessionId.slice(2, 38);
}

function tokenOf({ countryCode, partyId, idTag }: CdrSource): Json {
  return { country_code: countryCode, party_id: partyId, uid: idTag, type: "AD_HOC_USER", contract_id: idTag };
}

function periodsOf({
  startSeconds,
  tariffId,
  energyMicroWh,
  chargingSeconds,
  idleSeconds,
}: CdrSource): readonly Json[] {
  const dimensions = [{ type: "ENERGY", volume: kilowattHours(energyMicroWh) }];
  if (chargingSeconds > 0) dimensions.push({ type: "TIME", volume: hours(chargingSeconds) });
  if (idleSeconds > 0) dimensions.push({ type: "PARKING_TIME", volume: hours(idleSeconds) });
  return [{ start_date_time: time(startSeconds), dimensions, tariff_id: idOf(tariffId) }];
}

function tariffOf(
  { tariffId, tariff, currency, countryCode, partyId, lastUpdatedSeconds }: CdrSource,
  version: OcpiVersion,
): Json {
  const vat = tariff.taxBps / 100;
  const component = (type: string, price: number, step: number): Json => ({
    type,
    price,
    vat,
    step_size: Math.max(1, step),
  });
  const components = [
    component("FLAT", money(tariff.flatFeeMicro), 1),
    component("ENERGY", money(tariff.priceMicroPerKwh), tariff.energyStepWh),
    component("TIME", money(tariff.priceMicroPerChargingMinute * 60n), tariff.chargingStepSeconds),
    component("PARKING_TIME", money(tariff.priceMicroPerIdleMinute * 60n), tariff.idleStepSeconds),
  ].filter(({ price }) => price !== 0);
  const free = component("ENERGY", 0, 1);
  return {
    country_code: countryCode,
    party_id: partyId,
    id: idOf(tariffId),
    currency,
    ...(tariff.minimumMicro > 0n ? { min_price: taxed(tariff.minimumMicro, tariff, version, true) } : {}),
    ...(tariff.maximumMicro > 0n ? { max_price: taxed(tariff.maximumMicro, tariff, version, true) } : {}),
    elements: [{ price_components: components.length === 0 ? [free] : components }],
    ...(version === "2.3.0" ? { tax_included: tariff.taxBps === 0 ? "N/A" : "NO" } : {}),
    last_updated: time(lastUpdatedSeconds),
  };
}

function signedDataOf({ publicKey, records }: NonNullable<CdrSource["evidence"]>): Json {
  return {
    encoding_method: "OCMF",
    public_key: publicKey,
    signed_values: records.map(({ nature, plain, record }) => ({
      nature,
      plain_data: plain,
      signed_data: Buffer.from(record).toString("base64"),
    })),
  };
}

function taxed(netMicro: bigint, tariff: Tariff, version: OcpiVersion, isLimit = false): Json {
  return priceOf(netMicro, netMicro + (netMicro * BigInt(tariff.taxBps)) / 10_000n, tariff, version, isLimit);
}

function priceOf(
  netMicro: bigint,
  grossMicro: bigint,
  { taxBps }: Tariff,
  version: OcpiVersion,
  isLimit = false,
): Json {
  if (version === "2.2.1") return { excl_vat: money(netMicro), incl_vat: money(grossMicro) };
  if (isLimit) return { before_taxes: money(netMicro), after_taxes: money(grossMicro) };
  const tax = { name: "VAT", percentage: taxBps / 100, amount: money(grossMicro - netMicro) };
  return { before_taxes: money(netMicro), ...(taxBps === 0 ? {} : { taxes: [tax] }) };
}

function withoutTax(grossMicro: bigint, taxBps: number): bigint {
  return (grossMicro * 10_000n) / (10_000n + BigInt(taxBps));
}

/** OCPI's numbers of money have four decimals. */
function money(amountMicro: bigint): number {
  const isNegative = amountMicro < 0n;
  const rounded = ((isNegative ? -amountMicro : amountMicro) + 50n) / 100n;
  return Number(isNegative ? -rounded : rounded) / 10_000;
}

function kilowattHours(energyMicroWh: bigint): number {
  return Number((energyMicroWh + 50_000n) / 100_000n) / 10_000;
}

function hours(seconds: number): number {
  return Math.round((seconds / 3_600) * 10_000) / 10_000;
}

function time(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}
