import type { Chain } from "../chain/chain.ts";
import type { ServiceConfig } from "../config/config.ts";
import type { PeerConfig } from "../config/quorum-settings.ts";
import type { Ages } from "../observability/ages.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { BatchKind, Store } from "../store/store.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { RecordVerifier } from "../evidence/verify-record.ts";
import { createDisputeTask } from "./disputes/dispute-task.ts";
import { createMeterProofs } from "./meter-proofs.ts";
import type { BatchTask } from "./pursue-transactions.ts";
import { createEvidenceDescriber } from "./quorum/describe-evidence.ts";
import { createSignatureGatherer } from "./quorum/gather-signatures.ts";
import { createPriceLowering } from "./quorum/lower-price.ts";
import type { QuorumPeer } from "./quorum/peer.ts";
import { createSessionReleaser } from "./release-sessions.ts";
import { createMeterTask } from "./settle-with-meters.ts";
import { createQuorumTask } from "./settle-with-quorum.ts";

/** Short beside any challenge window, long beside what an endpoint takes to recover. */
const disputeRetryMs = 60_000;

/** What each kind of batch is sent with. */
export function createBatchTasks(
  config: Pick<ServiceConfig, "quorumPeers" | "quorumTimeoutMs" | "quorumRetryMs" | "quorumFallbackMs">,
  connectPeer: (peer: PeerConfig, ownAddress: string, timeoutMs: number) => QuorumPeer,
  deps: {
    readonly store: Store;
    readonly chain: Chain;
    readonly meters: MeterDirectory;
    readonly verifier: RecordVerifier;
    readonly desk: OperatorDesk;
    readonly now: () => number;
    /** For waits that are kept in the ledger. */
    readonly steadyNow: () => number;
    readonly ages: Ages;
    readonly settlementAttempts: number;
  },
): Readonly<Record<BatchKind, BatchTask>> {
  const { chain } = deps;
  const peers = config.quorumPeers.map((peer) => connectPeer(peer, chain.oracle, config.quorumTimeoutMs));
  const retryMs = config.quorumRetryMs;
  const shared = { ...deps, proofs: createMeterProofs(deps), releaser: createSessionReleaser(deps), retryMs };
  return {
    oracles: createQuorumTask({
      ...shared,
      gatherer: createSignatureGatherer({ ...deps, peers, describer: createEvidenceDescriber(deps) }),
      policy: { retryMs, fallbackMs: config.quorumFallbackMs },
    }),
    meter: createMeterTask(shared),
    dispute: createDisputeTask({
      ...shared,
      lowering: createPriceLowering({ ...deps, peers }),
      retryMs: disputeRetryMs,
    }),
  };
}
