import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

import { alerts } from "./alerts.ts";

/** What the service counts. Every alert of `docs/runbook.md` is a line over these. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "wattproof_" });
  return {
    registry,
    ...createCountedFromTheStart(registers),
    ...createChargerMetrics(registers),
    ...createSettlementMetrics(registers),
    ...createDoorMetrics(registers),
    ...createRelayMetrics(registers),
  };
}

/** A counter that appears only with its first event has no increase to alert on, so these begin with 0. */
function createCountedFromTheStart(registers: Registry[]) {
  const alertCounter = new Counter({
    name: "wattproof_alerts_total",
    help: "Occasions to look at, by alert; see the runbook.",
    labelNames: ["alert"],
    registers,
  });
  for (const alert of alerts) alertCounter.inc({ alert }, 0);

  const evidenceRecords = new Counter({
    name: "wattproof_evidence_records_total",
    help: "Records that count, by whether the contract could take them without an oracle.",
    labelNames: ["settleable_by_meter"],
    registers,
  });
  for (const mark of ["yes", "no", "unknown"]) evidenceRecords.inc({ settleable_by_meter: mark }, 0);

  return { alerts: alertCounter, evidenceRecords };
}

/** What stations send, and what becomes of it. */
function createChargerMetrics(registers: Registry[]) {
  return {
    messages: new Counter({
      name: "wattproof_messages_total",
      help: "Messages of stations, by outcome and code.",
      labelNames: ["outcome", "code"],
      registers,
    }),
    messageSeconds: new Histogram({
      name: "wattproof_message_seconds",
      help: "Time from a message's arrival to its answer.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
  };
}

/** Sessions, batches and the chain. */
function createSettlementMetrics(registers: Registry[]) {
  return {
    sessions: new Gauge({
      name: "wattproof_sessions",
      help: "Charging sessions, by status.",
      labelNames: ["status"],
      registers,
    }),
    oldestSessionSeconds: new Gauge({
      name: "wattproof_oldest_session_seconds",
      help: "How long the session that is longest in a status has been there, by status.",
      labelNames: ["status"],
      registers,
    }),
    openBatches: new Gauge({ name: "wattproof_open_batches", help: "Batches that are formed or sent.", registers }),
    oldestBatchSeconds: new Gauge({
      name: "wattproof_oldest_open_batch_seconds",
      help: "Age of the oldest batch that is not confirmed.",
      registers,
    }),
    transactions: new Counter({
      name: "wattproof_transactions_total",
      help: "Steps of settlement transactions.",
      labelNames: ["step"],
      registers,
    }),
    followedBlock: new Gauge({ name: "wattproof_followed_block", help: "Highest block that was read.", registers }),
    reorganisations: new Counter({
      name: "wattproof_reorganisations_total",
      help: "How often confirmed blocks were undone.",
      registers,
    }),
    eventsMissingSeconds: new Gauge({
      name: "wattproof_chain_events_missing_seconds",
      help: "How long the endpoint has not told all events of the next blocks; 0 while it does.",
      registers,
    }),
    eventsLeftOut: new Counter({
      name: "wattproof_chain_events_left_out_total",
      help: "Events that the endpoint left out where it was asked for them, and that were found otherwise.",
      registers,
    }),
  };
}

/** What the doors keep out: see `services/http/entrance/door-watch.ts`. */
function createDoorMetrics(registers: Registry[]) {
  return {
    openSockets: new Gauge({
      name: "wattproof_open_sockets",
      help: "Sockets that are open and carry no websocket.",
      labelNames: ["listener"],
      registers,
    }),
    limitedConnections: new Counter({
      name: "wattproof_limited_connections_total",
      help: "Sockets that were refused, or interrupted for the sake of newer ones.",
      labelNames: ["listener", "limited"],
      registers,
    }),
    wrongKeys: new Counter({
      name: "wattproof_wrong_keys_total",
      help: "Requests with a key that is not the right one.",
      labelNames: ["door"],
      registers,
    }),
    refusedRequests: new Counter({
      name: "wattproof_refused_requests_total",
      help: "Requests that were refused because their client had made too many, by the limit.",
      labelNames: ["limit"],
      registers,
    }),
    watchers: new Gauge({
      name: "wattproof_watchers",
      help: "Streams of sessions' events that are open.",
      registers,
    }),
    peerBytes: new Counter({
      name: "wattproof_peer_bytes_total",
      help: "Bytes of requests for signatures that were taken, by the oracle that asked.",
      labelNames: ["peer"],
      registers,
    }),
  };
}

/** What is sent for others. */
function createRelayMetrics(registers: Registry[]) {
  return {
    cardPayments: new Counter({
      name: "wattproof_card_payments_total",
      help: "Payments by card that ended, by what they came to.",
      labelNames: ["outcome"],
      registers,
    }),
    relayedCalls: new Counter({
      name: "wattproof_relayed_calls_total",
      help: "Calls that were sent for others, by what became of them.",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    relayRefused: new Counter({
      name: "wattproof_relay_refused_total",
      help: "Calls for others that were not taken, by the budget that is spent.",
      labelNames: ["budget"],
      registers,
    }),
    relayPending: new Gauge({
      name: "wattproof_relay_pending_calls",
      help: "Calls for others that are on their way.",
      registers,
    }),
    relaySpentGwei: new Gauge({
      name: "wattproof_relay_spent_gwei",
      help: "What was spent and set aside for others within 24 hours.",
      registers,
    }),
    relayerBalanceGwei: new Gauge({
      name: "wattproof_relayer_balance_gwei",
      help: "Balance of the account that pays for others.",
      registers,
    }),
  };
}
