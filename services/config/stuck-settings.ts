import type { z } from "zod";

import { section } from "./section.ts";
import { integer, setting } from "./setting.ts";

const month = 2_592_000_000;

/** From when on something is stuck. */
export const stuckSection = section("When something counts as stuck", {
  eventsMs: setting(
    "STUCK_EVENTS_MS",
    integer(0, 86_400_000, "ms"),
    60_000,
    "The service is not ready when the endpoint has left out events for this long (ms).",
  ),
  batchMs: setting(
    "STUCK_BATCH_MS",
    integer(1_000, 604_800_000, "ms"),
    3_600_000,
    "A batch that is unconfirmed for this long (ms) raises an alert, frees its place of `WATTPROOF_BATCHES_IN_FLIGHT` and makes the service not ready.",
  ),
  openMs: setting(
    "STUCK_OPEN_MS",
    integer(1_000, month, "ms"),
    86_400_000,
    "A session that is opened or charging for this long (ms) raises an alert.",
  ),
  heldMs: setting(
    "STUCK_HELD_MS",
    integer(1_000, month, "ms"),
    3_600_000,
    "A session that is held, disputed, skipped, unservable or unconfirmed for this long (ms) raises an alert.",
  ),
  settlingMs: setting(
    "STUCK_SETTLING_MS",
    integer(1_000, month, "ms"),
    3_600_000,
    "A session that is completed or batched for this long (ms) raises an alert.",
  ),
  framesMs: setting(
    "STUCK_FRAMES_MS",
    integer(1_000, month, "ms"),
    3_600_000,
    "A charger's message that is set aside for this long (ms) raises an alert.",
  ),
  repeatMs: setting(
    "STUCK_REPEAT_MS",
    integer(1_000, month, "ms"),
    86_400_000,
    "Raise the alert again after this time (ms) while something is still stuck.",
  ),
});

/** From when on something is stuck, in milliseconds. */
export type StuckLimits = z.output<typeof stuckSection.schema>;
