import { z } from "zod";

import { noticeChannels, type NoticeChannel, type NoticeStore } from "../store/alert-notices.ts";
import { alertCatalogue, type Alert } from "./alerts.ts";
import type { OperatorDesk } from "./operator-desk.ts";

/** What is told of an alert: everything that happened since it was last told. */
export interface AlertNotice {
  readonly alert: Alert;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** Of the last occasion, where it was about one. */
  readonly sessionId: string | null;
  readonly stationId: string | null;
}

/** One way to the outside. A rejection is tried again. */
export interface NoticeSender {
  /** @param parcelId The same for every attempt. */
  send(parcelId: string, notice: AlertNotice): Promise<void>;
}

/** Which alerts are told. */
export const noticeLevels = ["at-once", "lasting", "all"] as const;
export type NoticeLevel = (typeof noticeLevels)[number];

/** Tells people and programs of alerts, at least once each, without flooding them. */
export interface AlertNotices {
  /** The same desk, whose alerts are told. */
  readonly desk: OperatorDesk;
  /** Keeps notices in the ledger from now on, and takes over what this replica had still to tell. @throws STORE_CORRUPT */
  keepIn(store: NoticeStore, replicaId: string): Promise<void>;
  /** Tells what is due now. Never rejects: what fails is tried again. */
  runOnce(): Promise<void>;
  /** Writes into the ledger what is not there yet. Never rejects. */
  keep(): Promise<void>;
}

const firstPauseMs = 30_000;
const longestPauseMs = 3_600_000;
/** With pauses that double up to an hour: two days. */
const mostAttempts = 50;
/** What calls a person only if it lasts has to have happened twice, this far apart. */
const lastingMs = 300_000;
/** What has not happened again for so long has not lasted. */
const forgottenMs = 3 * lastingMs;

/** What is said when a notice could not go out is not told on the same ways. */
const untold: ReadonlySet<Alert> = new Set(["alert-untold"]);

const waitingSchema = z.object({
  parcelId: z.string(),
  count: z.int().positive(),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
  sessionId: z.string().nullable(),
  stationId: z.string().nullable(),
  attempts: z.int().nonnegative(),
  dueAtMs: z.number(),
});
type Waiting = z.output<typeof waitingSchema>;

interface Entry {
  readonly alert: Alert;
  readonly channel: NoticeChannel;
  waiting: Waiting;
}

/**
 * There is one entry for each alert and way, however often the alert comes: so what waits is bounded by the list of alerts.
 * Entries are in memory, and in the ledger as soon as it takes them: a ledger that is broken keeps no alert from being told.
 * @param repeatMs The same alert is told again on a way after so long at the earliest, with all that happened meanwhile.
 */
