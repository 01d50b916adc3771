import { z } from "zod";

import { sessionStatuses } from "../../../domain/session.ts";

/** A session as the service sees it, of which the page shows this much. */
const sessionSchema = z.object({
  sessionId: z.string(),
  idTag: z.string(),
  state: z.enum(sessionStatuses),
  reason: z.string().nullable().default(null),
  dispute: z.object({ reason: z.string() }).nullable().default(null),
  assessment: z.object({ hold: z.string().nullable() }).nullable().default(null),
});
const readingSchema = z.object({ atMs: z.number(), energyMicroWh: z.string().transform(BigInt) });
/** `atMs` is the charger's own time; `sinceMs` is when it began, by the service's clock. */
const unsignedSchema = readingSchema.extend({ durationMs: z.number(), sinceMs: z.number() });
/** What the session is settled by, once its energy is known. */
const cdrSchema = z.object({ energyMicroWh: z.string().transform(BigInt), chargingSeconds: z.number() });
const eventSchema = z.object({
  /** `public`: without a key the service tells what the chain tells. */
  visibility: z.enum(["whole", "public"]).default("whole"),
  session: sessionSchema,
  cdr: cdrSchema.nullable().default(null),
  readings: z.array(readingSchema).default([]),
  /** What the charger says, which nobody has signed. */
  unsigned: unsignedSchema.nullable().default(null),
});

export type LiveSession = z.infer<typeof sessionSchema>;
export type LiveReading = z.infer<typeof readingSchema>;
export type UnsignedReading = z.infer<typeof unsignedSchema>;

/** What the page knows of a session while it looks. */
export interface SessionView {
  readonly session: LiveSession | null;
  /** Whether the service shows how the charge goes on. */
  readonly isWhole: boolean;
  /** In the order of time, each once. */
  readonly readings: readonly LiveReading[];
  /** What the charger said that no meter signed, in the order of time. */
  readonly unsigned: readonly UnsignedReading[];
  /** `null` until the energy is known. */
  readonly cdr: z.infer<typeof cdrSchema> | null;
  readonly connection: "connecting" | "open" | "lost";
  /** The settlement was there and is gone again. */
  readonly isReorganised: boolean;
}

export const emptyView: SessionView = {
  session: null,
  isWhole: false,
  readings: [],
  unsigned: [],
  cdr: null,
  connection: "connecting",
  isReorganised: false,
};
/** The view after an event of the stream; text that is none of ours changes nothing. */
export function viewAfter(view: SessionView, data: string): SessionView {
  let content: unknown;
  try {
    content = JSON.parse(data);
  } catch {
    // The stream goes on, and the next event holds the whole state again.
    return view;
  }
  const parsed = eventSchema.safeParse(content);
  if (!parsed.success) return view;
  const { visibility, session, cdr, readings, unsigned } = parsed.data;
  const known = new Map(view.readings.map((reading) => [reading.atMs, reading]));
  for (const reading of readings) known.set(reading.atMs, reading);
  const wasSettled = view.session?.state === "settled" || view.isReorganised;
  return {
    session,
    isWhole: visibility === "whole",
    cdr,
    readings: [...known.values()].sort((left, right) => left.atMs - right.atMs),
    unsigned: withUnsigned(view.unsigned, unsigned),
    connection: "open",
    isReorganised:
      wasSettled && ["batched", "completed", ...(visibility === "public" ? ["opened"] : [])].includes(session.state),
  };
}

/** Two readings say what flows now; a few more bridge those that come too close together. */
const unsignedLimit = 20;

function withUnsigned(known: readonly UnsignedReading[], next: UnsignedReading | null): readonly UnsignedReading[] {
  const last = known.at(-1);
  if (next === null || (last !== undefined && next.atMs <= last.atMs)) return known;
  return [...known, next].slice(-unsignedLimit);
}

/** Records that come closer together were sent late, and say nothing of the power between them. */
const leastSpanMs = 1_000;

/** What flowed between the last value and the newest one before it that is far enough away, in watts; else `null`. */
export function powerOf(readings: readonly LiveReading[]): number | null {
  const last = readings.at(-1);
  if (last === undefined) return null;
  const before = readings.findLast(({ atMs }) => last.atMs - atMs >= leastSpanMs);
  if (before === undefined) return null;
  const wattHours = Number(last.energyMicroWh - before.energyMicroWh) / 1e6;
  return Math.max(0, (wattHours * 3_600_000) / (last.atMs - before.atMs));
}
