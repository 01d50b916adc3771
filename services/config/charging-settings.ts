import { z } from "zod";

import { defaultLateMessageLimits, type LateMessageLimits } from "../domain/charging/awaited-messages.ts";
import type { MissingStopLimits } from "../domain/charging/missing-stop.ts";
import { defaultQuietMs } from "../domain/charging/quiet-time.ts";
import type { StartLimits } from "../domain/charging/session-start.ts";
import type { EvidencePolicy } from "../domain/charging/settlement-policy.ts";
import { integer } from "./setting-types.ts";

/** The settings of how sessions are begun, watched, stopped and judged. */
export const chargingSettings = {
  EVIDENCE_METER_SIGNED_BOUND: z
    .enum(["settle", "hold"])
    .prefault("settle")
    .meta({ description: "What becomes of energy that the meter signed together with the session's idTag." }),
  EVIDENCE_METER_SIGNED: z
    .enum(["settle", "hold"])
    .prefault("settle")
    .meta({ description: "What becomes of energy that the meter signed without the session's idTag." }),
  EVIDENCE_PLAUSIBLE_UNSIGNED: z.enum(["settle-up-to-cap", "settle", "hold"]).prefault("settle-up-to-cap").meta({
    description:
      "What becomes of plausible energy that nobody signed: settled up to the cap that the driver agreed to.",
  }),
  EVIDENCE_SUSPICIOUS: z
    .enum(["hold", "settle"])
    .prefault("hold")
    .meta({ description: "What becomes of unsigned energy beside a signed value that does not hold." }),
  EVIDENCE_EVERY_MESSAGE: z
    .enum(["optional", "required"])
    .prefault("optional")
    .meta({ description: "Whether unsigned energy needs every message of its transaction." }),
  REGISTER_MODULI_WH: z
    .string()
    .regex(
      /^\s*(?:[1-9][0-9]{0,9} [1-9][0-9]{0,17}\s*(?:,\s*|$))*$/,
      "must be pairs of an EVSE and Wh, such as 7 1000000000",
    )
    .prefault("")
    .meta({
      description:
        "Value at which a meter's register starts over: pairs of an EVSE's number and Wh, separated by commas. Elsewhere a step back is not a rollover.",
    }),
  SESSION_START_LIMIT_MS: integer(1_000, 86_400_000)
    .prefault("300000")
    .meta({ description: "Wait after which a session that no charger begins is closed, in milliseconds." }),
  SESSION_START_RETRY_MS: integer(100, 3_600_000)
    .prefault("30000")
    .meta({ description: "Pause before a charger is asked again to begin a session, in milliseconds." }),
  HOLD_STOP_AT_BPS: integer(1, 10_000)
    .prefault("9500")
    .meta({ description: "Share of a hold at which charging is stopped, in hundredths of a per cent." }),
  STOP_RETRY_MS: integer(100, 3_600_000)
    .prefault("15000")
    .meta({ description: "Pause before a charger is told again to stop, in milliseconds." }),
  STOP_MISSING_SILENCE_MS: integer(1_000, 86_400_000)
    .prefault("900000")
    .meta({ description: "Silence of a transaction after which its stop counts as missing, in milliseconds." }),
  STOP_MISSING_GRACE_MS: integer(0, 172_800_000)
    .prefault("21600000")
    .meta({ description: "How long a missing stop may still come before the last reading counts, in milliseconds." }),
  STOP_MISSING_ASK_MS: integer(100, 86_400_000)
    .prefault("900000")
    .meta({ description: "Pause before a charger is asked again about a missing stop, in milliseconds." }),
  LATE_MESSAGES_WAIT_MS: integer(0, 86_400_000).prefault(String(defaultLateMessageLimits.waitMs)).meta({
    description: "How long messages of before the end of a transaction are waited for after it, in milliseconds.",
  }),
  LATE_MESSAGES_QUIET_MS: integer(0, 3_600_000).prefault(String(defaultQuietMs)).meta({
    description:
      "How long nothing more must come after the end of a transaction before unsigned energy counts, in milliseconds.",
  }),
  LATE_MESSAGES_SPACING_MS: integer(100, 3_600_000).prefault(String(defaultLateMessageLimits.spacingMs)).meta({
    description: "Least time between two looks at what comes after the end of a transaction, in milliseconds.",
  }),
  LATE_MESSAGES_LIMIT: integer(100, 1_000_000)
    .prefault(String(defaultLateMessageLimits.limit))
    .meta({ description: "Of more messages after the end of a transaction, no further ones are read." }),
};

/** How sessions are begun, watched, stopped and judged. */
export interface ChargingConfig {
  readonly policy: EvidencePolicy;
  /** At which value the register of an EVSE's meter begins anew, by the EVSE's number, in Wh. */
  readonly registerModuliWh: ReadonlyMap<number, bigint>;
  readonly start: StartLimits;
  readonly missingStop: MissingStopLimits;
  /** Share of a hold at which charging is stopped. */
  readonly stopAtBps: number;
  readonly stopRetryMs: number;
  readonly late: LateMessageLimits;
  /** How long nothing more must come after the end before unsigned energy counts. */
  readonly quietMs: number;
}

/** The settings as the service uses them. */
export function chargingOf(settings: z.output<z.ZodObject<typeof chargingSettings>>): ChargingConfig {
  return {
    policy: {
      grades: {
        "meter-signed-bound": settings.EVIDENCE_METER_SIGNED_BOUND,
        "meter-signed": settings.EVIDENCE_METER_SIGNED,
        "plausible-unsigned": settings.EVIDENCE_PLAUSIBLE_UNSIGNED,
      },
      settlesSuspicious: settings.EVIDENCE_SUSPICIOUS === "settle",
      requiresEveryMessage: settings.EVIDENCE_EVERY_MESSAGE === "required",
    },
    registerModuliWh: moduliOf(settings.REGISTER_MODULI_WH),
    start: { limitMs: settings.SESSION_START_LIMIT_MS, retryMs: settings.SESSION_START_RETRY_MS },
    missingStop: {
      leastSilenceMs: settings.STOP_MISSING_SILENCE_MS,
      graceMs: settings.STOP_MISSING_GRACE_MS,
      askAgainMs: settings.STOP_MISSING_ASK_MS,
    },
    stopAtBps: settings.HOLD_STOP_AT_BPS,
    stopRetryMs: settings.STOP_RETRY_MS,
    late: {
      waitMs: settings.LATE_MESSAGES_WAIT_MS,
      spacingMs: settings.LATE_MESSAGES_SPACING_MS,
      limit: settings.LATE_MESSAGES_LIMIT,
    },
    quietMs: settings.LATE_MESSAGES_QUIET_MS,
  };
}

function moduliOf(text: string): ReadonlyMap<number, bigint> {
  const pairs = text.split(",").map((entry) => entry.trim().split(" "));
  return new Map(
    pairs.flatMap(([evse = "", modulusWh = ""]) => (evse === "" ? [] : [[Number(evse), BigInt(modulusWh)]])),
  );
}
