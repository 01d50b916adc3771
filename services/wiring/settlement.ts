import type { ReadinessCheck } from "../http/public/health.ts";
import { feeLimitsOf } from "../config/spending-settings.ts";
import { createBatchTasks } from "../settlement/batch-tasks.ts";
import { createDisputeActor } from "../settlement/disputes/act-on-disputes.ts";
import { createChainFollower, type ChainFollower } from "../settlement/follow-chain.ts";
import { createBatchFormer } from "../settlement/form-batches.ts";
import { settlementGasOf } from "../domain/spending.ts";
import { createLivenessChecks } from "../settlement/liveness-checks.ts";
import { withEventsMadeUpFor } from "../settlement/make-up-for.ts";
import { batchTargets, createTransactionPursuit } from "../settlement/pursue-transactions.ts";
import { createEvidenceDescriber } from "../settlement/quorum/describe-evidence.ts";
import { createHttpPeer } from "../settlement/quorum/http-peer.ts";
import { createClaimSigner, type ClaimSigner } from "../settlement/quorum/sign-claims.ts";
import { createLoweringSigner, type LoweringSigner } from "../settlement/quorum/sign-lowerings.ts";
import { createRecordTaker } from "../settlement/quorum/take-records.ts";
import { createReceiptWriter, type ReceiptWriter } from "../settlement/receipt.ts";
import { createBatchSender } from "../settlement/send-batches.ts";
import { createSettlementLoop, type SettlementLoop } from "../settlement/settlement-loop.ts";
import { createSessionWatch } from "../settlement/watch-sessions.ts";
import type { Batch } from "../store/store.ts";
import type { Evidence } from "./evidence.ts";
import type { Foundation, ServiceOptions } from "./foundation.ts";

/** What follows the chain and brings completed sessions to it. */
export interface Settlement {
  readonly follower: ChainFollower;
  /** Signs what other oracles claim, where this one's records say the same. */
  readonly signer: ClaimSigner;
  readonly loweringSigner: LoweringSigner;
  readonly loop: SettlementLoop;
  readonly receipts: ReceiptWriter;
  readonly checks: readonly ReadinessCheck[];
}

/** Wires the rounds of settlement: follow, form batches, watch, dispute, send. */
export function wireSettlement(
  foundation: Foundation,
  evidence: Evidence,
  { connectPeer = createHttpPeer }: Pick<ServiceOptions, "connectPeer">,
): Settlement {
  const { config, deployment, gate, desk, signal } = foundation;
  const { stuck, settlementAttempts, pollIntervalMs, transactionStuckMs } = config;
  const shared = { ...foundation, ...evidence, settlementAttempts };
  const follower = gate.before(
    createChainFollower({
      ...shared,
      firstBlock: deployment.blockNumber,
      blockRange: config.blockRange,
      repeatMs: stuck.repeatMs,
    }),
  );
  // What is written in the course of a round is refused once another replica does this work.
  const lease = foundation.replica.leases.settlement;
  const acting = { ...shared, store: lease.store };
  const former = createBatchFormer({
    ...acting,
    policy: {
      maxItems: config.batchMaxItems,
      maxAgeMs: config.batchMaxAgeMs,
      maxValueMicro: config.batchMaxValueMicro,
    },
    batchesInFlight: config.batchesInFlight,
    stuckBatchMs: stuck.batchMs,
  });
  const pursuit = createTransactionPursuit<Batch>({
    ...{ ...acting, transactionStuckMs },
    limits: feeLimitsOf(config.spending, deployment.chainId),
    targetOf: ({ kind }) => batchTargets[kind],
    leastGasOf: ({ kind }, calldata) => (kind === "dispute" ? 0n : settlementGasOf(calldata)),
  });
  const tasks = createBatchTasks(config, connectPeer, acting);
  const sender = createBatchSender({
    ...{ ...acting, stuck, pursuit },
    tasks: withEventsMadeUpFor(tasks, { ...acting, follower, repeatMs: stuck.repeatMs }),
  });
  const loop = createSettlementLoop({
    ...{ lease, follower, former, sender, desk, pollIntervalMs, signal },
    watch: createSessionWatch({ ...acting, limits: stuck }),
    disputes: createDisputeActor({ ...acting, policy: config.challenges }),
  });
  const signing = { ...shared, taker: createRecordTaker(shared), catchUp: () => follower.follow(signal) };
  return {
    ...{ follower, loop },
    signer: createClaimSigner({ ...signing, describer: createEvidenceDescriber(shared) }),
    loweringSigner: createLoweringSigner(signing),
    receipts: createReceiptWriter(shared),
    checks: createLivenessChecks({ ...shared, follower, stuck }),
  };
}
