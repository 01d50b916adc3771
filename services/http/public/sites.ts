import { readFileSync } from "node:fs";

import type { RequestHandler } from "express";
import { z } from "zod";

import { clockOf } from "../../domain/local-time.ts";
import { longCountryCodes } from "../../domain/ocpi/countries.ts";
import { WattproofError } from "../../errors.ts";
import type { Connections } from "../../ocpp/wire/connections.ts";
import { evseState } from "../../ocpp/words.ts";
import type { Store } from "../../store/store.ts";

/** What the fields of a site and of its charging points have to be. */
export const siteFields = {
  text: z.string().trim().min(1, "must have 1 to 120 characters").max(120, "must have 1 to 120 characters"),
  latitude: z.number().min(-90, "must be from -90 to 90").max(90, "must be from -90 to 90"),
  longitude: z.number().min(-180, "must be from -180 to 180").max(180, "must be from -180 to 180"),
  /** Plugs by their names in OCPI (`ConnectorType`). */
  plug: z.enum([
    "IEC_62196_T1",
    "IEC_62196_T1_COMBO",
    "IEC_62196_T2",
    "IEC_62196_T2_COMBO",
    "CHADEMO",
    "SAE_J3400",
    "DOMESTIC_F",
    "DOMESTIC_J",
  ]),
};
const { text, latitude, longitude, plug } = siteFields;
/** A connector as OCPI describes it. */
export const connectorSchema = z.strictObject({
  /** The EVSE's own number of it. */
  connector: z.int().min(1, "must be from 1 to 999").max(999, "must be from 1 to 999"),
  plug,
  format: z.enum(["SOCKET", "CABLE"]),
  powerType: z.enum(["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"]),
  /** With three phases between a phase and neutral. */
  maximumVoltageV: z.int().min(1).max(5_000),
  maximumCurrentA: z.int().min(1).max(5_000),
});
const connectors = z
  .array(connectorSchema)
  .min(1)
  .max(20)
  .refine((all) => new Set(all.map(({ connector }) => connector)).size === all.length, "must have different numbers");
const siteSchema = z.strictObject({
  /** By which tariffs are assigned to it, and others know it; `siteIdOf` gives one that has none its own. */
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,36}$/, "must have 1 to 36 letters, digits, dots, hyphens or underscores")
    .optional(),
  name: text,
  /** The name under which the operator is known to drivers. */
  operator: text,
  street: text.optional(),
  town: text.optional(),
  /** ISO 3166-1, three letters. */
  country: z
    .string()
    .refine((code) => longCountryCodes.has(code), "must be the three letters of a country of ISO 3166-1, such as DEU")
    .optional(),
  /** IANA, such as Europe/Berlin. */
  timeZone: z
    .string()
    .refine((zone) => clockOf(zone) !== null, "must be a time zone of IANA, such as Europe/Berlin")
    .optional(),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
  /** In the operator's words, as drivers read them: "every day", "Mon–Sat 7–20". */
  openingTimes: text.optional(),
  evses: z
    .array(
      z.strictObject({
        evse: z.int().positive().max(4_294_967_295),
        plug: plug.optional(),
        connectors: connectors.optional(),
      }),
    )
    .min(1)
    .max(200),
});
/** What `GET /v1/sites` answers. */
export const sitesAnswer = z.strictObject({
  sites: z.array(
    siteSchema.required({ id: true }).extend({
      evses: z.array(
        z.strictObject({
          evse: z.int().positive(),
          plug: plug.optional(),
          connectors: connectors.optional(),
          state: z.enum(["free", "occupied", "faulted", "offline", "unknown"]),
        }),
      ),
    }),
  ),
});
/** More would be a search of its own; an operator of this size shows several files to several services. */
const mostSites = 1_000;
/** The file that `WATTPROOF_SITES` names. */
export const sitesSchema = z
  .strictObject({ sites: z.array(siteSchema).max(mostSites) })
  .superRefine(({ sites }, context) => {
    const seen = new Set<number>();
    const ids = new Set<string>();
    for (const [index, site] of sites.entries()) {
      const { evses } = site;
      for (const { evse } of evses) {
        if (seen.has(evse))
          context.addIssue({ code: "custom", path: ["sites", index], message: `EVSE ${evse} is twice.` });
        seen.add(evse);
      }
      const id = siteIdOf(site);
      if (ids.has(id)) context.addIssue({ code: "custom", path: ["sites", index], message: `Site ${id} is twice.` });
      ids.add(id);
    }
  });

export type SiteConnector = z.infer<typeof connectorSchema>;

/** A place with chargers, as the operator describes it to drivers. */
export type Site = z.infer<typeof siteSchema>;

/** Its id; of a site that has none `site-` and the number of its first EVSE. */
export function siteIdOf({ id, evses }: Pick<Site, "id" | "evses">): string {
  return id ?? `site-${evses[0]?.evse ?? 0}`;
}

/**
 * Reads the operator's sites.
 * @throws CONFIGURATION_INVALID for a file that cannot be read or says something else
 */
export function readSites(path: string | null): readonly Site[] {
  if (path === null) return [];
  try {
    return sitesSchema.parse(JSON.parse(readFileSync(path, "utf8"))).sites;
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const detail = issue === undefined ? "It cannot be read as JSON." : `${issue.path.join(".")}: ${issue.message}`;
    throw new WattproofError("CONFIGURATION_INVALID", `WATTPROOF_SITES: ${detail}`, { cause });
  }
}

/** `GET /v1/sites`: where the operator's chargers stand, and which are free now. */
export function showSites(deps: {
  readonly sites: readonly Site[];
  readonly store: Pick<Store, "findStationOfEvse" | "findOcppStation">;
  readonly connections: Pick<Connections, "find">;
}): RequestHandler {
  const { sites, store, connections } = deps;
  async function stateOf(evse: number): Promise<string> {
    const place = await store.findStationOfEvse(evse);
    const station = place === null ? null : await store.findOcppStation(place.stationId);
    if (place === null || station === null) return "unknown";
    const isConnected = connections.find(place.stationId) !== undefined;
    return evseState(isConnected, place.stationEvse, station.connectors).state;
  }
  return async (_request, response) => {
    const shown = [];
    for (const site of sites) {
      const evses = [];
      for (const one of site.evses) evses.push({ ...one, state: await stateOf(one.evse) });
      shown.push({ ...site, id: siteIdOf(site), evses });
    }
    response.json({ sites: shown });
  };
}