export function createAlertNotices(deps: {
  readonly desk: OperatorDesk;
  readonly senders: Readonly<Partial<Record<NoticeChannel, NoticeSender>>>;
  readonly level: NoticeLevel;
  readonly repeatMs: number;
  readonly now: () => number;
}): AlertNotices {
  const { desk, senders, level, repeatMs, now } = deps;
  const channels = noticeChannels.filter((channel) => senders[channel] !== undefined);
  const entries = new Map<string, Entry>();
  const toldAtMs = new Map<string, number>();
  const unkept = new Set<string>();
  /** One round after the other. */
  let turn: Promise<void> = Promise.resolve();
  let ledger: { readonly store: NoticeStore; readonly replicaId: string } | null = null;

  function note(alert: Alert, details: Readonly<Record<string, unknown>>): void {
    if (untold.has(alert) || !isTold(alert, level)) return;
    const atMs = now();
    const about = { sessionId: textOf(details["sessionId"]), stationId: textOf(details["stationId"]) };
    for (const channel of channels) {
      const key = keyOf(alert, channel);
      const known = entries.get(key)?.waiting;
      const first = { parcelId: `${alert}-${atMs}`, firstAtMs: atMs, attempts: 0, dueAtMs: dueOf(key, atMs) };
      const waiting = { ...(known ?? first), ...about, count: (known?.count ?? 0) + 1, lastAtMs: atMs };
      entries.set(key, { alert, channel, waiting });
      unkept.add(key);
    }
  }

  function dueOf(key: string, atMs: number): number {
    return Math.max(atMs, (toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY) + repeatMs);
  }

  /** Writes what changed; what the ledger does not take is written at the next occasion. */
  async function keep(): Promise<void> {
    if (ledger === null) return;
    const { store, replicaId } = ledger;
    for (const key of [...unkept]) {
      unkept.delete(key);
      const entry = entries.get(key);
      const [channel, alert] = partsOf(key);
      try {
        if (entry === undefined) await store.removeNotice({ replicaId, channel, alert });
        else await store.putNotice({ replicaId, channel, alert, content: JSON.stringify(entry.waiting) });
      } catch {
        // The ledger has alerts of its own for that.
        unkept.add(key);
        return;
      }
    }
  }

  async function tell(key: string, entry: Entry): Promise<void> {
    const { alert, channel, waiting } = entry;
    const { parcelId, attempts, count, firstAtMs, lastAtMs, sessionId, stationId } = waiting;
    try {
      await senders[channel]?.send(parcelId, { alert, count, firstAtMs, lastAtMs, sessionId, stationId });
    } catch (error) {
      const isLast = attempts + 1 >= mostAttempts;
      desk.alert("alert-untold", { channel, told: alert, isGivenUp: isLast, err: error });
      if (isLast) entries.delete(key);
      else {
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** attempts);
        entry = entries.get(key) ?? entry;
        entry.waiting = { ...entry.waiting, attempts: attempts + 1, dueAtMs: now() + pauseMs };
      }
      return;
    }
    const atMs = now();
    toldAtMs.set(key, atMs);
    // It may have happened again while it was told.
    const later = (entries.get(key)?.waiting ?? waiting).count - waiting.count;
    if (later === 0) entries.delete(key);
    else {
      const rest = entries.get(key)?.waiting ?? waiting;
      const next = {
        parcelId: `${alert}-${atMs}`,
        firstAtMs: atMs,
        attempts: 0,
        dueAtMs: atMs + repeatMs,
        count: later,
      };
      entries.set(key, { alert, channel, waiting: { ...rest, ...next } });
    }
  }

  async function round(): Promise<void> {
    await keep();
    for (const [key, entry] of [...entries]) {
      const atMs = now();
      const { dueAtMs, lastAtMs } = entry.waiting;
      const isForgotten = !hasLasted(entry) && atMs - lastAtMs > forgottenMs;
      if (isForgotten) entries.delete(key);
      else if (hasLasted(entry) && dueAtMs <= atMs) await tell(key, entry);
      else continue;
      unkept.add(key);
    }
    await keep();
  }

  return {
    desk: {
      alert(alert, details) {
        desk.alert(alert, details);
        note(alert, details);
      },
      note: (event, details) => {
        desk.note(event, details);
      },
    },
    async keepIn(store, replicaId) {
      for (const { channel, alert, content } of await store.listNotices(replicaId)) {
        const key = keyOf(alert, channel);
        // Alerts of another version, and ways that are no longer configured, are not told.
        if (!(alert in alertCatalogue) || !channels.includes(channel)) {
          await store.removeNotice({ replicaId, channel, alert });
        } else if (!entries.has(key)) {
          entries.set(key, { alert: alert as Alert, channel, waiting: waitingSchema.parse(JSON.parse(content)) });
        }
      }
      ledger = { store, replicaId };
    },
    runOnce: () => (turn = turn.then(round)),
    keep: () => (turn = turn.then(keep)),
  };
}

function isTold(alert: Alert, level: NoticeLevel): boolean {
  const { page } = alertCatalogue[alert];
  if (level === "all") return true;
  return page === "at once" || (level === "lasting" && page === "if it lasts");
}

function hasLasted({ alert, waiting }: Entry): boolean {
  return alertCatalogue[alert].page !== "if it lasts" || waiting.lastAtMs - waiting.firstAtMs >= lastingMs;
}

function keyOf(alert: string, channel: NoticeChannel): string {
  return `${channel} ${alert}`;
}

function partsOf(key: string): readonly [NoticeChannel, string] {
  const channel = noticeChannels.find((one) => key.startsWith(`${one} `)) ?? "mail";
  return [channel, key.slice(channel.length + 1)];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
