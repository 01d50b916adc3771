/**
 * The overview part of the dossier room: what an operator's page shows of proven energy. In come the ledger, by the way that
 * dossiers are made, and the market's contracts; out go sums by month and purpose, claims, sales and shares. Nothing here
 * signs or writes. Who calls: the operator's door.
 */
import { ZeroHash } from "ethers";

import type { EvidenceMarket } from "../../chain/evidence-market.ts";
import type { MeterDevices } from "../../chain/meter-devices.ts";
import type { ClaimStory, MarketHistory, OfferStory, ShareStory } from "../../chain/market-history.ts";
import { WattproofError } from "../../errors.ts";
import type { DossierManifest, DossierMonth } from "../format/dossier-schema.ts";
import { packInterval, unpackInterval } from "../format/energy-claim.ts";
import { findAnomalies, type Anomaly } from "../insight/anomalies.ts";
import { createFeatureCollector } from "../insight/features.ts";
import { insightParameters } from "../insight/parameters.ts";
import type { DossierMaker } from "../make/dossier-maker.ts";
import {
  createEvidenceSummer,
  type ClaimedUpTo,
  type ClaimToSum,
  type MonthSums,
  type OutsideSums,
  type PurposeToSum,
} from "./sum-months.ts";

/** What is unusual, as `wattproof insight` says it of a dossier of everything. */
export interface InsightOverview {
  readonly sessions: number;
  readonly alarms: number;
  /** The highest first, at most as many as are shown. */
  readonly shown: readonly Anomaly[];
  /** Each meter's highest score, 0 to 1,000. */
  readonly meters: readonly { readonly meter: number; readonly evse: number; readonly score: number }[];
}

export interface EvidenceOverview {
  readonly operator: string;
  /** Purpose 0 stands for proven energy where no purpose takes claims. */
  readonly purposes: readonly { readonly purpose: number; readonly name: string | null }[];
  readonly months: readonly MonthSums[];
  readonly outside: readonly OutsideSums[];
  readonly claims: readonly (ClaimStory & { readonly provenMicroWh: bigint })[];
  readonly offers: readonly OfferStory[];
  readonly shares: readonly ShareStory[];
  readonly insight: InsightOverview;
}

export interface OverviewDeps {
  readonly maker: DossierMaker;
  readonly market: Pick<EvidenceMarket, "readDevices">;
  readonly history: MarketHistory;
}

/** More purposes than one deployment ever has. */
const mostPurposes = 32;
const mostAlarms = 50;
/** The newest are shown; older ones still count in the sums. */
const mostStories = 100;
const noPurpose = { purpose: 0, name: null };
/** A dossier of any purpose that needs no consent has the same sessions. */
const anyPurpose = "X-OVERVIEW";
const endOfTime = 2 ** 40 - 1;

/** @throws what the ledger and the chain throw */
export async function readEvidenceOverview(deps: OverviewDeps, operator: string): Promise<EvidenceOverview> {
  const { maker, history } = deps;
  const request = {
    ...{ purpose: anyPurpose, operator, fromSeconds: 0, toSeconds: endOfTime, evses: null },
    ...{ identifiers: {}, seed: ZeroHash, consent: null },
  };
  const manifest = await unless("DOSSIER_EMPTY", maker.readManifest(request), null);
  const stories = await readStories(history, operator);
  const known = await unless("EVIDENCE_NOT_DEPLOYED", history.readPurposes(), []);
  const purposes = known.length === 0 ? [noPurpose] : known.slice(0, mostPurposes);
  const devices = await readDevices(deps, manifest?.meters ?? [], known.length > 0);
  const summer = createEvidenceSummer({
    meters: manifest?.meters ?? [],
    purposes:
      known.length === 0 ? [unclaimed(manifest)] : await readMarks(history, known.slice(0, mostPurposes), devices),
    claims: await readStandingClaims(history, stories.claims),
    deviceOf: (meter) => devices.get(meter)?.device ?? 0,
  });
  const features = createFeatureCollector(manifest ?? { evses: [], meters: [] });
  if (manifest !== null) {
    for await (const month of monthsOf(maker, request, manifest)) {
      summer.add(month);
      features.add(month);
    }
  }
  return {
    operator,
    purposes: purposes.map(({ purpose, name }) => ({ purpose, name })),
    months: summer.months(),
    outside: summer.outside(),
    ...stories,
    claims: stories.claims
      .slice(0, mostStories)
      .map((claim) => ({ ...claim, provenMicroWh: summer.provenOf(claim.claimId) })),
    insight: insightOf(
      manifest,
      findAnomalies(features.sessions, features.drifts, insightParameters),
      features.sessions.length,
    ),
  };
}

