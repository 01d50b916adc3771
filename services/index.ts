/**
 * The service. It takes records and messages of charging stations, completes sessions, settles them on the chain and
 * answers drivers, operators and other oracles. Each room of `services/` owns one part and says at its head what comes in
 * and what it guarantees. This file starts them in the order in which they need each other and stops them the other way
 * round; `wiring/` has one file per section:
 *
 * 1. `foundation`: clocks, log, alerts, the chain and the ledger. Nothing works without them.
 * 2. `evidence`: what judges records and prices.
 * 3. relays (`chain/open-relays.ts`): what the service sends for drivers and cards.
 * 4. `settlement`: what follows the chain and settles.
 * 5. `dossiers`: what makes and signs statements of proven energy.
 * 6. `invoices`: what writes receipts and credit notes, and sends them.
 * 7. `charging`: the door for chargers, what reads their messages and what calls them.
 * 8. `card-payments`: what opens sessions for drivers who pay by card.
 * 9. `doors`: the HTTP port. It opens last, when everything that it asks is there.
 */
import process from "node:process";
import { pathToFileURL } from "node:url";

import { openRelays } from "./chain/open-relays.ts";
import { parseConfiguration, type ServiceConfig } from "./config/config.ts";
import { WattproofError } from "./errors.ts";
import { resumePending } from "./evidence/resume-pending.ts";
import { operatorPagePath } from "./http/public/serve-page.ts";
import type { HttpServer } from "./http/server.ts";
import { watchClock } from "./observability/clock-watch.ts";
import type { Ocpp } from "./ocpp/open-ocpp.ts";
import { createRelayDesk } from "./relay/create-relay-desk.ts";
import { createRefresher } from "./wiring/refresh-shared.ts";
import type { Replica } from "./replicas/replica.ts";
import type { Store } from "./store/store.ts";
import { openCharging } from "./wiring/charging.ts";
import { wireDossiers } from "./wiring/dossiers.ts";
import { redactAddresses } from "./observability/redact-addresses.ts";
import { runAlertNotices } from "./wiring/alerts.ts";
import { wireCardPayments } from "./wiring/card-payments.ts";
import { wireInvoices } from "./wiring/invoices.ts";
import { openDoors, type Rooms } from "./wiring/doors.ts";
import { wireEvidence } from "./wiring/evidence.ts";
import { connectEthereumChain, openFoundation, type Foundation, type ServiceOptions } from "./wiring/foundation.ts";
import { wireSettlement } from "./wiring/settlement.ts";

export { connectEthereumChain, type ServiceOptions };

/** A running service. */
export interface Service {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** For the registration of stations. */
  readonly store: Store;
  readonly ocpp: Ocpp;
  /** This service among those that share its ledger. */
  readonly replica: Replica;
  /** Reads the chain up to its newest confirmed block and does what follows from it and from what stations said. */
  synchronise(): Promise<void>;
  /** Reads the chain up to its newest confirmed block, and does nothing that follows. */
  catchUp(): Promise<void>;
  /** Stops taking messages, finishes those begun, and closes the store. Doing it again is harmless. */
  close(): Promise<void>;
}

/**
 * Starts the service and resolves when it listens.
 * @throws CONFIGURATION_INVALID, DEPLOYMENT_INVALID, CHAIN_MISMATCH, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_MISSING,
 * STORE_FOREIGN, STORE_OF_OLDER_CONTRACTS
 */
export async function startService(config: ServiceConfig, options: ServiceOptions = {}): Promise<Service> {
  const stop = new AbortController();
  const foundation = await openFoundation(config, options, stop.signal);
  try {
    const rooms = await openRooms(foundation, options);
    const streams = new AbortController();
    const server = await openDoors(rooms, streams.signal).catch(async (error: unknown) => {
      stop.abort();
      await rooms.charging.ocpp.close();
      throw error;
    });
    return await run(rooms, server, { stop, streams });
  } catch (error) {
    stop.abort();
    await foundation.closeLedger();
    throw error;
  }
}

