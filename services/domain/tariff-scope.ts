/** Where a tariff is offered, and to whom. An EVSE, of which a connector can be meant alone, or a site. */
export interface TariffScope {
  /** Number of the EVSE in the registry; `null` where a site is meant. */
  readonly evse: number | null;
  /** The EVSE's own number of the connector; `null`: each. */
  readonly connector: number | null;
  /** Id of the site, which stands for its EVSEs; `null` where an EVSE is meant. */
  readonly site: string | null;
  /** Name of the group of drivers; `null`: everybody. */
  readonly group: string | null;
}

/** The whole EVSE, for everybody. */
export function atEvse(evse: number): TariffScope {
  return { evse, connector: null, site: null, group: null };
}

const ranks = { site: 1, evse: 2, connector: 3, group: 4 };

/**
 * How specific a scope is. Of all tariffs that are assigned to a driver at a connector, those with the highest rank apply
 * and no others: what is for a group of the driver's comes before what is for everybody, whatever the place; then a
 * connector before its EVSE, and an EVSE before its site.
 */
export function rankOf({ connector, site, group }: TariffScope): number {
  const place = connector !== null ? ranks.connector : site === null ? ranks.evse : ranks.site;
  return place + (group === null ? 0 : ranks.group);
}

export function isSameScope(one: TariffScope, other: TariffScope): boolean {
  return (
    one.evse === other.evse && one.connector === other.connector && one.site === other.site && one.group === other.group
  );
}

/** For people: `EVSE 7`, `EVSE 7 connector 2`, `site town-hall`, each with its group. */
export function nameOfScope({ evse, connector, site, group }: TariffScope): string {
  const place =
    site === null ? `EVSE ${evse ?? ""}${connector === null ? "" : ` connector ${connector}`}` : `site ${site}`;
  return group === null ? place : `${place} for ${group}`;
}
