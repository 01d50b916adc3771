import process from "node:process";
import { pathToFileURL } from "node:url";

import { createAges } from "./observability/ages.ts";
import { withAlertMemory } from "./observability/alert-memory.ts";
import type { Chain } from "./chain/chain.ts";
import { readContractInterfaces } from "./chain/contracts.ts";
import { createCreditReader } from "./chain/credit-reader.ts";
import { readDeployment, type Deployment } from "./chain/deployment.ts";
import { createEthereumChain } from "./chain/ethereum-chain.ts";
import { openRelays } from "./chain/open-relays.ts";
import { openOracleWallet } from "./chain/oracle-wallet.ts";
import { createReadOnlyChain } from "./chain/read-only-chain.ts";
import { createHttpRpc, withChainCheck, type Rpc } from "./chain/rpc.ts";
import { watchClock } from "./observability/clock-watch.ts";
import { parseConfiguration, type ServiceConfig } from "./config/config.ts";
import type { PeerConfig } from "./config/quorum-settings.ts";
import { WattproofError } from "./errors.ts";
import { createEntrance } from "./http/entrance/entrance.ts";
import { createLivenessDoors } from "./http/operator/liveness-doors.ts";
import { createIdTokenDoors } from "./http/operator/id-tokens.ts";
import { createMeterPossessionDoors } from "./http/operator/meter-possessions.ts";
import { createReadiness } from "./http/public/health.ts";
import { createTariffAssignmentDoors } from "./http/operator/tariff-assignments.ts";
import { openHttpServer } from "./http/server.ts";
import { createSessionViewers } from "./http/driver/session-viewers.ts";
import { reconsiderSession } from "./charging/assess-session.ts";
import { findObstacleAtEvse, findUnserved } from "./charging/evse-availability.ts";
import { createSessionStopper } from "./charging/stop-session.ts";
import { createChargingActors, createChargingReaders, createTransactionReaders } from "./charging/wire-charging.ts";
import { refuseUpgrade } from "./ocpp/wire/upgrade-guard.ts";
import { openOcpp, type Ocpp } from "./ocpp/open-ocpp.ts";
import { resumePending } from "./evidence/resume-pending.ts";
import { createTokenOpener } from "./charging/cards/open-for-tokens.ts";
import { createTokenPolicy } from "./charging/cards/token-policy.ts";
import { createPossessions } from "./charging/possession/wire-possession.ts";
import { createWakingInbox } from "./charging/cards/waking-inbox.ts";
import { createLogger, type Logger } from "./observability/logger.ts";
import { createMetrics } from "./observability/metrics.ts";
import { createOperatorDesk } from "./observability/operator-desk.ts";
import { createPricing } from "./settlement/pricing.ts";
import { createRelayDesk } from "./relay/create-relay-desk.ts";
import { feeLimitsOf } from "./config/spending-settings.ts";
import { createChainFollower } from "./settlement/follow-chain.ts";
import { createDeploymentGate } from "./settlement/deployment-gate.ts";
import { createDisputeActor } from "./settlement/disputes/act-on-disputes.ts";
import { createBatchTasks } from "./settlement/batch-tasks.ts";
import { createBatchFormer } from "./settlement/form-batches.ts";
import { batchTargets, createTransactionPursuit } from "./settlement/pursue-transactions.ts";
import { createHttpPeer } from "./settlement/quorum/http-peer.ts";
import type { QuorumPeer } from "./settlement/quorum/peer.ts";
import { createClaimSigner } from "./settlement/quorum/sign-claims.ts";
import { createReceiptWriter } from "./settlement/receipt.ts";
import { createLivenessChecks } from "./settlement/liveness-checks.ts";
import { withEventsMadeUpFor } from "./settlement/make-up-for.ts";
import { createBatchSender } from "./settlement/send-batches.ts";
import { createSessionWatch } from "./settlement/watch-sessions.ts";
import { createSettlementLoop } from "./settlement/settlement-loop.ts";
import { openLedger } from "./store/sqlite/open-ledger.ts";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { createMeterDirectory } from "./evidence/meter-directory.ts";
import { createEvidence } from "./evidence/wire-evidence.ts";
import { pageSettingsOf } from "./http/public/page-configuration.ts";
import type { ChargeStopper } from "./http/driver/stop-charging.ts";
import { createOperatorDoors } from "./http/operator/operator-doors.ts";
import { operatorPagePath } from "./http/public/serve-page.ts";
import { createWebDoors } from "./http/public/web-doors.ts";

