import { useEffect, useState } from "preact/hooks";
import type { z } from "zod";

import {
  moneySchema,
  overviewSchema,
  sessionsSchema,
  stationsSchema,
  totalsSchema,
  type Money,
  type Overview,
  type Sessions,
  type Stations,
  type Totals,
} from "./answers.ts";
import { askOperator, KeyRefusedError, RefusalError } from "./operator-client.ts";

/** What the operator wants to see. */
export interface Wanted {
  /** `null` where the service has one operator, or it is not known yet which it has. */
  readonly operator: string | null;
  readonly show: "running" | "hanging" | "ended";
  readonly before: string | null;
  readonly stationsAfter: string | null;
  readonly moneyAfter: string | null;
  readonly by: "hour" | "day";
}

/** One part of the board: what was read last, and why it could not be read again. */
export interface Part<Value> {
  readonly value: Value | null;
  /** A code of the service's catalogue. */
  readonly problem: string | null;
}

export interface Board {
  readonly overview: Part<Overview>;
  readonly today: Part<Totals>;
  readonly totals: Part<Totals>;
  readonly sessions: Part<Sessions>;
  readonly stations: Part<Stations>;
  readonly money: Part<Money>;
  readonly connection: "connecting" | "open" | "lost";
  /** When everything was last read; milliseconds since 1970 of this device. */
  readonly readAtMs: number | null;
}

const roundMs = 5_000;
const retryMs = 2_000;
const nothing = { value: null, problem: null };
const emptyBoard: Board = {
  overview: nothing,
  today: nothing,
  totals: nothing,
  sessions: nothing,
  stations: nothing,
  money: nothing,
  connection: "connecting",
  readAtMs: null,
};
type PartName = "overview" | "today" | "totals" | "sessions" | "stations" | "money";

/** Reads the board again and again while the page can be seen. What cannot be read stays as it was. */
export function useBoard(key: string, wanted: Wanted, onKeyRefused: () => void): Board {
  const [board, setBoard] = useState<Board>(emptyBoard);
  const { operator, show, before, stationsAfter, moneyAfter, by } = wanted;

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function round(): Promise<void> {
      clearTimeout(timer);
      const outcomes = await Promise.all(questionsOf(wanted).map((question) => question(key, stop.signal)));
      if (stop.signal.aborted) return;
      if (outcomes.some(({ kind }) => kind === "key-refused")) {
        onKeyRefused();
        return;
      }
      const isLost = outcomes.some(({ kind }) => kind === "unreachable");
      setBoard((last) => ({
        ...outcomes.reduce((next, { apply }) => apply(next), last),
        connection: isLost ? "lost" : "open",
        readAtMs: isLost ? last.readAtMs : Date.now(),
      }));
      timer = setTimeout(() => void roundIfSeen(), isLost ? retryMs : roundMs);
    }

    async function roundIfSeen(): Promise<void> {
      if (!document.hidden) await round();
    }

    const onVisible = (): void => void roundIfSeen();
    document.addEventListener("visibilitychange", onVisible);
    void round();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [key, operator, show, before, stationsAfter, moneyAfter, by]);

  return board;
}

interface Outcome {
  readonly kind: "read" | "refused" | "key-refused" | "unreachable";
  readonly apply: (board: Board) => Board;
}
type Question = (key: string, signal: AbortSignal) => Promise<Outcome>;

function questionsOf({ operator, show, before, stationsAfter, moneyAfter, by }: Wanted): readonly Question[] {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    question("overview", addressOf("overview", { operator }), overviewSchema),
    question("today", addressOf("totals", { by: "day", count: "1", timeZone, operator }), totalsSchema),
    question("totals", addressOf("totals", { by, timeZone: by === "day" ? timeZone : null, operator }), totalsSchema),
    question("sessions", addressOf("sessions", { show, operator, before, limit: "20" }), sessionsSchema),
    question("stations", addressOf("stations", { after: stationsAfter, limit: "20" }), stationsSchema),
    question("money", addressOf("money", { operator, after: moneyAfter }), moneySchema),
  ];
}

function question<Name extends PartName>(
  name: Name,
  address: string,
  schema: z.ZodType<NonNullable<Board[Name]["value"]>>,
): Question {
  return async (key, signal) => {
    try {
      const value = await askOperator(address, key, schema, signal);
      return { kind: "read", apply: (board) => ({ ...board, [name]: { value, problem: null } }) };
    } catch (error) {
      if (error instanceof KeyRefusedError) return { kind: "key-refused", apply: (board) => board };
      if (!(error instanceof RefusalError)) return { kind: "unreachable", apply: (board) => board };
      const { code } = error;
      return {
        kind: "refused",
        apply: (board) => ({ ...board, [name]: { value: board[name].value, problem: code } }),
      };
    }
  };
}

function addressOf(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const text = new URLSearchParams(given).toString();
  return text === "" ? path : `${path}?${text}`;
}
