import { createSessionAssessor } from "../../services/charging/assess-session.ts";
import { createChargingInbox } from "../../services/charging/frame-inbox.ts";
import { createTransactionPursuer } from "../../services/charging/pursue-transactions.ts";
import { createQuietTime } from "../../services/charging/quiet-time.ts";
import { createOnceDesk } from "../../services/charging/tell-once.ts";
import { createTransactionReaders } from "../../services/charging/wire-charging.ts";
import { defaultLateMessageLimits } from "../../services/domain/charging/awaited-messages.ts";
import { defaultMissingStopLimits } from "../../services/domain/charging/missing-stop.ts";
import type { EvidencePolicy } from "../../services/domain/charging/settlement-policy.ts";
import { createSessionCompleter } from "../../services/evidence/complete-session.ts";
import { createSupportedFormats } from "../../services/evidence/formats/supported-formats.ts";
import { createPriceJudge } from "../../services/evidence/judge-price.ts";
import { createMeterDirectory } from "../../services/evidence/meter-directory.ts";
import { createTariffDirectory } from "../../services/evidence/tariff-directory.ts";
import { createRecordVerifier } from "../../services/evidence/verify-record.ts";
import { createAges } from "../../services/observability/ages.ts";
import { createMetrics } from "../../services/observability/metrics.ts";
import { createOcppCounts } from "../../services/ocpp/wire/counts.ts";
import { createExchange, type Exchange } from "../../services/ocpp/wire/exchange.ts";
import { createFramePump } from "../../services/ocpp/wire/frame-pump.ts";
import { openReplica, type Replica } from "../../services/replicas/replica.ts";
import { createChainFollower } from "../../services/settlement/follow-chain.ts";
import { createBatchFormer } from "../../services/settlement/form-batches.ts";
import { createTransactionPursuit, type BatchTask } from "../../services/settlement/pursue-transactions.ts";
import { createSessionReleaser } from "../../services/settlement/release-sessions.ts";
import { collectItem } from "../../services/settlement/settlement-items.ts";
import type { Batch, Store } from "../../services/store/store.ts";
import { localPresence } from "../helpers/local-presence.ts";
import type { FaultyLedger, Plant } from "./faulty-ledger.ts";
import type { SettledItem, SimulatedChain } from "./simulated-chain.ts";

/** One replica: the real rooms between a charger's socket and the chain, on a ledger and a chain that are simulated. */
export interface SimulatedReplica {
  readonly ledger: FaultyLedger;
  readonly replica: Replica;
  readonly exchange: Exchange;
  /** All rounds once. Faults of the ledger end a round, and the next one goes on. */
  round(): Promise<void>;
  /** Hands on at once what was set aside. */
  retryParked(): Promise<void>;
  end(): Promise<void>;
}

export const confirmations = 3;
const leaseMs = 180_000;
const policy: EvidencePolicy = {
  grades: { "meter-signed-bound": "settle", "meter-signed": "settle", "plausible-unsigned": "settle" },
  settlesSuspicious: true,
  requiresEveryMessage: false,
};
const desk = { alert: () => undefined, note: () => undefined };
const unasked = () => Promise.reject(new Error("Nobody asks for this here"));

