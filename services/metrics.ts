import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** What the service counts. Every alert of `docs/runbook.md` is a line over these. */
export interface Metrics {
  readonly registry: Registry;
  readonly messages: Counter<"outcome" | "code">;
  readonly messageSeconds: Histogram;
  readonly evidenceRecords: Counter<"settleable_by_meter">;
  readonly sessions: Gauge<"status">;
  readonly openBatches: Gauge;
  readonly oldestBatchSeconds: Gauge;
  readonly transactions: Counter<"step">;
  readonly alerts: Counter<"alert">;
  readonly followedBlock: Gauge;
  readonly reorganisations: Counter;
}

/** What an operator has to look at. Each has its section in `docs/runbook.md`. */
export type Alert =
  | "chain-unavailable"
  | "loop-failed"
  | "reorganisation"
  | "settlement-mismatch"
  | "settlement-refused"
  | "settlement-reverted"
  | "settlement-skipped"
  | "epoch-limit"
  | "quorum-lacking"
  | "quorum-left-out"
  | "quorum-peer-wrong"
  | "quorum-claim-wrong"
  | "claim-contradicted"
  | "settlement-contradicted"
  | "settlement-challenged"
  | "dispute-given-up"
  | "settlement-abandoned"
  | "session-expired-unpaid"
  | "session-disputed"
  | "session-held"
  | "session-late-evidence"
  | "session-not-begun"
  | "token-start-unpaid"
  | "fee-limit"
  | "oracle-unfunded"
  | "nonce-taken"
  | "tariff-missing"
  | "tariff-not-assigned"
  | "evse-without-tariff"
  | "resume-failed"
  | "ocpp-exchange-failed"
  | "ocpp-frame-quarantined"
  | "ocpp-inbox-failed"
  | "ocpp-message-unmatched"
  | "ocpp-session-taken"
  | "ocpp-stop-failed"
  | "ocpp-stop-missing"
  | "ocpp-unknown-station";

export const alerts: readonly Alert[] = [
  "chain-unavailable",
  "loop-failed",
  "reorganisation",
  "settlement-mismatch",
  "settlement-refused",
  "settlement-reverted",
  "settlement-skipped",
  "epoch-limit",
  "quorum-lacking",
  "quorum-left-out",
  "quorum-peer-wrong",
  "quorum-claim-wrong",
  "claim-contradicted",
  "settlement-contradicted",
  "settlement-challenged",
  "dispute-given-up",
  "settlement-abandoned",
  "session-expired-unpaid",
  "session-disputed",
  "session-held",
  "session-late-evidence",
  "session-not-begun",
  "token-start-unpaid",
  "fee-limit",
  "oracle-unfunded",
  "nonce-taken",
  "tariff-missing",
  "tariff-not-assigned",
  "evse-without-tariff",
  "resume-failed",
  "ocpp-exchange-failed",
  "ocpp-frame-quarantined",
  "ocpp-inbox-failed",
  "ocpp-message-unmatched",
  "ocpp-session-taken",
  "ocpp-stop-failed",
  "ocpp-stop-missing",
  "ocpp-unknown-station",
];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "wattproof_" });

  const alertCounter = new Counter({
    name: "wattproof_alerts_total",
    help: "Occasions to look at, by alert; see the runbook.",
    labelNames: ["alert"],
    registers,
  });
  // A counter that appears only with its first event has no increase to alert on.
  for (const alert of alerts) alertCounter.inc({ alert }, 0);

  const evidenceRecords = new Counter({
    name: "wattproof_evidence_records_total",
    help: "Records that count, by whether the contract could take them without an oracle.",
    labelNames: ["settleable_by_meter"],
    registers,
  });
  for (const mark of ["yes", "no", "unknown"]) evidenceRecords.inc({ settleable_by_meter: mark }, 0);

  return {
    registry,
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
    evidenceRecords,
    sessions: new Gauge({
      name: "wattproof_sessions",
      help: "Charging sessions, by status.",
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
    alerts: alertCounter,
    followedBlock: new Gauge({ name: "wattproof_followed_block", help: "Highest block that was read.", registers }),
    reorganisations: new Counter({
      name: "wattproof_reorganisations_total",
      help: "How often confirmed blocks were undone.",
      registers,
    }),
  };
}