/** Everything that the doors ask, in the order in which one needs the other. */
async function openRooms(foundation: Foundation, options: ServiceOptions): Promise<Rooms> {
  const { config, chain } = foundation;
  const evidence = wireEvidence(foundation);
  const relays = await openRelays(config, {
    ...{ ...foundation, oracle: chain.oracle, createDesk: createRelayDesk },
    lease: foundation.replica.leases.relay,
  });
  const settlement = wireSettlement(foundation, evidence, options);
  const charging = await openCharging(foundation, evidence, relays);
  const dossiers = await wireDossiers(foundation, evidence, settlement, options);
  const invoices = wireInvoices(foundation, evidence, settlement);
  const cardPayments = wireCardPayments(foundation, evidence, charging, relays);
  const open = { foundation, evidence, relays, settlement, dossiers, invoices, charging, cardPayments };
  return { ...open, stopper: options.stopper };
}

/** Starts the rounds of every room, and says how to stop them. */
async function run(
  { foundation, evidence, charging, settlement, relays, invoices, cardPayments }: Rooms,
  server: HttpServer,
  { stop, streams }: { readonly stop: AbortController; readonly streams: AbortController },
): Promise<Service> {
  const { config, store, log } = foundation;
  const { follower, loop } = settlement;
  const { ocpp, rounds, opener } = charging;
  await evidence.pricing.alertUnpriced();
  const { replica } = foundation;
  const resumption = { ...foundation, receiver: evidence.receiver, pauseMs: config.pollIntervalMs };
  // Records that a replica had kept when it died.
  replica.onOrphans(() => resumePending(resumption));
  replica.onShared(createRefresher({ store, meters: evidence.meters, possessions: charging.possessions }));
  const running = Promise.all([
    replica.run(stop.signal),
    charging.calls.run(stop.signal),
    loop.run(stop.signal),
    rounds.run(),
    evidence.plans.run(),
    relays.desk?.run(),
    invoices.run(),
    cardPayments.run(),
    runAlertNotices(foundation.notices, config.pollIntervalMs, stop.signal),
    watchClock(foundation),
    resumePending(resumption),
  ]);
  log.info(startLineOf(foundation, server.url, ocpp), "started");

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    streams.abort();
    await Promise.all([server.close(), ocpp.close()]);
    stop.abort();
    await running;
    await opener?.settled();
    // What cannot be given back, because the ledger takes nothing, ends with its lease.
    await replica.leave().catch((error: unknown) => {
      log.warn({ err: error }, "leases were not given back");
    });
    await foundation.closeLedger();
    log.info("stopped");
  }

  return {
    ...{ url: server.url, store, ocpp },
    replica,
    async synchronise() {
      await replica.lookOnce();
      await ocpp.handedOn();
      await opener?.openDue();
      await opener?.settled();
      await relays.desk?.runOnce();
      await loop.runOnce();
      await ocpp.handedOn();
      await rounds.runOnce();
      await evidence.plans.rollPlans();
      await invoices.runOnce();
      await cardPayments.runOnce();
      await foundation.notices.runOnce();
    },
    catchUp: () => follower.follow(stop.signal),
    close: () => (closing ??= close()),
  };
}

/** What the log says of a service that has started. */
function startLineOf({ config, deployment, chain, confirmations }: Foundation, url: string, { door }: Ocpp): object {
  const isOff = config.operatorKey === null;
  const operatorPage = isOff
    ? "only by keys that were added: WATTPROOF_OPERATOR_KEY is not set"
    : url + operatorPagePath;
  const { chainId } = deployment;
  return { url, operatorPage, ocppUrls: door.urls, chainId, oracle: chain.oracle, confirmations };
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
    process.stderr.write(`${error.code}: ${redactAddresses(error.detail)}\n`);
    process.exitCode = 2;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
