import type { Tariff } from "../tariff.ts";
import { money, time } from "./numbers.ts";
import { isUntaxed, tariffElements, type Json } from "./tariff-elements.ts";

export const ocpiVersions = ["2.2.1", "2.3.0"] as const;
export type OcpiVersion = (typeof ocpiVersions)[number];

/** The least or highest price of a tariff. */
export function limitOf(netMicro: bigint, grossMicro: bigint, version: OcpiVersion): Json {
  return version === "2.2.1"
    ? { excl_vat: money(netMicro), incl_vat: money(grossMicro) }
    : { before_taxes: money(netMicro), after_taxes: money(grossMicro) };
}

/** The limits that a published tariff has. */
export function limitsOf(tariff: Tariff, version: OcpiVersion): Json {
  const { minimumMicro, minimumGrossMicro, maximumMicro, maximumGrossMicro } = tariff;
  return {
    ...(minimumMicro > 0n ? { min_price: limitOf(minimumMicro, minimumGrossMicro, version) } : {}),
    ...(maximumMicro > 0n ? { max_price: limitOf(maximumMicro, maximumGrossMicro, version) } : {}),
  };
}

/** What a tariff is called in OCPI, and whose it is. */
export interface TariffHeading {
  readonly countryCode: string;
  readonly partyId: string;
  readonly id: string;
  readonly currency: string;
  /** For people, in English; empty where nothing has to be said. */
  readonly remarks: string;
  /** `AD_HOC_PAYMENT` where anybody pays by it; `null` leaves it out. */
  readonly type: "AD_HOC_PAYMENT" | null;
  /** Seconds since 1970. */
  readonly lastUpdatedSeconds: number;
}

/**
 * A tariff (mod_tariffs) of either version. Prices are before tax, with the rate of tax beside each.
 * @param limits Its limits; `free`: it costs nothing and has none.
 */
export function tariffDocument(
  tariff: Tariff,
  heading: TariffHeading,
  limits: Json | "free",
  version: OcpiVersion,
): Json {
  const { countryCode, partyId, id, currency, remarks, type, lastUpdatedSeconds } = heading;
  return {
    country_code: countryCode,
    party_id: partyId,
    id,
    currency,
    ...(type === null ? {} : { type }),
    ...(remarks === "" ? {} : { tariff_alt_text: [{ language: "en", text: remarks }] }),
    ...(limits === "free" ? {} : limits),
    elements: tariffElements(tariff, limits === "free"),
    ...(version === "2.3.0" ? { tax_included: isUntaxed(tariff) ? "N/A" : "NO" } : {}),
    last_updated: time(lastUpdatedSeconds),
  };
}

/** The first 36 digits of an id: what OCPI's CiString(36) and CiString(39) hold, and no two of them share. */
export function ocpiIdOf(sessionOrTariffId: string): string {
  return sessionOrTariffId.slice(2, 38);
}