/** A running service. */
export interface Service {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** For the registration of stations. */
  readonly store: Store;
  readonly ocpp: Ocpp;
  /** Reads the chain up to its newest confirmed block and does what follows from it and from what stations said. */
  synchronise(): Promise<void>;
  /** Reads the chain up to its newest confirmed block, and does nothing that follows. */
  catchUp(): Promise<void>;
  /** Stops taking messages, finishes those begun, and closes the store. Doing it again is harmless. */
  close(): Promise<void>;
}

/** What a caller may put in place of the real thing. */
export interface ServiceOptions {
  /** Milliseconds since 1970; by default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds since whenever, for waiting; by default a clock that never steps, or `now` where that is given. */
  readonly elapsedMs?: () => number;
  readonly log?: Logger;
  readonly openStore?: (folder: string) => Store;
  /** Has chargers stop for their drivers; by default those that are connected over OCPP are told. */
  readonly stopper?: ChargeStopper;
  readonly connectPeer?: (peer: PeerConfig, ownAddress: string, timeoutMs: number) => QuorumPeer;
  readonly connectChain?: (config: ServiceConfig, deployment: Deployment, signal: AbortSignal) => Promise<Chain>;
}

/** A relayed opening waits for two blocks and what the chain's endpoint takes. */
const leastAnswerMs = 90_000;
/** Events of a thousand sessions have 1 MB. */
const readersAnswerLimitBytes = 4_194_304;
const localChainId = 31_337;
/** The depth at which Ethereum's exchanges have long taken a block as settled; finality follows two epochs later. */
const publicConfirmations = 12;

/**
 * Starts the service and resolves when it listens.
 * @throws CONFIGURATION_INVALID, DEPLOYMENT_INVALID, CHAIN_MISMATCH, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_MISSING,
 * STORE_FOREIGN
 */
