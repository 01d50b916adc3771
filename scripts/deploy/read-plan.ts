import { isAddress } from "ethers";

import { UsageError, wholeNumber } from "../command-line/usage.ts";
import { findRuleProblem, usualThreshold } from "./check-rules.ts";
import type { Appointments, SettlementRules } from "./contract-set.ts";

/** Options of a deployment as they were given: text, by their names on the command line. */
export interface DeploymentOptions {
  readonly owner?: string | undefined;
  readonly guardian?: string | undefined;
  readonly oracle: readonly string[];
  readonly threshold?: string | undefined;
  readonly "maximum-session-hours": string;
  readonly "change-delay-hours": string;
  readonly "liability-hours": string;
  readonly "challenge-window-hours": string;
  readonly "answer-window-hours": string;
  readonly "epoch-hours": string;
  readonly "epoch-limit": string;
  readonly "epoch-return-limit": string;
  readonly "epoch-unreadable-limit": string;
  readonly "least-bond": string;
  readonly "challenge-reward": string;
  readonly "challenge-reward-percent": string;
  readonly "demand-deposit": string;
  readonly "challenge-ring": string;
}

/** Rules where nothing else was said. */
export const ruleDefaults = {
  "maximum-session-hours": "48",
  "change-delay-hours": "72",
  "liability-hours": "48",
  "challenge-window-hours": "24",
  "answer-window-hours": "12",
  "epoch-hours": "24",
  "epoch-limit": "100000",
  "epoch-return-limit": "1000000",
  "epoch-unreadable-limit": "10000",
  "least-bond": "10000",
  "challenge-reward": "5",
  "challenge-reward-percent": "10",
  "demand-deposit": "1",
  "challenge-ring": "10000",
} as const;

const secondsPerHour = 3600;
const microPerToken = 1_000_000n;
const bpsPerPercent = 100;
/** The ledger holds 64 bits of 10⁻⁶ token. */
const mostTokens = 1_000_000_000_000;

/** @throws UsageError if contracts could not be deployed like this */
export function readPlan(options: DeploymentOptions): {
  readonly appointments: Appointments;
  readonly rules: SettlementRules;
} {
  const owner = addressFrom("--owner", options.owner);
  const oracles = options.oracle.map((text) => addressFrom("--oracle", text));
  if (oracles.length === 0) {
    throw new UsageError("Name the oracles of the first committee: --oracle <address>");
  }
  const { guardian, threshold } = options;
  const appointments: Appointments = {
    owner,
    guardian: guardian === undefined ? owner : addressFrom("--guardian", guardian),
    oracles,
    threshold: threshold === undefined ? usualThreshold(oracles) : wholeNumber("--threshold", threshold, 1, 16),
  };
  const rules: SettlementRules = {
    maximumSessionSeconds: secondsFrom("--maximum-session-hours", options["maximum-session-hours"], 720),
    changeDelaySeconds: secondsFrom("--change-delay-hours", options["change-delay-hours"], 2_160),
    liabilitySeconds: secondsFrom("--liability-hours", options["liability-hours"], 2_160),
    challengeWindowSeconds: secondsFrom("--challenge-window-hours", options["challenge-window-hours"], 720),
    answerWindowSeconds: secondsFrom("--answer-window-hours", options["answer-window-hours"], 720),
    epochSeconds: secondsFrom("--epoch-hours", options["epoch-hours"], 2_160),
    epochLimitMicro: microFrom("--epoch-limit", options["epoch-limit"]),
    epochReturnLimitMicro: microFrom("--epoch-return-limit", options["epoch-return-limit"]),
    epochUnreadableLimitMicro: microFrom("--epoch-unreadable-limit", options["epoch-unreadable-limit"]),
    leastBondMicro: microFrom("--least-bond", options["least-bond"]),
    challengeRewardBps:
      wholeNumber("--challenge-reward-percent", options["challenge-reward-percent"], 0, 100) * bpsPerPercent,
    demandDepositMicro: microFrom("--demand-deposit", options["demand-deposit"]),
    challengeRewardMicro: microFrom("--challenge-reward", options["challenge-reward"]),
    challengeRingSize: wholeNumber("--challenge-ring", options["challenge-ring"], 1, 1_000_000),
  };
  const problem = findRuleProblem(rules, appointments);
  if (problem !== undefined) {
    throw new UsageError(problem);
  }

  return { appointments, rules };
}

/** @throws UsageError */
export function addressFrom(option: string, text: string | undefined): string {
  if (text === undefined || !isAddress(text)) {
    throw new UsageError(`${option} takes an address of 0x and 40 hexadecimal digits`);
  }

  return text;
}

function secondsFrom(option: string, text: string, mostHours: number): number {
  return wholeNumber(option, text, 1, mostHours) * secondsPerHour;
}

/** Whole tokens, in 10⁻⁶ token. */
function microFrom(option: string, text: string): bigint {
  return BigInt(wholeNumber(option, text, 0, mostTokens)) * microPerToken;
}
