import {
  ocpiIdOf,
  limitsOf,
  ocpiVersions,
  tariffDocument,
  type OcpiVersion,
} from "../../../domain/ocpi/tariff-document.ts";
import { isFree, type Tariff } from "../../../domain/tariff.ts";
import type { MeterDirectory } from "../../../evidence/meter-directory.ts";
import type { TariffDirectory } from "../../../evidence/tariff-directory.ts";
import type { Logger } from "../../../observability/logger.ts";
import type { StationPresence } from "../../../ocpp/station-presence.ts";
import { evseState } from "../../../ocpp/words.ts";
import type { Store } from "../../../store/store.ts";
import { siteIdOf, type Site } from "../sites.ts";
import { ocpiStatusOf, type OcpiStatus } from "./evse-status.ts";
import { isComplete, locationOf, missingFieldsOf, type Dated, type EvseFacts, type Party } from "./location.ts";
import { shareNext } from "./share-next.ts";
import { createStamps } from "./stamps.ts";
import { remarksOf } from "./tariff-remarks.ts";

/** What is shown now, in the order of the operator's file. */
export interface Feed {
  readonly locations: readonly Dated[];
  readonly tariffs: readonly Dated[];
}

export interface FeedDeps {
  readonly store: Pick<Store, "findStationOfEvse" | "findOcppStation" | "listChargingTransactions">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "listOffers">;
  readonly presence: StationPresence;
  readonly sites: readonly Site[];
  readonly party: Party;
  readonly currency: string;
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Reads places, states and prices for anybody. A site or an EVSE of which something is not known that OCPI requires is left
 * out, and the log says at the start what is missing.
 */
export function createFeed(deps: FeedDeps): (version: OcpiVersion) => Promise<Feed> {
  const { store, meters, tariffs, presence, sites, party, currency, now, log } = deps;
  const stamps = createStamps(now);
  const shown = sites.filter(isComplete);
  tellMissing(sites, log);

  async function readStatus(evse: number): Promise<OcpiStatus> {
    const place = await store.findStationOfEvse(evse);
    const station = place === null ? null : await store.findOcppStation(place.stationId);
    if (place === null || station === null) return "UNKNOWN";
    const isConnected = (await presence.find(place.stationId)) !== null;
    const { state, status } = evseState(isConnected, place.stationEvse, station.connectors);
    const transactions = state === "occupied" ? await store.listChargingTransactions(place.stationId) : [];
    const isCharging = transactions.some(({ isOpen, evse: at }) => isOpen && at === place.stationEvse);
    return ocpiStatusOf(state, status, isCharging);
  }

  /** `null`: nobody could charge there, or the operator does not describe its connectors. */
  async function readFacts(
    { evse, connectors }: Site["evses"][number],
    offered: Map<string, Tariff>,
  ): Promise<EvseFacts | null> {
    const registered = connectors === undefined ? null : await meters.readEvse(evse);
    if (connectors === undefined || registered === null) return null;
    const priced: EvseFacts["connectors"][number][] = [];
    for (const described of connectors) {
      const offers = await tariffs.listOffers(evse, { driver: null, connector: described.connector });
      for (const { tariffId, tariff } of offers) offered.set(tariffId, tariff);
      priced.push({ described, tariffIds: offers.map(({ tariffId }) => tariffId) });
    }
    const { evseId, maximumPowerW } = registered;
    return { evse, evseId, maximumPowerW, status: await readStatus(evse), connectors: priced };
  }

  function tariffOf(tariffId: string, tariff: Tariff, version: OcpiVersion): Dated {
    const limits = isFree(tariff) ? "free" : limitsOf(tariff, version);
    const heading = {
      ...{ ...party, id: ocpiIdOf(tariffId), currency, remarks: remarksOf(tariff, currency) },
      type: "AD_HOC_PAYMENT" as const,
    };
    const write = (atMs: number) =>
      tariffDocument(tariff, { ...heading, lastUpdatedSeconds: atMs / 1_000 }, limits, version);
    const atMs = stamps.stamp(`${version} tariff ${tariffId}`, write(0));
    return { atMs, object: write(atMs) };
  }

  const readAll = shareNext(async (): Promise<ReadonlyMap<OcpiVersion, Feed>> => {
    const offered = new Map<string, Tariff>();
    const places: { readonly site: (typeof shown)[number]; readonly evses: readonly EvseFacts[] }[] = [];
    for (const site of shown) {
      const evses: EvseFacts[] = [];
      for (const one of site.evses) {
        const facts = await readFacts(one, offered);
        if (facts !== null) evses.push(facts);
      }
      places.push({ site, evses });
    }
    const feeds = ocpiVersions.map((version): readonly [OcpiVersion, Feed] => {
      const context = { party, stamps, version };
      const locations = places.map(({ site, evses }) => locationOf(site, evses, context));
      return [version, { locations, tariffs: [...offered].map(([id, tariff]) => tariffOf(id, tariff, version)) }];
    });
    stamps.endReading();
    return new Map(feeds);
  });

  return async (version) => (await readAll()).get(version) ?? { locations: [], tariffs: [] };
}

function tellMissing(sites: readonly Site[], log: Logger): void {
  for (const site of sites) {
    const missing = missingFieldsOf(site);
    const undescribed = site.evses.filter(({ connectors }) => connectors === undefined).map(({ evse }) => evse);
    if (missing.length === 0 && undescribed.length === 0) continue;
    log.warn({ site: siteIdOf(site), missing, evsesWithoutConnectors: undescribed }, "open-data");
  }
}
