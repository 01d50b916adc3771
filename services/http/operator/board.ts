import type { Request, RequestHandler } from "express";
import type { z } from "zod";

import type { RememberedAlert } from "../../observability/alert-memory.ts";
import type { CreditReader } from "../../chain/credit-reader.ts";
import { bucketsUntil, energyWhOf, fillBuckets, sumOf, type EnergyTotals } from "../../domain/energy-totals.ts";
import { WattproofError } from "../../errors.ts";
import type { Operators } from "./operators.ts";
import type { HttpDoor } from "../door.ts";
import { toJson } from "../public/session-view.ts";
import { stationView } from "./stations.ts";
import type { StationPresence } from "../../ocpp/station-presence.ts";
import { alerts, type Alert } from "../../observability/alerts.ts";
import type { Store } from "../../store/store.ts";
import { moneyQuery, overviewQuery, readQuery, sessionsQuery, stationsQuery, totalsQuery } from "./board-queries.ts";
import { sessionGroups, sessionRowOf } from "./session-rows.ts";
import { createShortMemory } from "./short-memory.ts";

/** What the operator's page is made of. Nothing of it writes. */
export interface BoardDeps {
  readonly store: Store;
  readonly connections: StationPresence;
  readonly credits: CreditReader;
  readonly alerts: ReadonlyMap<Alert, RememberedAlert>;
  readonly operators: Operators;
  readonly service: {
    readonly chainId: number;
    readonly chainName: string;
    readonly oracle: string;
    readonly confirmations: number;
  };
  readonly now: () => number;
}

/** Pages ask every few seconds; that all of them together ask the ledger once a second is enough for people. */
const keptMs = 1_000;
/** Money is read from the chain's endpoint, whose answers may cost; sums of months read many rows. */
const keptLongerMs = 10_000;
const entryLimit = 64;
/** More operators than one service ever serves; where there are more, the first can be chosen. */
const operatorLimit = 64;

/** `GET /v1/operator/…`: what the operator's page shows, for whoever has the operator's key. */
export function createBoardDoors(deps: BoardDeps): readonly HttpDoor[] {
  const { store, connections, credits, now } = deps;
  const remember = createShortMemory<unknown>({ keptMs, entryLimit, now });
  const rememberLonger = createShortMemory<unknown>({ keptMs: keptLongerMs, entryLimit, now });
  const startedAtMs = now();

  function door(
    name: string,
    readAnswer: (request: Request) => readonly [key: string, ask: () => Promise<unknown>],
    memory = remember,
  ): HttpDoor {
    const handler: RequestHandler = async (request, response) => {
      await deps.operators.require(request, response, "read");
      const [key, ask] = readAnswer(request);
      response.json(await memory(`${name} ${key}`, ask));
    };
    return { path: `/v1/operator/${name}`, method: "GET", handler };
  }

  return [
    door("overview", ({ query }) => {
      const { operator = null } = readQuery(overviewQuery, query);
      return [`${operator}`, async () => ({ ...(await readOverview(deps, operator)), startedAtMs })];
    }),
    door("stations", ({ query }) => {
      const asked = readQuery(stationsQuery, query);
      return [JSON.stringify(asked), () => readStations(store, connections, asked)];
    }),
    door("sessions", ({ query }) => {
      const asked = readQuery(sessionsQuery, query);
      return [JSON.stringify(asked), () => readSessions(store, asked)];
    }),
    door(
      "totals",
      ({ query }) => {
        const asked = readQuery(totalsQuery, query);
        return [JSON.stringify(asked), () => readTotals(store, asked, now())];
      },
      rememberLonger,
    ),
    door(
      "money",
      ({ query }) => {
        const { limit, operator = null, after = null } = readQuery(moneyQuery, query);
        const key = `${limit} ${operator} ${JSON.stringify(after)}`;
        return [key, () => readMoney(store, credits, { limit, operator, after })];
      },
      rememberLonger,
    ),
  ];
}

async function readOverview(deps: BoardDeps, operator: string | null): Promise<Readonly<Record<string, unknown>>> {
  const { store, connections, service, now } = deps;
  const counts = await (operator === null ? store.countSessions() : store.countSessionsOf(operator));
  const pipeline = await store.countPipeline(operator);
  const cursor = await store.readCursor();
  const of = (status: Parameters<typeof counts.get>[0]): number => counts.get(status) ?? 0;
  const inGroup = (group: keyof typeof sessionGroups): number =>
    sessionGroups[group].reduce((sum, status) => sum + of(status), 0);
  return {
    nowMs: now(),
    operators: await store.listOperators(operatorLimit),
    // The very groups that the lists show.
    sessions: {
      running: inGroup("running"),
      hanging: inGroup("hanging"),
      ended: inGroup("ended"),
      expired: of("expired"),
    },
    service: { ...service, followedBlock: cursor?.number ?? null },
    stations: { registered: await store.countStations(), connected: await connections.count() },
    pipeline: {
      opened: of("opened"),
      received: of("charging"),
      verified: of("completed"),
      batched: pipeline.formedSessions,
      sent: pipeline.sentSessions,
      confirmed: of("settled"),
    },
    hanging: {
      held: of("held"),
      disputed: of("disputed"),
      givenUp: of("skipped"),
      unservable: of("unservable"),
      unconfirmed: of("unconfirmed"),
      messagesWaiting: pipeline.pendingMessages,
      framesParked: pipeline.parkedFrames,
      disputeActsOpen: pipeline.openActs,
      disputeActsGivenUp: pipeline.givenUpActs,
    },
    batches: { open: pipeline.openBatches, oldestAtMs: pipeline.oldestBatchAtMs },
    alerts: alerts.flatMap((alert) => {
      const known = deps.alerts.get(alert);
      return known === undefined ? [] : [{ alert, ...known, runbook: `docs/runbook.md#${alert}` }];
    }),
  };
}

