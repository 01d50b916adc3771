import { existsSync, writeFileSync } from "node:fs";

import { sitesSchema, type Site } from "../../../services/http/public/sites.ts";
import { WattproofError } from "../../../services/errors.ts";
import { readJson } from "../../command-line/files.ts";
import type { ImportedPoint } from "./progress-of-line.ts";

/**
 * Writes the sites of the charging points into the file that `WATTPROOF_SITES` names for the service. What it says of other
 * charging points stays.
 * @returns how many sites the file has now.
 * @throws INPUT_UNREADABLE if the file says something else, or cannot be written
 */
export function writeSites(path: string, points: readonly ImportedPoint[]): number {
  const imported = sitesOf(points);
  const moved = new Set(imported.flatMap(({ evses }) => evses.map(({ evse }) => evse)));
  const sites: Site[] = [];
  for (const site of readSites(path)) {
    const evses = site.evses.filter(({ evse }) => !moved.has(evse));
    const again = imported.find(({ name }) => name === site.name);
    if (again !== undefined) again.evses.push(...evses);
    else if (evses.length > 0) sites.push({ ...site, evses });
  }
  const written = sitesSchema.safeParse({ sites: [...sites, ...imported] });
  if (!written.success) {
    throw new WattproofError("INPUT_UNREADABLE", `${path}: ${written.error.issues[0]?.message ?? "too much"}`);
  }
  try {
    writeFileSync(path, `${JSON.stringify(written.data, null, 2)}\n`);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
  return written.data.sites.length;
}

function readSites(path: string): readonly Site[] {
  if (!existsSync(path)) return [];
  const parsed = sitesSchema.safeParse(readJson(path));
  if (!parsed.success)
    throw new WattproofError("INPUT_UNREADABLE", `${path} is not a file of sites.`, { cause: parsed.error });
  return parsed.data.sites;
}

function sitesOf(points: readonly ImportedPoint[]): readonly Site[] {
  const sites = new Map<string, Site>();
  for (const { line, evse } of points) {
    const { site: name, operatorName: operator, plug } = line;
    if (name === undefined || operator === undefined || evse === null) continue;
    const place = sites.get(name) ?? { name, operator, ...placeOf(line), evses: [] };
    place.evses.push({ evse, ...(plug === undefined ? {} : { plug }) });
    sites.set(name, place);
  }
  return [...sites.values()];
}

/** The fields of the place that its line has; the file leaves out what nobody said. */
function placeOf({ street, town, latitude, longitude, openingTimes }: ImportedPoint["line"]): Partial<Site> {
  const said = Object.entries({ street, town, latitude, longitude, openingTimes }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(said);
}