async function readStories(
  history: MarketHistory,
  operator: string,
): Promise<Pick<EvidenceOverview, "offers" | "shares"> & { readonly claims: readonly ClaimStory[] }> {
  const offers = await unless("EVIDENCE_NOT_DEPLOYED", history.readOffers(operator), []);
  return {
    claims: await unless("EVIDENCE_NOT_DEPLOYED", history.readClaims(operator), []),
    offers: offers.slice(0, mostStories),
    shares: await unless("EVIDENCE_NOT_DEPLOYED", history.readShares(operator), []),
  };
}

/** By number of the meter; none where no contract has any. */
async function readDevices(
  { market }: OverviewDeps,
  meters: DossierManifest["meters"],
  isDeployed: boolean,
): Promise<ReadonlyMap<number, MeterDevices>> {
  if (!isDeployed) return new Map();
  const devices = await market.readDevices(meters);
  return new Map(
    meters.flatMap(({ number }, index) => {
      const own = devices[index];
      return own === undefined ? [] : [[number, own] as const];
    }),
  );
}

/** Where no purpose takes claims, all that is proven is free. */
function unclaimed(manifest: DossierManifest | null): PurposeToSum {
  const marks = new Map((manifest?.meters ?? []).map(({ number }) => [number, { to: null }]));
  return { purpose: noPurpose.purpose, group: 0, marks };
}

async function readMarks(
  history: MarketHistory,
  purposes: readonly { readonly purpose: number; readonly group: number }[],
  devices: ReadonlyMap<number, MeterDevices>,
): Promise<readonly PurposeToSum[]> {
  const all: PurposeToSum[] = [];
  for (const { purpose, group } of purposes) {
    const marks = new Map<number, ClaimedUpTo | "not-enrolled" | "not-joined">();
    for (const [meter, { device, others }] of devices) {
      const mark = device === 0 ? null : await history.readMark(device, group);
      if (mark?.isEnrolled !== true) marks.set(meter, "not-enrolled");
      // What several devices count could be claimed by each of them; oracles sign none of it.
      else if (others.length > 0) marks.set(meter, "not-joined");
      else marks.set(meter, { to: mark.isClaimed ? mark.claimedTo : null });
    }
    all.push({ purpose, group, marks });
  }
  return all;
}

/** Claims that nobody contradicted, with the devices that stand for theirs by now. */
async function readStandingClaims(
  history: MarketHistory,
  claims: readonly ClaimStory[],
): Promise<readonly ClaimToSum[]> {
  if (claims.length === 0) return [];
  const deviceNow = await history.readMerges();
  return claims
    .filter(({ status }) => status !== "contradicted")
    .map(({ claimId, purpose, intervals }) => ({
      ...{ claimId, purpose },
      intervals: intervals.map((word) => {
        const interval = unpackInterval(word);
        return packInterval({ ...interval, device: deviceNow(interval.device) });
      }),
    }));
}

async function* monthsOf(
  maker: DossierMaker,
  request: Parameters<DossierMaker["makeMonths"]>[0],
  manifest: DossierManifest,
): AsyncGenerator<DossierMonth, void> {
  yield* maker.makeMonths(request, manifest);
}

function insightOf(manifest: DossierManifest | null, anomalies: readonly Anomaly[], sessions: number): InsightOverview {
  const alarms = anomalies.filter(({ score }) => score >= insightParameters.alarmScore);
  const highest = new Map<number, number>();
  for (const { meter, score } of anomalies) highest.set(meter, Math.max(score, highest.get(meter) ?? 0));
  return {
    ...{ sessions, alarms: alarms.length, shown: alarms.slice(0, mostAlarms) },
    meters: (manifest?.meters ?? []).map(({ number, evse }) => ({
      ...{ meter: number, evse, score: highest.get(number) ?? 0 },
    })),
  };
}

/** What is to be taken where an error with this code says that there is nothing. */
async function unless<Value, Nothing>(
  code: WattproofError["code"],
  asked: Promise<Value>,
  nothing: Nothing,
): Promise<Value | Nothing> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WattproofError && error.code === code) return nothing;
    throw error;
  }
}
