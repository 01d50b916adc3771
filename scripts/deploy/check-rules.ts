import type { Appointments, SettlementRules } from "./contract-set.ts";

/** The contracts' own limit: less than this is a mistake of units. */
const leastSeconds = 3_600;
/** A quorum of two with 10,000 tokens each may credit an operator with 100,000 a day; see decision 0035. */
const leastBacking = 10n;

/**
 * Why contracts could not be deployed with these rules and appointments, or undefined if they can. The contracts refuse
 * the same; asking first saves the gas of those that are deployed before the one that refuses.
 */
export function findRuleProblem(rules: SettlementRules, appointments: Appointments): string | undefined {
  const { oracles, threshold } = appointments;
  if (new Set(oracles.map((oracle) => oracle.toLowerCase())).size !== oracles.length) {
    return "An oracle is named twice";
  }
  if (oracles.length < 1 || oracles.length > 16) return "A committee has 1 to 16 oracles";
  if (threshold < 1 || threshold > oracles.length) return "The threshold must be from 1 to the number of oracles";
  if (rules.changeDelaySeconds <= rules.maximumSessionSeconds) {
    return "The change delay must be longer than the longest session";
  }
  if (rules.changeDelaySeconds <= rules.liabilitySeconds) {
    return "The change delay must be longer than the time of liability";
  }
  if (rules.liabilitySeconds <= rules.challengeWindowSeconds + rules.answerWindowSeconds) {
    return "Oracles must be liable for longer than challenge window and answer window together";
  }
  if (rules.epochSeconds < rules.challengeWindowSeconds) {
    return "An epoch must not be shorter than the challenge window";
  }
  if (Math.min(rules.challengeWindowSeconds, rules.answerWindowSeconds, rules.epochSeconds) < leastSeconds) {
    return "Challenge window, answer window and epoch take an hour at least";
  }

  // What a quorum stakes must be in some proportion to what it can do to one operator in an epoch.
  if (BigInt(threshold) * rules.leastBondMicro * leastBacking < rules.epochLimitMicro) {
    return `The least bonds of a quorum must be at least a ${leastBacking}th of the epoch's limit`;
  }
  if (rules.epochUnreadableLimitMicro > rules.epochReturnLimitMicro) {
    return "The limit of unreadable claims must not be above that of returns";
  }

  return undefined;
}

/** A majority of the committee. */
export function usualThreshold(oracles: readonly string[]): number {
  return Math.floor(oracles.length / 2) + 1;
}
