import { AbiCoder, type BytesLike, type ContractTransactionResponse, keccak256, ZeroHash } from "ethers";

import { defaultRules, type SettlementRules } from "../../scripts/deploy/contract-set.ts";
import { networkHelpers } from "./chain.ts";
import { ANY_EVIDENCE, type Claim, leafOf, proofOf, rootOf } from "./claims.ts";
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
  type Signer,
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
export const NOTHING: Metering = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };

/** What each oracle stakes where a test wants to see it used up. */
export const BOND = 20_000_000n;
export const REWARD = defaultRules.challengeRewardMicro;
export const DEPOSIT_FOR_DEMAND = defaultRules.demandDepositMicro;
export const ANSWER_WINDOW_SECONDS = BigInt(defaultRules.answerWindowSeconds);
export const LIABILITY_SECONDS = BigInt(defaultRules.liabilitySeconds);

/** Two live sessions with meters, every oracle has a bond of 20, and the relayer and the thief can pay deposits. */
export async function bondedSessions(): Promise<MeterSettlementFixture> {
  return await bondedUnder({ ...defaultRules, leastBondMicro: BOND });
}

export async function bondedUnder(rules: SettlementRules): Promise<MeterSettlementFixture> {
  const fixture = await meteredUnder(rules);
  const { erc20, oracleBonds, relayer, thief, operator } = fixture;
  for (const account of [relayer, thief, operator]) {
    await erc20.mint(account.address, 10n * DEPOSIT_FOR_DEMAND);
    await erc20.connect(account).approve(await oracleBonds.getAddress(), 10n * DEPOSIT_FOR_DEMAND);
  }
  return fixture;
}

/** What was signed as the evidence of one session. */
export interface Evidence {
  readonly sessionId: string;
  readonly recordsHash: string;
  readonly isReadable: boolean;
}

/** Records that the contract reads, as evidence of a session. */
export function evidenceOf(fixture: MeterSettlementFixture, terms: Terms, records: readonly SignedRecord[]): Evidence {
  const encoded = AbiCoder.defaultAbiCoder().encode(["tuple(bytes payload, bytes32 r, bytes32 s)[]"], [records]);
  return { sessionId: sessionIn(fixture, terms), recordsHash: keccak256(encoded), isReadable: true };
}

/** Bytes that the contract does not read, as evidence of a session. */
export function documentsOf(fixture: MeterSettlementFixture, terms: Terms, documents: readonly BytesLike[]): Evidence {
  const encoded = AbiCoder.defaultAbiCoder().encode(["bytes[]"], [documents]);
  return { sessionId: sessionIn(fixture, terms), recordsHash: keccak256(encoded), isReadable: false };
}

/** The leaves under the root that oracles sign, without our service's code. */
export function evidenceLeaves(evidence: readonly Evidence[]): readonly string[] {
  return evidence.map(({ sessionId, recordsHash, isReadable }) =>
    keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "bool"], [sessionId, recordsHash, isReadable])),
  );
}

/** A batch as it was settled. */
export interface SettledBatch {
  readonly batch: bigint;
  /** Of all sessions, in order. */
  readonly claims: readonly Claim[];
  /** The leaves of those that were settled, zero for the others. */
  readonly leaves: readonly string[];
  readonly evidenceRoot: string;
  /** When, in seconds. */
  readonly settledAt: bigint;
}

/** Settles with a quorum's signatures, all of it. */
export async function settledBatch(
  fixture: MeterSettlementFixture,
  groups: readonly Group[],
  evidenceRoot = ANY_EVIDENCE,
): Promise<SettledBatch> {
  const batch = await fixture.challenges.batchCount();
  await settleBatch(fixture, groups, fixture.relayer, evidenceRoot);
  const claims = await claimsOf(fixture, groups);
  const settledAt = BigInt(await networkHelpers.time.latest());
  return { batch, claims, leaves: claims.map(leafOf), evidenceRoot, settledAt };
}

/** Settles one session on a claim, alone. */
export async function settledAs(fixture: MeterSettlementFixture, terms: Terms, metering: Metering, toppedUp = 0n) {
  return await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, metering, toppedUp)])]);
}

