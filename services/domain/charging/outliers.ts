import type { SeriesPoint } from "./energy-series.ts";
import type { FindingCode } from "./findings.ts";
import { isContinuous, type StationProfile } from "./register-walk.ts";

/** Where more than one reading in so many contradicts the others, nobody can say which of them are right. */
const readingsPerOutlier = 3;

/**
 * Sets aside single readings that contradict both of their neighbours, if the neighbours agree with each other and with
 * what the station can deliver (docs/ocpp-energy.md, rule 5). The register says the same energy without them. A lower value that
 * stays is a reset, and so is one that the next reading could have risen from: those are left where they are, as are two
 * outliers in a row, and the first and the last reading, which have one neighbour.
 */
export function setOutliersAside(
  points: readonly SeriesPoint[],
  profile: StationProfile,
): { readonly points: readonly SeriesPoint[]; readonly findings: readonly FindingCode[] } {
  const kept: SeriesPoint[] = [];
  for (const [index, point] of points.entries()) {
    const previous = kept.at(-1);
    const next = points[index + 1];
    const isOutlier =
      previous !== undefined &&
      next !== undefined &&
      !isContinuous(previous, point, profile) &&
      !isContinuous(point, next, profile) &&
      isContinuous(previous, next, profile);
    if (!isOutlier) kept.push(point);
  }
  const outliers = points.length - kept.length;
  if (outliers === 0 || outliers * readingsPerOutlier > points.length) return { points, findings: [] };
  return { points: kept, findings: ["READING_OUTLIER"] };
}