const wantsToJoinLimit = 100;
/** How many pages of chargers are looked through for those of a connection; the answer's `next` goes on from there. */
const pagesLookedThrough = 20;

async function readStations(
  store: Store,
  connections: StationPresence,
  asked: z.output<typeof stationsQuery>,
): Promise<unknown> {
  const { limit, after, find, connection } = asked;
  const stations: object[] = [];
  let last = after ?? null;
  let isMore = true;
  for (let page = 0; isMore && stations.length < limit && page < pagesLookedThrough; page += 1) {
    const wanted = limit - stations.length;
    const activities = await store.listStationsAfter(last, wanted, find);
    isMore = activities.length === wanted;
    for (const { stationId, lastMessageAtMs } of activities) {
      last = stationId;
      const isOnline = connection === undefined ? null : (await connections.find(stationId)) !== null;
      if (isOnline !== null && isOnline !== (connection === "online")) continue;
      const station = await store.findOcppStation(stationId);
      // One that was removed a moment ago is no longer shown.
      if (station !== null) stations.push({ ...(await stationView(station, connections)), lastMessageAtMs });
    }
  }
  const next = isMore ? last : null;
  const isWhole = after === undefined && find === undefined && connection === undefined;
  const unknown = isWhole ? await store.listUnknownStations() : [];
  return { stations, next, wantsToJoin: unknown.slice(0, wantsToJoinLimit), wantsToJoinCount: unknown.length };
}

async function readSessions(store: Store, asked: z.output<typeof sessionsQuery>): Promise<unknown> {
  const { show, limit, operator = null, before = null, from: fromSeconds, until: untilSeconds, find } = asked;
  const evses = await evsesOf(store, asked);
  const query = { statuses: sessionGroups[show], operator, evses, limit, before };
  const dated = await store.listNewestSessions({
    ...query,
    fromSeconds: fromSeconds ?? null,
    untilSeconds: untilSeconds ?? null,
    find: find ?? null,
  });
  const sessions = [];
  for (const session of dated) sessions.push(await sessionRowOf(store, session));
  return { sessions, next: dated.length === limit ? (dated.at(-1)?.session.sessionId ?? null) : null };
}

/** @returns `null` for all. @throws STATION_UNKNOWN */
async function evsesOf(
  store: Store,
  { evse, station: stationId }: Pick<z.output<typeof sessionsQuery>, "evse" | "station">,
): Promise<readonly number[] | null> {
  if (stationId === undefined) return evse === undefined ? null : [evse];
  const station = await store.findStation(stationId);
  if (station === null) throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
  return evse === undefined ? station.evses : station.evses.filter((one) => one === evse);
}

async function readTotals(store: Store, asked: ReturnType<typeof totalsQuery.parse>, nowMs: number): Promise<unknown> {
  const frames = bucketsUntil(nowMs, asked.by, asked.count, asked.timeZone);
  const buckets = fillBuckets(
    frames,
    await store.sumSessions(
      frames.at(0)?.startsAtMs ?? nowMs,
      frames.at(-1)?.endsAtMs ?? nowMs,
      asked.operator ?? null,
    ),
  );
  return {
    by: asked.by,
    timeZone: asked.by === "hour" ? "UTC" : asked.timeZone,
    buckets: buckets.map(({ startsAtMs, endsAtMs, ...totals }) => ({ startsAtMs, endsAtMs, ...totalsView(totals) })),
    sum: totalsView(sumOf(buckets)),
  };
}

function totalsView({ sessions, energyMicroWh, billedMicro, settledMicro }: EnergyTotals): object {
  return {
    sessions,
    energyWh: energyWhOf(energyMicroWh),
    billedMicro: billedMicro.toString(),
    settledMicro: settledMicro.toString(),
  };
}

async function readMoney(
  store: Store,
  credits: CreditReader,
  asked: {
    readonly limit: number;
    readonly operator: string | null;
    readonly after: { readonly operator: string; readonly agreement: number } | null;
  },
): Promise<unknown> {
  const { limit } = asked;
  const keys = await store.listCreditKeys(asked.after, limit, asked.operator);
  const read = [];
  // One after the other: the endpoint of the chain serves the settlement as well.
  for (const { operator, agreement } of keys) read.push(await credits.readCredit(operator, agreement));
  const last = keys.at(-1);
  const isMore = last !== undefined && keys.length === limit;
  return {
    symbol: await credits.readSymbol(),
    credits: toJson(read),
    next: isMore ? `${last.operator}:${last.agreement}` : null,
  };
}