export async function startService(config: ServiceConfig, options: ServiceOptions = {}): Promise<Service> {
  const now = options.now ?? Date.now;
  const elapsedMs = options.elapsedMs ?? options.now ?? (() => performance.now());
  const log = options.log ?? createLogger(config.logLevel);
  const stop = new AbortController();
  const deployment = readDeployment(config.deploymentPath);
  const pageSettings = pageSettingsOf(config, deployment);
  const chain = await (options.connectChain ?? connectEthereumChain)(config, deployment, stop.signal);
  const gate = createDeploymentGate(chain);
  await gate.tryOpen();
  const pageRpc = connectRpc(config, deployment, stop.signal);
  // What strangers ask must not use up what settlement needs of its endpoint.
  const readersUrl = config.entrance.readersRpcUrl ?? config.rpcUrl;
  const readersRpc = createHttpRpc(readersUrl, config.rpcTimeoutMs, stop.signal, readersAnswerLimitBytes);
  const interfaces = readContractInterfaces();

  const metrics = createMetrics();
  const desk = withAlertMemory(createOperatorDesk({ log, metrics }), now);
  const entrance = createEntrance({ config: config.entrance, desk, metrics, now });
  const ledger = await openLedger(config, {
    openStore: options.openStore ?? openSqliteStore,
    owner: { chainId: deployment.chainId, settlement: deployment.contracts.chargingSettlement, oracle: chain.oracle },
    ...{ desk, elapsedMs, signal: stop.signal },
  });
  const { store } = ledger;
  const viewers = createSessionViewers({ store, operatorKey: config.operatorKey });
  const ages = createAges({ now, elapsedMs });
  const confirmations = config.confirmations ?? (deployment.chainId === localChainId ? 1 : publicConfirmations);
  const relays = await openRelays(config, {
    ...{ deployment, interfaces, store, desk, metrics, now, ages, elapsedMs, confirmations },
    ...{ rpc: pageRpc, oracle: chain.oracle, signal: stop.signal, createDesk: createRelayDesk },
  });
  const meters = createMeterDirectory({ chain });
  const pricing = createPricing({ store, chain, meters, desk, now, graceSeconds: config.tariffGraceSeconds });
  const { tariffs, prices } = pricing;
  const transactions = createTransactionReaders({ store, meters });
  const evidence = createEvidence({
    ...{ store, chain, meters, prices, desk, metrics, now, unboundRecords: config.unboundRecords },
    takeoverMs: config.quorumTakeoverMs,
    ...{ policy: config.charging.policy, readCircumstances: transactions.readCircumstances },
  });
  const { verifier, receiver } = evidence;
  let handedOn: (stationId: string) => Promise<void> = () => Promise.resolve();
  const charging = {
    ...{ ...evidence, store, meters, transactions, prices, desk, now, elapsedMs },
    config: config.charging,
    handedOn: (stationId: string) => handedOn(stationId),
  };
  const readers = createChargingReaders(charging);
  const { book, assessor, inbox, idTags } = readers;
  const { vehicles } = relays;
  const { openingWaitMs, ...tokenLimits } = config.fleets;
  const tokens = { store, book, inbox, meters, tariffs, desk, now, ...tokenLimits, signal: stop.signal };
  const opener = vehicles === null ? null : createTokenOpener({ ...tokens, vehicles });
  const receipts = createReceiptWriter({ store, deployment, meters });
  const { settlementAttempts } = config;
  const shared = { store, chain, meters, tariffs, desk, metrics, now, ages, confirmations, settlementAttempts };
  const { firstBlock, blockRange } = { firstBlock: deployment.blockNumber, blockRange: config.blockRange };
  const { stuck } = config;
  const follower = gate.before(createChainFollower({ ...shared, firstBlock, blockRange, repeatMs: stuck.repeatMs }));
  const signer = createClaimSigner({
    ...shared,
    verifier,
    receiver,
    catchUp: () => follower.follow(stop.signal),
  });
  const loop = createSettlementLoop({
    follower,
    former: createBatchFormer({
      ...shared,
      policy: {
        maxItems: config.batchMaxItems,
        maxAgeMs: config.batchMaxAgeMs,
        maxValueMicro: config.batchMaxValueMicro,
      },
      batchesInFlight: config.batchesInFlight,
      stuckBatchMs: stuck.batchMs,
    }),
    watch: createSessionWatch({ ...shared, limits: stuck }),
    disputes: createDisputeActor({ ...shared, policy: config.challenges }),
    sender: createBatchSender({
      ...shared,
      stuck,
      pursuit: createTransactionPursuit({
        ...shared,
        transactionStuckMs: config.transactionStuckMs,
        limits: feeLimitsOf(config.spending, deployment.chainId),
        targetOf: ({ kind }) => batchTargets[kind],
      }),
      tasks: withEventsMadeUpFor(
        createBatchTasks(config, options.connectPeer ?? createHttpPeer, { ...shared, verifier }),
        { ...shared, follower, repeatMs: stuck.repeatMs, signal: stop.signal },
      ),
    }),
    desk,
    pollIntervalMs: config.pollIntervalMs,
    signal: stop.signal,
  });

  const readiness = [
    ...createReadiness({ store, chain, relay: relays.desk }),
    ...createLivenessChecks({ ...shared, follower, stuck }),
  ];
  const { possessions, ...stations } = createPossessions({
    ...{ store, verifier, book, once: readers.once, desk, now },
    policy:
      vehicles === null || opener === null
        ? idTags
        : createTokenPolicy({ ...tokens, sessions: idTags, opener, vehicles, openingWaitMs }),
    inbox: opener === null ? inbox : createWakingInbox(inbox, opener),
  });
  const ocpp = await openOcpp({
    ...stations,
    ...{ store, desk, metrics, log, now, entrance },
    config: config.ocpp,
    host: config.host,
  }).catch(async (error: unknown) => {
    stop.abort();
    await ledger.close();
    throw error;
  });
  const { commands, door } = ocpp;
  const { connections } = door;
  handedOn = (stationId) => ocpp.handedOn(stationId);
  const acting = { store, book, commands, connections, desk, now };
  const rounds = createChargingActors({
    ...charging,
    ...{ readers, commands, connections, opener },
    pollIntervalMs: config.pollIntervalMs,
    signal: stop.signal,
  });
  const streams = new AbortController();
  const web = createWebDoors({
    store,
    settings: pageSettings,
    chain: config.hasPageRpc ? createReadOnlyChain(readersRpc) : null,
    relay: relays.openings,
    relayDesk: relays.desk,
    orders: relays.orders,
    stopper: options.stopper ?? createSessionStopper(acting),
    hasOperatorPage: config.operatorKey !== null,
    openingsPerMinute: config.openingsPerMinute,
    entrance,
    viewers,
    metrics,
    findObstacle: (evse) => findObstacleAtEvse(acting, evse),
    findUnserved: (terms) => findUnserved({ store, meters }, terms),
    tariffs,
    now,
    signal: streams.signal,
  });
  const { operatorKey } = config;
  const operating = { store, chain, meters, connections, operatorKey, desk, now };
  const server = await openHttpServer(
    {
      ...web,
      doors: [
        ...web.doors,
        ...createLivenessDoors({ ...shared, ...operating, follower, verifier, signal: stop.signal }),
        ...createIdTokenDoors({ ...operating, vehicles }),
        ...createMeterPossessionDoors({ ...operating, possessions, deployment }),
        ...createTariffAssignmentDoors(operating),
        ...createOperatorDoors({
          ...operating,
          credits: createCreditReader({ rpc: pageRpc, deployment, interfaces }),
          alerts: desk.remembered,
          service: {
            chainId: deployment.chainId,
            chainName: pageSettings.chainName,
            oracle: chain.oracle,
            confirmations,
          },
        }),
      ],
      entrance,
      viewers,
      // Of what a handler waits for, a charger's answer takes longest.
      answerTimeoutMs: Math.max(leastAnswerMs, config.ocpp.callTimeoutMs * 2),
      receiver,
      receipts,
      readiness,
      quorum: { peers: config.quorumPeers, signer },
      metrics,
      log,
      stationMessagesPerSecond: config.stationMessagesPerSecond,
      queueLimit: config.queueLimit,
      ...operating,
      commands,
      reconsider: (sessionId) => reconsiderSession({ store, book, assessor }, sessionId),
      upgrade: (request, socket, head) => {
        // Where chargers have a port of their own, this one is not for them.
        if (config.ocpp.port === null) ocpp.door.upgrade(request, socket, head);
        else refuseUpgrade(socket, "404 Not Found", "Chargers have a port of their own.");
      },
    },
    config.host,
    config.port,
  ).catch(async (error: unknown) => {
    stop.abort();
    await ocpp.close();
    await ledger.close();
    throw error;
  });
  await pricing.alertUnpriced();
  const resuming = resumePending({ receiver, desk, pauseMs: config.pollIntervalMs, signal: stop.signal });
  const watch = watchClock({ now, elapsedMs, desk, signal: stop.signal });
  const running = Promise.all([loop.run(stop.signal), rounds.run(), relays.desk?.run(), watch]);
  const operatorPage =
    config.operatorKey === null ? "off: WATTPROOF_OPERATOR_KEY is not set" : server.url + operatorPagePath;
  log.info(
    {
      url: server.url,
      operatorPage,
      ocppUrls: ocpp.door.urls,
      chainId: deployment.chainId,
      oracle: chain.oracle,
      confirmations,
    },
    "started",
  );

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    streams.abort();
    await Promise.all([server.close(), ocpp.close()]);
    stop.abort();
    await Promise.all([running, resuming]);
    await opener?.settled();
    await ledger.close();
    log.info("stopped");
  }

  return {
    url: server.url,
    store,
    ocpp,
    async synchronise() {
      await ocpp.handedOn();
      await opener?.openDue();
      await opener?.settled();
      await relays.desk?.runOnce();
      await loop.runOnce();
      await ocpp.handedOn();
      await rounds.runOnce();
    },
    catchUp: () => follower.follow(stop.signal),
    close: () => (closing ??= close()),
  };
}

/** The chain of a deployment behind the configured endpoint. */
export async function connectEthereumChain(
  config: ServiceConfig,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Chain> {
  const wallet = await openOracleWallet(config.oracleKey);
  const rpc = connectRpc(config, deployment, signal);
  return createEthereumChain({ rpc, deployment, interfaces: readContractInterfaces(), wallet });
}

function connectRpc(config: ServiceConfig, { chainId }: Deployment, signal: AbortSignal): Rpc {
  return withChainCheck(createHttpRpc(config.rpcUrl, config.rpcTimeoutMs, signal), chainId);
}

/** Runs until SIGINT or SIGTERM. Exit 2: the service could not start. */
async function main(): Promise<void> {
  try {
    // The same as the setting, for a person at a terminal.
    const init = process.argv.includes("--init") ? { WATTPROOF_INIT: "1" } : {};
    const service = await startService(parseConfiguration({ ...process.env, ...init }));
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void service.close());
    process.stdout.write(`${JSON.stringify({ url: service.url })}\n`);
  } catch (error) {
    if (!(error instanceof WattproofError)) throw error;
    process.stderr.write(`${error.code}: ${error.detail}\n`);
    process.exitCode = 2;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
