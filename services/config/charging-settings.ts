import type { z } from "zod";

import { defaultLateMessageLimits } from "../domain/charging/awaited-messages.ts";
import { defaultStopAtBps } from "../domain/charging/hold-watch.ts";
import { defaultMissingStopLimits } from "../domain/charging/missing-stop.ts";
import { defaultQuietMs } from "../domain/charging/quiet-time.ts";
import type { EvidencePolicy } from "../domain/charging/settlement-policy.ts";
import { section } from "./section.ts";
import { choice, flag, integer, listOf, parsed, setting, type Kind } from "./setting.ts";

const modulusGrammar = /^([1-9][0-9]{0,9}) ([1-9][0-9]{0,17})$/;

/** Pairs of an EVSE's number and Wh; `null` where an entry is none. */
function moduliOf(list: string): ReadonlyMap<number, bigint> | null {
  const pairs = listOf(list).map((entry) => modulusGrammar.exec(entry));
  if (pairs.includes(null)) return null;
  return new Map(pairs.map((pair) => [Number(pair?.[1]), BigInt(pair?.[2] ?? "0")]));
}

const moduli: Kind<ReadonlyMap<number, bigint>> = parsed(
  moduliOf,
  "list of pairs",
  "pairs of an EVSE and Wh, such as 7 1000000000, separated by commas",
);

/** How sessions are begun, watched, stopped and judged. */
export const chargingSection = section(
  "Charging and evidence",
  {
    bound: setting(
      "EVIDENCE_METER_SIGNED_BOUND",
      choice("settle", "hold"),
      "settle",
      "What happens to energy that the meter signed together with the session's idTag.",
    ),
    signed: setting(
      "EVIDENCE_METER_SIGNED",
      choice("settle", "hold"),
      "settle",
      "What happens to energy that the meter signed without the session's idTag.",
    ),
    unsigned: setting(
      "EVIDENCE_PLAUSIBLE_UNSIGNED",
      choice("settle-up-to-cap", "settle", "hold"),
      "settle-up-to-cap",
      "What happens to plausible energy that nobody signed. `settle-up-to-cap`: settle up to the cap that the driver agreed to.",
    ),
    settlesSuspicious: setting(
      "EVIDENCE_SUSPICIOUS",
      flag("settle", "hold"),
      "hold",
      "What happens to unsigned energy beside a signed value that does not hold.",
    ),
    requiresEveryMessage: setting(
      "EVIDENCE_EVERY_MESSAGE",
      flag("required", "optional"),
      "optional",
      "Whether unsigned energy needs every message of its transaction.",
    ),
    registerModuliWh: setting(
      "REGISTER_MODULI_WH",
      moduli,
      "",
      "Where a meter's register starts over: pairs of an EVSE's number and Wh, separated by commas. Elsewhere a step back is not a rollover.",
    ),
    startLimitMs: setting(
      "SESSION_START_LIMIT_MS",
      integer(1_000, 86_400_000, "ms"),
      300_000,
      "Close a session that no charger begins within this time (ms).",
    ),
    startRetryMs: setting(
      "SESSION_START_RETRY_MS",
      integer(100, 3_600_000, "ms"),
      30_000,
      "Pause before a charger is asked again to begin a session (ms).",
    ),
    stopAtBps: setting(
      "HOLD_STOP_AT_BPS",
      integer(1, 10_000, "bps"),
      defaultStopAtBps,
      "Stop charging when the session has used this share of its hold, in hundredths of a per cent.",
    ),
    stopRetryMs: setting(
      "STOP_RETRY_MS",
      integer(100, 3_600_000, "ms"),
      15_000,
      "Pause before a charger is told again to stop (ms).",
    ),
    leastSilenceMs: setting(
      "STOP_MISSING_SILENCE_MS",
      integer(1_000, 86_400_000, "ms"),
      defaultMissingStopLimits.leastSilenceMs,
      "The stop of a transaction counts as missing when nothing has come for this long (ms).",
    ),
    graceMs: setting(
      "STOP_MISSING_GRACE_MS",
      integer(0, 172_800_000, "ms"),
      defaultMissingStopLimits.graceMs,
      "Time for a missing stop to come before the last reading counts (ms).",
    ),
    askAgainMs: setting(
      "STOP_MISSING_ASK_MS",
      integer(100, 86_400_000, "ms"),
      defaultMissingStopLimits.askAgainMs,
      "Pause before a charger is asked again about a missing stop (ms).",
    ),
    lateWaitMs: setting(
      "LATE_MESSAGES_WAIT_MS",
      integer(0, 86_400_000, "ms"),
      defaultLateMessageLimits.waitMs,
      "After a transaction has ended, wait this long for messages from before its end (ms).",
    ),
    quietMs: setting(
      "LATE_MESSAGES_QUIET_MS",
      integer(0, 3_600_000, "ms"),
      defaultQuietMs,
      "After a transaction has ended, nothing more must come for this long (ms) before unsigned energy counts.",
    ),
    lateSpacingMs: setting(
      "LATE_MESSAGES_SPACING_MS",
      integer(100, 3_600_000, "ms"),
      defaultLateMessageLimits.spacingMs,
      "Least time between two looks at messages that come after the end of a transaction (ms).",
    ),
    lateLimit: setting(
      "LATE_MESSAGES_LIMIT",
      integer(100, 1_000_000),
      defaultLateMessageLimits.limit,
      "Messages after the end of a transaction that are read at most.",
    ),
  },
  ({ bound, signed, unsigned, settlesSuspicious, requiresEveryMessage, ...values }) => {
    const grades = { "meter-signed-bound": bound, "meter-signed": signed, "plausible-unsigned": unsigned };
    const policy: EvidencePolicy = { grades, settlesSuspicious, requiresEveryMessage };
    const { leastSilenceMs, graceMs, askAgainMs, registerModuliWh, stopAtBps, stopRetryMs, quietMs } = values;
    return {
      ...{ policy, registerModuliWh, stopAtBps, stopRetryMs, quietMs },
      start: { limitMs: values.startLimitMs, retryMs: values.startRetryMs },
      missingStop: { leastSilenceMs, graceMs, askAgainMs },
      late: { waitMs: values.lateWaitMs, spacingMs: values.lateSpacingMs, limit: values.lateLimit },
    };
  },
);

/** How sessions are begun, watched, stopped and judged. */
export type ChargingConfig = Readonly<z.output<typeof chargingSection.schema>>;
