import { z } from "zod";

const siteSchema = z.object({
  name: z.string(),
  operator: z.string(),
  street: z.string().optional(),
  town: z.string().optional(),
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  openingTimes: z.string().optional(),
  evses: z.array(
    z.object({
      evse: z.number(),
      plug: z.string().optional(),
      state: z.enum(["free", "occupied", "faulted", "offline", "unknown"]),
    }),
  ),
});
const sitesSchema = z.object({ sites: z.array(siteSchema) });

/** A place with chargers, in the operator's words. */
export type Site = z.infer<typeof siteSchema>;
export type Sites = readonly Site[];

const keptName = "wattproof.sites";

/** The operator's sites; what was told last where the service does not answer. */
export async function readSites(): Promise<Sites> {
  try {
    const response = await fetch("/v1/sites", { signal: AbortSignal.timeout(10_000) });
    const { sites } = sitesSchema.parse(await response.json());
    localStorage.setItem(keptName, JSON.stringify({ sites }));
    return sites;
  } catch {
    // Names of places are a comfort: without them the page shows numbers.
    return keptSites();
  }
}

function keptSites(): Sites {
  try {
    return sitesSchema.parse(JSON.parse(localStorage.getItem(keptName) ?? "")).sites;
  } catch {
    // Nothing was kept, or the browser keeps nothing.
    return [];
  }
}

/** Where a charger stands. */
export interface Place {
  readonly site: Site;
  /** How people call its plug; `null` where nobody says. */
  readonly plug: string | null;
}

/** `null` for a charger of which the operator has not said where it stands. */
export function placeOf(sites: Sites, evse: number): Place | null {
  for (const site of sites) {
    const found = site.evses.find((one) => one.evse === evse);
    if (found !== undefined) return { site, plug: plugName(found.plug) };
  }
  return null;
}

/** A site's name with its town, each once. */
export function nameOfSite({ name, town }: Site): string {
  return town === undefined || name.includes(town) ? name : `${name}, ${town}`;
}

const plugs: Readonly<Record<string, string>> = {
  IEC_62196_T1: "Type 1",
  IEC_62196_T1_COMBO: "CCS 1",
  IEC_62196_T2: "Type 2",
  IEC_62196_T2_COMBO: "CCS",
  CHADEMO: "CHAdeMO",
  SAE_J3400: "NACS",
  DOMESTIC_F: "Schuko",
  DOMESTIC_J: "T13",
};

/** The name that stands on plugs; OCPI's where there is none. */
export function plugName(plug: string | undefined): string | null {
  return plug === undefined ? null : (plugs[plug] ?? plug);
}

/** Words of a search, all of which must occur in what a site is called or where it stands. */
export function findSites(sites: Sites, typed: string): Sites {
  const words = comparable(typed)
    .split(" ")
    .filter((word) => word !== "");
  return sites.filter(({ name, operator, street = "", town = "" }) => {
    const said = comparable([name, operator, street, town].join(" "));
    return words.every((word) => said.includes(word));
  });
}

/** Accents and capitals are for the eye: Zürich, ZURICH. */
function comparable(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .trim();
}

export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** Sites with a position, the nearest first, with their distance in metres as the crow flies. */
export function nearestSites(
  sites: Sites,
  from: Position,
): readonly { readonly site: Site; readonly metres: number }[] {
  return sites
    .flatMap((site) => {
      const { latitude, longitude } = site;
      return latitude === undefined || longitude === undefined
        ? []
        : [{ site, metres: distanceOf(from, { latitude, longitude }) }];
    })
    .sort((left, right) => left.metres - right.metres);
}

/** The earth's mean radius (IUGG), in metres. */
const earthRadiusM = 6_371_009;

function distanceOf(from: Position, to: Position): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [north, east] = [radians(to.latitude - from.latitude), radians(to.longitude - from.longitude)];
  const half =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * earthRadiusM * Math.asin(Math.sqrt(half));
}