/** Settles one session on a claim, alone, with evidence that can be shown. */
export async function settledBy(
  fixture: MeterSettlementFixture,
  terms: Terms,
  metering: Metering,
  evidence: Evidence,
): Promise<SettledBatch> {
  const group = settlementGroup(terms, [settlementOf(terms, metering)], TARIFF, evidence.isReadable);
  return await settledBatch(fixture, [group], rootOf(evidenceLeaves([evidence])));
}

/** A settled claim as the contract takes it. */
export interface SettledClaim {
  readonly batch: bigint;
  readonly index: bigint;
  readonly count: bigint;
  readonly proof: string[];
  readonly evidenceRoot: string;
  readonly terms: Terms;
  readonly tariff: TariffFields;
  readonly metering: bigint;
  readonly isReadable: boolean;
}

/** Where a session's claim is in a batch. */
export function claimIn(
  fixture: MeterSettlementFixture,
  { batch, claims, leaves, evidenceRoot }: SettledBatch,
  terms: Terms,
  changes: Partial<SettledClaim> = {},
): SettledClaim {
  const index = claims.findIndex(({ sessionId }) => sessionId === sessionIn(fixture, terms));
  const claim = claims[index];
  if (claim === undefined) throw new Error("The batch does not have the session");
  return {
    batch,
    index: BigInt(index),
    count: BigInt(claims.length),
    proof: proofOf(leaves, index),
    evidenceRoot,
    terms,
    tariff: TARIFF,
    metering: claim.metering,
    isReadable: claim.isReadable,
    ...changes,
  };
}

/** The arguments of a challenge of a session of a batch, with the usual record unless told otherwise. */
export function challengeOf(
  fixture: MeterSettlementFixture,
  settled: SettledBatch,
  terms: Terms,
  changes: Partial<SettledClaim & { readonly records: SignedRecord[] }> = {},
): [SettledClaim, SignedRecord[]] {
  const { records = [recordOf(fixture, terms)], ...claim } = changes;
  return [claimIn(fixture, settled, terms, claim), records];
}

/** The commitment to a demand, without our service's code. */
export function commitmentTo(sender: Signer, { batch, index }: SettledClaim, salt: string): string {
  const types = ["address", "uint256", "uint256", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [sender.address, batch, index, salt]));
}

/** Demands the records behind a claim, with a commitment before it unless told otherwise. */
export async function demanded(
  fixture: MeterSettlementFixture,
  settled: SettledBatch,
  terms: Terms,
  { by = fixture.relayer, salt = keccak256("0x01") }: { readonly by?: Signer; readonly salt?: string | null } = {},
): Promise<{ readonly answerableUntil: bigint }> {
  const challenges = fixture.challenges.connect(by);
  const claim = claimIn(fixture, settled, terms);
  if (salt !== null) await challenges.commit(commitmentTo(by, claim, salt));
  await challenges.demandEvidence(claim, salt ?? ZeroHash);
  return { answerableUntil: BigInt(await networkHelpers.time.latest()) + ANSWER_WINDOW_SECONDS };
}

/** A demand that nobody answered, concluded with these records. */
export async function defaulted(
  fixture: MeterSettlementFixture,
  settled: SettledBatch,
  terms: Terms,
  records: SignedRecord[] = [],
  by: Signer = fixture.relayer,
): Promise<void> {
  const { answerableUntil } = await demanded(fixture, settled, terms, { by });
  await networkHelpers.time.increaseTo(answerableUntil + 1n);
  await fixture.challenges.connect(by).conclude(terms, TARIFF, records);
}

/** Does something and tells everything that came of it; `proofs` are the events of the contract of challenges. */
export async function challengeOutcomeOf(
  fixture: MeterSettlementFixture,
  action: () => Promise<ContractTransactionResponse>,
): Promise<ProvenOutcome & { readonly bonds: PlainEvent[] }> {
  let proofs: PlainEvent[] = [];
  let bonds: PlainEvent[] = [];
  const outcome = await outcomeOf(fixture, async () => {
    const response = await action();
    const receipt = await response.wait();
    proofs = eventsOf(receipt, fixture.challenges);
    bonds = eventsOf(receipt, fixture.oracleBonds);
    return response;
  });
  return { ...outcome, proofs, bonds };
}
