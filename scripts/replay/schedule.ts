import type { FileSession } from "./sessions-file.ts";

/** When and on which account a session of the file is played. */
export interface ScheduledSession extends FileSession {
  /** As in the file, or when the plug is free again where sessions of the file overlap on it. */
  readonly playedBeginSeconds: number;
  readonly playedEndSeconds: number;
  /** Unknown drivers are one each. */
  readonly account: string;
  readonly lane: number;
  readonly openedSeconds: number;
  readonly expiresAt: number;
}

/** What happens at one moment of the chain's clock. */
export type Step =
  | { readonly kind: "open"; readonly atSeconds: number; readonly sessions: readonly ScheduledSession[] }
  | { readonly kind: "deliver"; readonly atSeconds: number; readonly sessions: readonly ScheduledSession[] };

/** Openings within a day go into one transaction: a driver may agree to the terms before plugging in. */
const openingWindowSeconds = 24 * 3600;
/** Records within half a day are delivered together, unless one of their sessions would expire meanwhile. */
const deliveryWindowSeconds = 12 * 3600;
/** Openings in one transaction stay far below the 16.78 M gas of EIP-7825. */
const openingsPerStep = 100;
const usualExpirySeconds = 24 * 3600;
/** Terms are agreed to a minute before the first plug of a window: no charge is longer than its session has been open. */
const aheadSeconds = 60;
/** The longest session that the contracts of the replay allow. */
const longestExpirySeconds = 48 * 3600;

/**
 * Lays the sessions of a file out in time: what overlaps on one plug comes one after the other, what overlaps for one
 * driver goes on lanes, and every session ends and is delivered before it expires.
 *
 * @throws RangeError for a session that is longer than the contracts allow.
 */
export function scheduleSessions(sessions: readonly FileSession[]): readonly Step[] {
  const windows = intoWindows(onePerPlug(sessions));
  const steps: Step[] = [];
  const lanes = new Map<string, Set<number>>();
  let live: ScheduledSession[] = [];

  const deliverUntil = (limitSeconds: number): void => {
    while (live[0] !== undefined && live[0].playedEndSeconds <= limitSeconds) {
      const window = Math.min(live[0].playedEndSeconds + deliveryWindowSeconds, limitSeconds);
      // Every session ends before it expires, so the first one is always among those that are delivered.
      const earliestExpiry = live.reduce(
        (earliest, { playedEndSeconds, expiresAt }) =>
          playedEndSeconds <= window ? Math.min(earliest, expiresAt) : earliest,
        Number.MAX_SAFE_INTEGER,
      );
      const until = Math.min(window, earliestExpiry - 1);
      const ended = live.filter(({ playedEndSeconds }) => playedEndSeconds <= until);
      live = live.slice(ended.length);
      for (const { account, lane } of ended) {
        lanes.get(account)?.delete(lane);
      }
      steps.push({ kind: "deliver", atSeconds: ended.at(-1)?.playedEndSeconds ?? until, sessions: ended });
    }
  };

  for (const window of windows) {
    const openedSeconds = openedSecondsOf(window);
    deliverUntil(openedSeconds);
    const opened = window.map((session) => {
      const account = session.driver ?? `unknown, session ${session.sessionId}`;
      const isLong = session.playedEndSeconds >= openedSeconds + usualExpirySeconds;

      return {
        ...session,
        account: `driver ${account}`,
        lane: takeLane(lanes, `driver ${account}`),
        openedSeconds,
        expiresAt: openedSeconds + (isLong ? longestExpirySeconds : usualExpirySeconds),
      };
    });
    steps.push({ kind: "open", atSeconds: openedSeconds, sessions: opened });
    live = [...live, ...opened].sort((left, right) => left.playedEndSeconds - right.playedEndSeconds);
  }
  deliverUntil(Number.MAX_SAFE_INTEGER);

  return steps;
}

type Placed = FileSession & Pick<ScheduledSession, "playedBeginSeconds" | "playedEndSeconds">;

/** A plug serves one car at a time. */
function onePerPlug(sessions: readonly FileSession[]): readonly Placed[] {
  const freeFrom = new Map<string, number>();
  const placed = inOrder(sessions, ({ beginSeconds }) => beginSeconds).map((session) => {
    const plug = plugOf(session);
    const playedBeginSeconds = Math.max(session.beginSeconds, freeFrom.get(plug) ?? 0);
    const playedEndSeconds = playedBeginSeconds + session.durationSeconds;
    freeFrom.set(plug, playedEndSeconds);

    return { ...session, playedBeginSeconds, playedEndSeconds };
  });

  return inOrder(placed, (session) => session.playedBeginSeconds);
}

function intoWindows(sessions: readonly Placed[]): readonly (readonly Placed[])[] {
  const windows: Placed[][] = [];
  for (const session of sessions) {
    if (session.durationSeconds + aheadSeconds >= longestExpirySeconds) {
      throw new RangeError(`Session ${session.sessionId} is longer than the contracts allow`);
    }
    const window = windows.at(-1);
    const openedSeconds = openedSecondsOf(window ?? []);
    const fits =
      window !== undefined &&
      window.length < openingsPerStep &&
      session.playedBeginSeconds < openedSeconds + openingWindowSeconds &&
      session.playedEndSeconds < openedSeconds + longestExpirySeconds;
    if (fits) {
      window.push(session);
    } else {
      windows.push([session]);
    }
  }

  return windows;
}

function openedSecondsOf(window: readonly Placed[]): number {
  return (window[0]?.playedBeginSeconds ?? 0) - aheadSeconds;
}

/** The lowest lane of the driver that has no live session. */
function takeLane(lanes: Map<string, Set<number>>, account: string): number {
  const taken = lanes.get(account) ?? new Set<number>();
  lanes.set(account, taken);
  let lane = 0;
  while (taken.has(lane)) {
    lane += 1;
  }
  taken.add(lane);

  return lane;
}

/** Name of the plug that a session charged at. */
export function plugOf({ stationId, plug }: FileSession): string {
  return `${stationId}-${plug}`;
}

function inOrder<Item>(items: readonly Item[], keyOf: (item: Item) => number): Item[] {
  // The sort is stable, so the order of the file decides between equals.
  return [...items].sort((left, right) => keyOf(left) - keyOf(right));
}
