import { ocpiIdOf, type OcpiVersion } from "../../../domain/ocpi/tariff-document.ts";
import type { Json } from "../../../domain/ocpi/tariff-elements.ts";
import { obstacleOfId } from "../../../domain/ocpi/evse-id.ts";
import { time } from "../../../domain/ocpi/numbers.ts";
import { siteIdOf, type Site, type SiteConnector } from "../sites.ts";
import type { OcpiStatus } from "./evse-status.ts";
import type { Stamps } from "./stamps.ts";

/** What of an EVSE is shown. */
export interface EvseFacts {
  readonly evse: number;
  /** As it is registered. */
  readonly evseId: string;
  readonly maximumPowerW: number;
  readonly status: OcpiStatus;
  readonly connectors: readonly { readonly described: SiteConnector; readonly tariffIds: readonly string[] }[];
}

/** A site of which everything is known that OCPI requires. */
export type CompleteSite = Site &
  Record<"street" | "town" | "country" | "timeZone", string> &
  Record<"latitude" | "longitude", number>;

/** Whose feed it is. */
export interface Party {
  readonly countryCode: string;
  readonly partyId: string;
}

/** An object of the feed, and when it changed last, in milliseconds since 1970. */
export interface Dated {
  readonly atMs: number;
  readonly object: Json;
}

const required = ["street", "town", "country", "timeZone", "latitude", "longitude"] as const;
/** Lengths that OCPI gives an address and a city. */
const mostCharacters = 45;
const positionDecimals = 6;

/** Which fields a site lacks that OCPI requires of a location; it is not shown without them. */
export function missingFieldsOf(site: Site): readonly string[] {
  return required.filter((name) => site[name] === undefined);
}

export function isComplete(site: Site): site is CompleteSite {
  return missingFieldsOf(site).length === 0;
}

/**
 * A site as a Location (mod_locations). What the operator does not say is absent.
 * @param evses Without those of which no connector can be shown.
 */
export function locationOf(
  site: CompleteSite,
  evses: readonly EvseFacts[],
  context: { readonly party: Party; readonly stamps: Stamps; readonly version: OcpiVersion },
): Dated {
  const { party, stamps, version } = context;
  const key = `${version} ${siteIdOf(site)}`;
  const dated = evses.flatMap((facts) => evseOf(facts, `${key} ${facts.evse}`, stamps, version) ?? []);
  const own = {
    country_code: party.countryCode,
    party_id: party.partyId,
    id: siteIdOf(site),
    publish: true,
    name: site.name,
    address: site.street.slice(0, mostCharacters).trim(),
    city: site.town.slice(0, mostCharacters).trim(),
    country: site.country,
    coordinates: {
      latitude: site.latitude.toFixed(positionDecimals),
      longitude: site.longitude.toFixed(positionDecimals),
    },
    ...(dated.length === 0 ? {} : { evses: dated.map(({ object }) => object) }),
    operator: { name: site.operator.slice(0, 100).trim() },
    time_zone: site.timeZone,
  };
  return withTime(own, stamps.stamp(key, own));
}

function evseOf(facts: EvseFacts, key: string, stamps: Stamps, version: OcpiVersion): Dated | null {
  const { evse, evseId, maximumPowerW, status } = facts;
  // OCPI 2.2.1 has no word for this plug.
  const shown = facts.connectors.filter(({ described }) => version !== "2.2.1" || described.plug !== "SAE_J3400");
  if (shown.length === 0) return null;
  const connectors = shown.map(({ described, tariffIds }) => {
    const own = {
      id: String(described.connector),
      standard: described.plug,
      format: described.format,
      power_type: described.powerType,
      max_voltage: described.maximumVoltageV,
      max_amperage: described.maximumCurrentA,
      max_electric_power: maximumPowerW,
      ...(tariffIds.length === 0 ? {} : { tariff_ids: tariffIds.map(ocpiIdOf) }),
    };
    return withTime(own, stamps.stamp(`${key} ${described.connector}`, own));
  });
  const own = {
    uid: String(evse),
    ...(obstacleOfId(evseId) === null ? { evse_id: evseId } : {}),
    status,
    connectors: connectors.map(({ object }) => object),
  };
  return withTime(own, stamps.stamp(key, own));
}

function withTime(own: Json, atMs: number): Dated {
  return { atMs, object: { ...own, last_updated: time(atMs / 1_000) } };
}
