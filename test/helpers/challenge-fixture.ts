import type { ContractTransactionResponse } from "ethers";

import { defaultRules, type SettlementRules } from "../../scripts/deploy/contract-set.ts";
import { networkHelpers } from "./chain.ts";
import { type Claim, linksOf } from "./claims.ts";
import {
  type MeterSettlementFixture,
  meteredUnder,
  type ProvenOutcome,
  recordOf,
  type SignedRecord,
} from "./meter-settlement-fixture.ts";
import { eventsOf, outcomeOf, type PlainEvent } from "./outcome.ts";
import type { Metering, Terms } from "./session-terms.ts";
import {
  claimsOf,
  type Group,
  settleBatch,
  sessionIn,
  settlementGroup,
  settlementOf,
  TARIFF,
  type TariffFields,
} from "./settlement-fixture.ts";

/** More than the usual record says, in the same time. */
export const OVERCLAIMED: Metering = {
  energyMicroWh: 20_000_000_000n,
  chargingSeconds: 5_400n,
  connectedSeconds: 5_400n,
};
/** By hand: 0.50 flat + 20 × 0.45 = 9.00 + 90 × 0.02 = 1.80, so 11.30 net; 8.1 % tax 0.9153. */
export const OVERCLAIMED_PRICE = 12_215_300n;
/** Less than the usual record says. By hand: 0.50 + 2 × 0.45 = 0.90 + 1.80, so 3.20 net; 8.1 % tax 0.2592. */
export const UNDERCLAIMED: Metering = {
  energyMicroWh: 2_000_000_000n,
  chargingSeconds: 5_400n,
  connectedSeconds: 5_400n,
};
export const UNDERCLAIMED_PRICE = 3_459_200n;

export const BOND = 20_000_000n;
export const REWARD = defaultRules.challengeRewardMicro;
export const ANSWER_WINDOW_SECONDS = BigInt(defaultRules.answerWindowSeconds);

/** Two live sessions with meters, and every oracle has a bond. */
export async function bondedSessions(): Promise<MeterSettlementFixture> {
  return await bondedUnder(defaultRules);
}

export async function bondedUnder(rules: SettlementRules): Promise<MeterSettlementFixture> {
  const fixture = await meteredUnder(rules);
  const { settlement, payer, oracles } = fixture;
  for (const { address } of oracles) await settlement.connect(payer).postBond(address, BOND);
  return fixture;
}

/** A batch as it was settled. */
export interface SettledBatch {
  readonly batch: bigint;
  /** Of the sessions that were settled, in order. */
  readonly claims: readonly Claim[];
  /** When, in seconds. */
  readonly settledAt: bigint;
}

/** Settles with a quorum's signatures, all of it. */
export async function settledBatch(fixture: MeterSettlementFixture, groups: readonly Group[]): Promise<SettledBatch> {
  const batch = await fixture.challenges.batchCount();
  await settleBatch(fixture, groups);
  const claims = await claimsOf(fixture, groups);
  return { batch, claims, settledAt: BigInt(await networkHelpers.time.latest()) };
}

/** Settles one session on a claim, alone. */
export async function settledAs(fixture: MeterSettlementFixture, terms: Terms, metering: Metering, toppedUp = 0n) {
  return await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, metering, toppedUp)])]);
}

/** A challenge as the contract takes it. */
export interface ChallengeCall {
  readonly batch: bigint;
  readonly previousLink: string;
  readonly terms: Terms;
  readonly tariff: TariffFields;
  readonly metering: bigint;
  readonly later: Claim[];
  readonly records: SignedRecord[];
}

/** The challenge of a session of a batch, with the usual record unless told otherwise. */
export function challengeOf(
  fixture: MeterSettlementFixture,
  { batch, claims }: SettledBatch,
  terms: Terms,
  changes: Partial<ChallengeCall> = {},
): ChallengeCall {
  const place = claims.findIndex(({ sessionId }) => sessionId === sessionIn(fixture, terms));
  const claim = claims[place];
  const previousLink = linksOf(claims)[place];
  if (claim === undefined || previousLink === undefined) throw new Error("The batch does not have the session");
  return {
    batch,
    previousLink,
    terms,
    tariff: TARIFF,
    metering: claim.metering,
    later: claims.slice(place + 1),
    records: [recordOf(fixture, terms)],
    ...changes,
  };
}

/** Does something and tells everything that came of it; `proofs` are the events of the contract of challenges. */
export async function challengeOutcomeOf(
  fixture: MeterSettlementFixture,
  action: () => Promise<ContractTransactionResponse>,
): Promise<ProvenOutcome> {
  let proofs: PlainEvent[] = [];
  const outcome = await outcomeOf(fixture, async () => {
    const response = await action();
    proofs = eventsOf(await response.wait(), fixture.challenges);
    return response;
  });
  return { ...outcome, proofs };
}

/** Settles a session on a wrong claim, and a relayer challenges it with the usual record. */
export async function challenged(fixture: MeterSettlementFixture, terms: Terms, metering: Metering) {
  const settled = await settledAs(fixture, terms, metering);
  await fixture.challenges.connect(fixture.relayer).challenge(challengeOf(fixture, settled, terms));
  const answerableUntil = BigInt(await networkHelpers.time.latest()) + ANSWER_WINDOW_SECONDS;
  return { settled, answerableUntil };
}
