import { isShown, type DossierManifest } from "../format/dossier-schema.ts";
import { canonicalHashOf, canonicalText } from "../format/commitment.ts";
import { readDossier, type DossierBytes } from "../format/read-dossier.ts";
import { findAnomalies, risksOf, type Anomaly } from "./anomalies.ts";
import { createFeatureCollector, type FeatureCollector } from "./features.ts";
import { forecastEach, type Forecast } from "./forecast.ts";
import { insightParameters, insightVersion, type InsightParameters } from "./parameters.ts";

/** What a dossier tells besides its sums. It is the same whoever works it out. */
export interface InsightReport {
  readonly format: "wattproof-insight";
  readonly version: typeof insightVersion;
  readonly dossier: { readonly root: string | null; readonly manifest: string; readonly sessions: number };
  readonly parameters: InsightParameters;
  /** Those from the alarm's score on, the highest first. */
  readonly alarms: readonly Anomaly[];
  /** Each meter's highest score, and how many of its sessions are told of. */
  readonly meters: readonly { readonly meter: number; readonly score: number; readonly alarms: number }[];
  readonly forecasts: readonly Forecast[];
}

/**
 * Works out what a dossier tells. The dossier should be verified first.
 * @throws what reading a dossier throws, and DOSSIER_FORM_INVALID for one without sessions
 */
export async function makeInsight(
  bytes: DossierBytes,
  parameters: InsightParameters = insightParameters,
): Promise<InsightReport> {
  const { root, manifest, features, sessions } = await collect(bytes);
  const anomalies = findAnomalies(features.sessions, features.drifts, parameters);
  const alarms = anomalies.filter(({ score }) => score >= parameters.alarmScore);
  const meters = manifest.meters.map(({ number }) => {
    const own = anomalies.filter(({ meter }) => meter === number);
    return {
      meter: number,
      score: own.reduce((most, { score }) => Math.max(most, score), 0),
      alarms: alarms.filter(({ meter }) => meter === number).length,
    };
  });
  return {
    ...{ format: "wattproof-insight", version: insightVersion },
    dossier: { root, manifest: canonicalHashOf(manifest), sessions },
    ...{ parameters, alarms, meters, forecasts: forecastEach(features.sessions, parameters) },
  };
}

/** The one text of a report, by which two are compared. */
export function insightTextOf(report: InsightReport): string {
  return `${canonicalText(report)}\n`;
}

/** How unusual each session is, by its place among all sessions of the dossier; those that are not there are not. */
export async function readRisks(bytes: DossierBytes): Promise<ReadonlyMap<number, number>> {
  const { features } = await collect(bytes);
  return risksOf(findAnomalies(features.sessions, features.drifts, insightParameters));
}

async function collect(bytes: DossierBytes): Promise<{
  readonly root: string | null;
  readonly manifest: DossierManifest;
  readonly features: FeatureCollector;
  readonly sessions: number;
}> {
  let manifest: DossierManifest | null = null;
  let features: FeatureCollector | null = null;
  let root: string | null = null;
  let sessions = 0;
  for await (const part of readDossier(bytes)) {
    if (part.name === "manifest") {
      manifest = part.value;
      features = createFeatureCollector(manifest);
    }
    if (part.name === "month") {
      features?.add(part.value);
      sessions += part.value.sessions.filter(isShown).length;
    }
    if (part.name === "commitment") root = part.value.root;
  }
  if (manifest === null || features === null) throw new RangeError("A dossier that was read has a manifest.");
  return { root, manifest, features, sessions };
}
