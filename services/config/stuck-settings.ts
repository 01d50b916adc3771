import type { z } from "zod";

import type { SessionLimits } from "../domain/stuck-sessions.ts";
import { integer } from "./setting-types.ts";

/** The settings of what counts as stuck. */
export const stuckSettings = {
  STUCK_EVENTS_MS: integer(0, 86_400_000).prefault("60000").meta({
    description:
      "How long the endpoint may leave out events before the service says that it is not ready, in milliseconds.",
  }),
  STUCK_BATCH_MS: integer(1_000, 604_800_000).prefault("3600000").meta({
    description:
      "Age of an unconfirmed batch from which on it is told, holds no place of WATTPROOF_BATCHES_IN_FLIGHT and makes the service not ready, in milliseconds.",
  }),
  STUCK_OPEN_MS: integer(1_000, 2_592_000_000)
    .prefault("86400000")
    .meta({ description: "How long a session may be opened or charging before it is told, in milliseconds." }),
  STUCK_HELD_MS: integer(1_000, 2_592_000_000).prefault("3600000").meta({
    description:
      "How long a session may be held, disputed, skipped, unservable or unconfirmed before it is told, in milliseconds.",
  }),
  STUCK_SETTLING_MS: integer(1_000, 2_592_000_000)
    .prefault("3600000")
    .meta({ description: "How long a session may be completed or batched before it is told, in milliseconds." }),
  STUCK_FRAMES_MS: integer(1_000, 2_592_000_000)
    .prefault("3600000")
    .meta({ description: "How long a charger's message may be set aside before it is told, in milliseconds." }),
  STUCK_REPEAT_MS: integer(1_000, 2_592_000_000)
    .prefault("86400000")
    .meta({ description: "After how long something that is still stuck is told again, in milliseconds." }),
};

/** From when on something is stuck, in milliseconds. */
export interface StuckLimits extends SessionLimits {
  readonly eventsMs: number;
  readonly batchMs: number;
  readonly framesMs: number;
  readonly repeatMs: number;
}

export function stuckLimitsOf(settings: z.output<z.ZodObject<typeof stuckSettings>>): StuckLimits {
  return {
    eventsMs: settings.STUCK_EVENTS_MS,
    batchMs: settings.STUCK_BATCH_MS,
    openMs: settings.STUCK_OPEN_MS,
    heldMs: settings.STUCK_HELD_MS,
    settlingMs: settings.STUCK_SETTLING_MS,
    framesMs: settings.STUCK_FRAMES_MS,
    repeatMs: settings.STUCK_REPEAT_MS,
  };
}