export async function openSimulatedReplica(deps: {
  readonly replicaId: string;
  readonly ledger: FaultyLedger;
  readonly network: SimulatedChain;
  readonly plant: Plant | null;
  readonly now: () => number;
}): Promise<SimulatedReplica> {
  const { ledger, network, now } = deps;
  const { store } = ledger;
  const { chain } = network;
  const stop = new AbortController();
  const { signal } = stop;
  const replica = await openReplica({ store, replicaId: deps.replicaId, version: "0.0.0", leaseMs, desk, now });
  const { leases, stations } = replica;
  const metrics = createMetrics();
  const ages = createAges({ now, elapsedMs: now });
  const meters = createMeterDirectory({ chain });
  const shared = { store, meters, desk, metrics, now, ages, chain, elapsedMs: now, steadyNow: now, confirmations };

  const { readCircumstances, ...transactions } = createTransactionReaders({ store, meters, stations });
  const completer = createSessionCompleter({ ...shared, policy, readCircumstances });
  const quiet = createQuietTime({ quietMs: 0, now, elapsedMs: now, steadyNow: now });
  const verifier = createRecordVerifier(createSupportedFormats());
  const reading = { ...shared, ...transactions };
  const assessor = createSessionAssessor({ ...reading, verifier, completer, quiet, lateMessageLimit: 100 });
  const once = createOnceDesk(shared);
  const tariffs = createTariffDirectory({ ...shared, graceSeconds: 3_600, takesAnyTime: true });
  const prices = createPriceJudge({ ...shared, tariffs });
  const inbox = createChargingInbox({
    ...{ ...reading, once, assessor, prices, stopAtBps: 10_000, receiver: { receiveRecord: unasked } },
    late: defaultLateMessageLimits,
  });
  const pump = createFramePump({ store, inbox, stations, desk, elapsedMs: now });
  stations.onTaken((stationId) => pump.takeOver(stationId));
  stations.onMoved((stationId) => {
    pump.drop(stationId);
  });
  const exchange = createExchange({
    ...{ store, desk, now, counts: createOcppCounts(metrics.registry), heartbeatSeconds: 300 },
    teller: null,
    policy: { decide: () => Promise.resolve({ status: "Accepted", expiresAtMs: null }) },
    onStored: (frame, payload) => {
      if (frame.stationOrdinal > 0) pump.offer(frame, payload);
    },
  });
  const pursuer = createTransactionPursuer({
    ...{ ...reading, assessor, inbox, once, quiet, commands: { callStation: unasked } },
    ...{ connections: localPresence(), stopRetryMs: 1_000, missingStop: defaultMissingStopLimits },
    handedOn: () => Promise.resolve(),
  });

  const follower = createChainFollower({
    ...{ ...shared, tariffs, firstBlock: 1, blockRange: 1_000, settlementAttempts: 5, repeatMs: 600_000 },
  });
  const settling = { ...shared, store: leases.settlement.store };
  const former = createBatchFormer({
    ...{ ...settling, batchesInFlight: 8, stuckBatchMs: 3_600_000 },
    policy: { maxItems: 8, maxAgeMs: 120_000, maxValueMicro: 10n ** 12n },
  });
  const pursuit = createTransactionPursuit<Batch>({
    ...{ ...settling, chain: deps.plant === "send-batch-twice" ? sendingTwice(network) : chain },
    ...{ transactionStuckMs: 1_200_000, targetOf: () => "chargingSettlement" as const },
    limits: { maxFeePerGasWei: 10n ** 12n, tipPerGasWei: 10n ** 12n, transactionWei: 10n ** 30n },
    mostGasOf: () => 10n ** 9n,
  });
  const task = createSimulatedTask(settling);
  const pumping = pump.run(signal);

  async function settle(): Promise<void> {
    await follower.follow(signal);
    await former.formBatches(signal);
    for (const batch of await leases.settlement.store.listOpenBatches()) await pursuit.pursue(batch, task, signal);
    await follower.follow(signal);
  }

  let underWay: Promise<void> = Promise.resolve();
  async function roundOnce(): Promise<void> {
    const works = [
      () => replica.lookOnce(),
      () => pump.settled(),
      () => leases.charging.whileHeld(() => pursuer.pursueTransactions(signal)),
      () => leases.settlement.whileHeld(settle),
    ];
    // Each room tries again in its next round, as the service does.
    for (const work of works) await work().catch(() => undefined);
  }

  return {
    ...{ ledger, replica, exchange },
    // A round that was stopped in its middle goes on before the next one.
    round: () => (underWay = underWay.then(roundOnce)),
    async retryParked() {
      for (const stationId of await store.listParkedStations()) await pump.retryParked(stationId);
    },
    async end() {
      stop.abort();
      await pumping;
    },
  };
}

/** Settles sessions by what their CDR says. */
function createSimulatedTask(deps: { readonly store: Store; readonly now: () => number }): BatchTask {
  const releaser = createSessionReleaser({ ...deps, desk, settlementAttempts: 5 });
  return {
    async prepare({ batchId, ...batch }) {
      const items: SettledItem[] = [];
      for (const sessionId of await releaser.keepWaiting({ batchId, ...batch })) {
        const { energyMicroWh, chargingSeconds, connectedSeconds } = await collectItem(deps.store, sessionId);
        items.push({ sessionId, energyMicroWh: energyMicroWh.toString(), chargingSeconds, connectedSeconds });
      }
      if (items.length === 0) return null;
      return { target: "chargingSettlement", calldata: JSON.stringify({ batchId, items }) };
    },
    refused: () => Promise.resolve(),
    tooLarge: (batch) => releaser.releaseHalf(batch),
    reverted: (batch, revertedTxHash) => releaser.release(batch, batch.sessionIds, { revertedTxHash }),
  };
}

/** A sender that hands every batch over once more, with the next nonce. */
function sendingTwice({ chain }: SimulatedChain): SimulatedChain["chain"] {
  return {
    ...chain,
    async broadcast(rawTransaction) {
      const outcome = await chain.broadcast(rawTransaction);
      const { nonce, ...call } = JSON.parse(rawTransaction) as { readonly nonce: number };
      if (outcome.kind === "taken") await chain.broadcast(JSON.stringify({ ...call, nonce: nonce + 1 }));
      return outcome;
    },
  };
}
