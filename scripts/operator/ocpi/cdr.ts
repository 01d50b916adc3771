import type { PriceBreakdown, Tariff } from "../../../services/domain/tariff.ts";
import { hours, kilowattHours, time } from "../../../services/domain/ocpi/numbers.ts";
import { ocpiIdOf, type OcpiVersion } from "../../../services/domain/ocpi/tariff-document.ts";
import type { Json } from "../../../services/domain/ocpi/tariff-elements.ts";
import { partOf, priceOf } from "./prices.ts";
import type { SessionPeriod } from "./session-periods.ts";
import { amountsOf, sessionTariffOf } from "./session-tariff.ts";

/** What a session delivered and cost, as of its settlement or of a correction. Amounts are 10⁻⁶ token. */
export interface CdrContent {
  /** Seconds since 1970: the meter's where it vouches for them, else the blocks'. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  readonly connectedSeconds: number;
  /** What the tariff gives for that. */
  readonly price: PriceBreakdown;
  /** The price, at most the hold, without what the driver got back. */
  readonly chargedMicro: bigint;
  /** What of the price the driver got back; 0 where nothing was. */
  readonly creditedMicro: bigint;
  /** What the meter signed of that; `null` where it is not known here. */
  readonly evidence: {
    readonly publicKey: string;
    readonly encodingMethod: string;
    readonly records: readonly SignedText[];
  } | null;
}

/** Money that the driver got back after the settlement, and what holds since. */
export interface CdrCorrection {
  readonly atSeconds: number;
  /** What came back this time. */
  readonly backMicro: bigint;
  /** For people: why. */
  readonly remark: string;
  readonly content: CdrContent;
}

/** What a charge detail record of OCPI is made of, whatever was corrected. */
export interface CdrSource {
  readonly id: string;
  readonly idTag: string;
  /** When the session was settled, in seconds since 1970. */
  readonly lastUpdatedSeconds: number;
  readonly currency: string;
  readonly countryCode: string;
  readonly partyId: string;
  readonly meterId: string;
  readonly tariffId: string;
  readonly tariff: Tariff;
  /** CdrLocation, as the operator's file has it. */
  readonly location: Readonly<Record<string, unknown>>;
  /** As it was settled. */
  readonly settled: CdrContent;
  /** In the order of the chain. */
  readonly corrections: readonly CdrCorrection[];
}

export interface SignedText {
  readonly nature: "Start" | "End" | "Intermediate";
  /** The signed bytes as text. */
  readonly plain: string;
  readonly record: Uint8Array;
}

/** A charge detail record, and when it came to be. */
export interface DatedCdr {
  readonly atSeconds: number;
  readonly cdr: Json;
}

/**
 * The charge detail records (mod_cdrs) of a session in OCPI 2.2.1 or 2.3.0: the one of the settlement, and for each correction
 * a credit CDR that takes back the whole record before it, and one that takes its place (mod_cdrs, Credit CDRs).
 */
export function cdrsOf(source: CdrSource, version: OcpiVersion): readonly DatedCdr[] {
  let id = ocpiIdOf(source.id);
  let cdr = cdrOf(source, source.settled, id, source.lastUpdatedSeconds, null, version);
  const all: DatedCdr[] = [{ atSeconds: source.lastUpdatedSeconds, cdr }];
  let content = source.settled;
  for (const [index, correction] of source.corrections.entries()) {
    const { netMicro, grossMicro } = amountsOf(content);
    const { atSeconds, remark } = correction;
    const credit = {
      ...cdr,
      // OCPI gives these ids three characters more.
      id: `${id}-C`,
      credit: true,
      credit_reference_id: id,
      total_cost: priceOf(-netMicro, -grossMicro, source.tariff, version),
      last_updated: time(atSeconds),
    };
    const suffix = index === 0 ? "-R" : `-R${index + 1}`;
    const replaced = id;
    id = `${ocpiIdOf(source.id).slice(0, 36 - suffix.length)}${suffix}`;
    content = correction.content;
    cdr = cdrOf(source, content, id, atSeconds, `Takes the place of ${replaced}: ${remark}`, version);
    all.push({ atSeconds, cdr: credit }, { atSeconds, cdr });
  }
  return all;
}

function cdrOf(
  source: CdrSource,
  content: CdrContent,
  id: string,
  lastUpdatedSeconds: number,
  remark: string | null,
  version: OcpiVersion,
): Json {
  const { tariff, idTag, countryCode, partyId } = source;
  const { chargingSeconds, connectedSeconds, energyMicroWh, startSeconds } = content;
  const { netMicro, grossMicro } = amountsOf(content);
  const priced = sessionTariffOf(source, content, { cdrId: id, publishedId: ocpiIdOf(source.tariffId) }, version);
  const { FLAT: flat, ENERGY: energy, TIME: charging, PARKING_TIME: parking } = priced.price.components;
  const remarks = [...(remark === null ? [] : [remark]), ...priced.reasons];
  return {
    country_code: countryCode,
    party_id: partyId,
    id,
    start_date_time: time(content.startSeconds),
    end_date_time: time(content.endSeconds),
    session_id: ocpiIdOf(source.id),
    cdr_token: { country_code: countryCode, party_id: partyId, uid: idTag, type: "AD_HOC_USER", contract_id: idTag },
    auth_method: "COMMAND",
    authorization_reference: idTag,
    cdr_location: source.location,
    meter_id: source.meterId,
    currency: source.currency,
    tariffs: [priced.tariff],
    charging_periods: periodsOf(startSeconds, priced.periods, priced.id),
    ...(content.evidence === null ? {} : { signed_data: signedDataOf(content.evidence) }),
    total_cost: priceOf(netMicro, grossMicro, tariff, version),
    // Parts are what the record's tariff gives, before its limits.
    total_fixed_cost: partOf(flat, tariff, version),
    total_energy: kilowattHours(energyMicroWh),
    total_energy_cost: partOf(energy, tariff, version),
    total_time: hours(connectedSeconds),
    total_time_cost: partOf(charging, tariff, version),
    total_parking_time: hours(connectedSeconds - chargingSeconds),
    total_parking_cost: partOf(parking, tariff, version),
    // OCPI has room for 255 characters.
    ...(remarks.length === 0 ? {} : { remark: remarks.join(" ").slice(0, 255) }),
    last_updated: time(lastUpdatedSeconds),
  };
}

/** In a period of OCPI a car charges or it does not. The chain knows how long both lasted; charging is put first. */
function periodsOf(startSeconds: number, periods: readonly SessionPeriod[], tariffId: string): readonly Json[] {
  return periods.map(({ afterSeconds, seconds, isCharging, energyMicroWh }) => {
    const energy = energyMicroWh === null ? [] : [{ type: "ENERGY", volume: kilowattHours(energyMicroWh) }];
    const lasting = seconds === 0 ? [] : [{ type: isCharging ? "TIME" : "PARKING_TIME", volume: hours(seconds) }];
    return {
      start_date_time: time(startSeconds + afterSeconds),
      dimensions: [...energy, ...lasting],
      tariff_id: tariffId,
    };
  });
}

function signedDataOf({ publicKey, encodingMethod, records }: NonNullable<CdrContent["evidence"]>): Json {
  return {
    encoding_method: encodingMethod,
    public_key: publicKey,
    signed_values: records.map(({ nature, plain, record }) => ({
      nature,
      plain_data: plain,
      signed_data: Buffer.from(record).toString("base64"),
    })),
  };
}
