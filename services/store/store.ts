import type { ArchiveStore } from "./archive.ts";
import type { NoticeStore } from "./alert-notices.ts";
import type { CardPaymentStore } from "./card-payments.ts";
import type { ChainStore } from "./chain.ts";
import type { ChargingStore } from "./charging.ts";
import type { DisputeStore } from "./disputes.ts";
import type { DossierStore } from "./dossiers.ts";
import type { EvidenceStore } from "./evidence.ts";
import type { InvoiceStore } from "./invoices.ts";
import type { LedgerStore } from "./ledger.ts";
import type { LivenessStore } from "./liveness.ts";
import type { MessageStore } from "./messages.ts";
import type { OcppStore } from "./ocpp.ts";
import type { OperatorKeyStore } from "./operator-keys.ts";
import type { OperatorStore } from "./operator.ts";
import type { RelayStore } from "./relay.ts";
import type { ReplicaStore } from "./replicas.ts";
import type { ScreenCodeStore } from "./screen-codes.ts";
import type { SessionStore } from "./sessions.ts";
import type { SettlementStore } from "./settlement.ts";
import type { StationStore } from "./stations.ts";
import type { StepStore } from "./steps.ts";
import type { TariffPlanStore } from "./tariff-plans.ts";
import type { MeterTimeStore } from "./meter-times.ts";
import type { DriverGroupStore } from "./driver-groups.ts";
import type { TariffStore } from "./tariffs.ts";
import type { TokenStore } from "./tokens.ts";
import type { PossessionStore } from "./possessions.ts";
import type { ViewKeyStore } from "./view-keys.ts";

export type { BlockMark, ChainProgress } from "./chain.ts";
export type { StoredAct } from "./disputes.ts";
export type { EvidenceRecord, RecordRange, RegisterReading } from "./evidence.ts";
export type { LedgerIdentity } from "./ledger.ts";
export type { MessageVerdict, RawMessage, StoredMessage } from "./messages.ts";
export type { NewSession, SessionChange, SessionQuery, StoredSession, WriteOutcome } from "./sessions.ts";
export type { Batch, BatchKind, SettlementTransaction } from "./settlement.ts";
export type { Station } from "./stations.ts";

/**
 * The ledger of the service.
 *
 * What comes in: everything that the service must still know after a crash. Frames and messages come from the doors
 * before anything reads them, sessions and blocks from the chain, records and charge detail records from the evidence
 * code, signed transactions from settlement before anything is sent. Everything was parsed before; the store does not
 * judge what it keeps.
 *
 * What is guaranteed:
 * - Durability. A promise of a method that writes resolves only after what it wrote would survive the loss of power.
 * - Atomicity. If it rejects, nothing of that one call was written. A method that takes several things keeps all of
 *   them or none, and other calls never see a part.
 * - Repetition. A caller that does not know whether a call was carried out calls again with the same arguments. Either
 *   nothing changes, or the outcome is `stale`, or the method says below what a second call does.
 * - `stale`. The caller decided on what it had read, and that has changed since. Nothing was written; the caller reads
 *   again and decides again.
 * - Unknown ids. A method that finds one thing answers `null`, one that lists answers an empty list, and one that
 *   changes what is not there changes nothing. One that adds to what is not there rejects with STORE_UNAVAILABLE.
 * - Order. Each list states its order. Frames of one station have places without a gap, in the order of their commits;
 *   between stations there is no order (see `FrameStore`).
 * - Reading. Methods that read answer from what is durable, and a call that begins after a write has resolved sees it.
 *
 * Errors: STORE_UNAVAILABLE if the medium does not answer, refuses a write or is closed; STORE_CORRUPT if it holds what
 * cannot be read.
 *
 * Who calls: every room of the service except `domain/`, each through `Pick` of the methods that it needs. Several
 * replicas share a ledger as `ReplicaStore` says; one in a folder belongs to one process at a time.
 * `test/services/store/suite.ts` states these promises method by method and runs against each implementation. What an
 * implementation does is written once in `sql/`, in SQL; `sqlite/` and `postgres/` are the databases beneath it.
 */
export interface Store
  extends
    ArchiveStore,
    CardPaymentStore,
    ChainStore,
    ChargingStore,
    DisputeStore,
    DossierStore,
    EvidenceStore,
    InvoiceStore,
    LedgerStore,
    LivenessStore,
    MessageStore,
    NoticeStore,
    MeterTimeStore,
    OcppStore,
    OperatorKeyStore,
    OperatorStore,
    PossessionStore,
    RelayStore,
    ReplicaStore,
    ScreenCodeStore,
    SessionStore,
    SettlementStore,
    StationStore,
    StepStore,
    TariffPlanStore,
    TariffStore,
    DriverGroupStore,
    TokenStore,
    ViewKeyStore {}
