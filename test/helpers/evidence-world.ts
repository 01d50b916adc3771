import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { generateMeterKey } from "../../scripts/simulator/demo-key.ts";
import { signRecord } from "../../scripts/simulator/meter.ts";
import { payloadOf, type SimulatedReading } from "../../scripts/simulator/payload.ts";
import type { RegisteredMeter } from "../../services/chain/chain.ts";
import { createTransactionReaders } from "../../services/charging/wire-charging.ts";
import { defaultEvidencePolicy, type EvidencePolicy } from "../../services/domain/charging/settlement-policy.ts";
import type { FindingCode } from "../../services/domain/charging/findings.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { openSession, transition, type SessionEvent } from "../../services/domain/session.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import type { UnboundRecords } from "../../services/evidence/find-session.ts";
import { toHex } from "../../services/evidence/formats/ocmf/bytes.ts";
import { createPriceJudge } from "../../services/evidence/judge-price.ts";
import type { RecordAnswer } from "../../services/evidence/receive-record.ts";
import { createEvidence, type Evidence } from "../../services/evidence/wire-evidence.ts";
import { createMetrics } from "../../services/observability/metrics.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { RecordSource } from "../../services/store/messages.ts";
import type { Store, StoredSession } from "../../services/store/store.ts";
import { testTariff } from "./test-tariff.ts";
import { dumpTables, type Row } from "./table-dump.ts";
import { testOpening } from "./test-opening.ts";

/** Evidence on a real ledger and without a chain: the registry of meters is a list that tests write. */
export interface EvidenceWorld {
  readonly folder: string;
  /** What the registry knows, by number. Meter 3 is at EVSE 7. */
  readonly meters: Map<number, RegisteredMeter>;
  readonly settings: EvidenceSettings;
  readonly alerts: readonly { readonly alert: string; readonly details: object }[];
  store: Store;
  evidence: Evidence;
  /** By default at the only EVSE. */
  open(name: string, changes?: { readonly idTag?: string; readonly unservable?: string }): Promise<OpenedHere>;
  move(opened: OpenedHere, event: SessionEvent): Promise<void>;
  session(opened: OpenedHere): Promise<StoredSession>;
  receive(record: string, from?: Sender): Promise<RecordAnswer>;
  /** The service is killed: nothing that was under way goes on. What it put on disk is there after the start. */
  restart(): Promise<void>;
  /** Everything on disk that messages can change. */
  disk(): Readonly<Record<string, readonly Row[]>>;
  close(): Promise<void>;
}

export interface OpenedHere {
  readonly sessionId: string;
  readonly idTag: string;
}

/** What tests may change. */
export interface EvidenceSettings {
  /** The first three from the next start on. */
  policy: EvidencePolicy;
  unboundRecords: UnboundRecords;
  takeoverMs: number;
  beside: { findings: readonly FindingCode[]; isOpen: boolean } | null;
  nowMs: number;
  obstacle: "TARIFF_NOT_ASSIGNED" | null;
  canContractRead: () => Promise<boolean>;
  readMeter: (number: number) => Promise<RegisteredMeter | null>;
  /** The store as the code under test sees it. */
  disturb: (store: Store) => Store;
}

export interface Sender {
  readonly source?: RecordSource;
  readonly session?: OpenedHere | null;
}

export const evse = 7;
export const meterNumber = 3;
export const stationId = "CS-1";
export const beganAtMs = Date.UTC(2026, 2, 1, 10);
const tariffId = tariffIdOf(testTariff);
const nobody = `0x${"11".repeat(20)}`;
const meterKey = generateMeterKey("secp256r1");

export async function openEvidenceWorld(): Promise<EvidenceWorld> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-evidence-"));
  const meters = new Map([[meterNumber, meterOf(meterNumber)]]);
  const alerts: { alert: string; details: object }[] = [];
  const settings: EvidenceSettings = {
    ...{ policy: defaultEvidencePolicy, unboundRecords: "refuse", beside: null, nowMs: beganAtMs, takeoverMs: 60_000 },
    ...{ obstacle: null, canContractRead: () => Promise.resolve(true), disturb: (store) => store },
    readMeter: (number) => Promise.resolve(meters.get(number) ?? null),
  };

  function build(whole: Store): Evidence {
    // Each method is looked up when it is called, so that a test may disturb it in between.
    const store = new Proxy(whole, {
      get(_target, property): unknown {
        const current = settings.disturb(whole);
        const value: unknown = Reflect.get(current, property);
        return typeof value === "function" ? value.bind(current) : value;
      },
    });
    const directory = {
      readMeter: (number: number) => settings.readMeter(number),
      readEvse: () => Promise.resolve(null),
      findObstacle: () => Promise.resolve(null),
      ...{ forgetMeter: () => undefined, forgetEvse: () => undefined, forgetAll: () => undefined },
    };
    const desk = { alert: (alert: string, details: object) => alerts.push({ alert, details }), note: () => undefined };
    const readers = createTransactionReaders({ store, meters: directory });
    const now = () => settings.nowMs;
    const tariffs = { findObstacle: () => Promise.resolve(settings.obstacle) };
    const { policy, unboundRecords, takeoverMs } = settings;
    const deps = {
      ...{ store, meters: directory, desk, metrics: createMetrics(), now, policy, unboundRecords, takeoverMs },
      steadyNow: now,
      chain: { canContractRead: () => settings.canContractRead() },
      prices: createPriceJudge({ store, tariffs, desk, now }),
      readCircumstances: async (...parameters: Parameters<typeof readers.readCircumstances>) =>
        settings.beside ?? (await readers.readCircumstances(...parameters)),
    };
    return createEvidence(deps);
  }

  let sessions = 0;
  const first = openSqliteStore(folder);
  await first.putStation({ stationId, apiKeySha256: "00", evses: [evse] });
  const world: EvidenceWorld = {
    ...{ folder, meters, settings, alerts, store: first, evidence: build(first) },
    async open(name, changes = {}) {
      sessions += 1;
      const sessionId = `0x${Buffer.from(name).toString("hex").padStart(64, "0")}`;
      const idTag =
        changes.idTag ?? idTagOf(`0x${sessions.toString(16).padStart(8, "0").padEnd(64, "7")}`, testOpening);
      const position = { txHash: `0x${"22".repeat(32)}`, blockNumber: 1, blockHash: "0x33", logIndex: sessions };
      const opening = { ...position, ...testOpening };
      const event = { kind: "opened", opening, unservableReason: changes.unservable ?? null } as const;
      const terms = {
        ...{ driver: nobody, lane: sessions, nonce: 0, operator: nobody, agreement: 0, tariffId, holdMicro: 10n ** 9n },
        ...{ evse, meter: meterNumber, maximumPowerW: 22_000, expiresAt: 4_000_000_000 },
      };
      await world.store.commitChain({
        ...{ expectedCursor: null, cursor: null, forgetAboveBlock: null },
        tariffs: [{ tariffId, tariff: testTariff }],
        openings: [{ sessionId, idTag, terms, event, state: openSession(event), atMs: settings.nowMs }],
        ...{ changes: [], reopenings: [], transactions: [], acts: [], finishedActs: [], reopenedActs: [] },
      });
      return { sessionId, idTag };
    },
    async move(opened, event) {
      const { sessionId, sequence, state } = await world.session(opened);
      const change = {
        sessionId,
        expectedSequence: sequence,
        events: [event],
        next: transition(state, event),
        atMs: 5,
      };
      await world.store.commitStep({ session: { change, cdr: null, acts: [] } });
    },
    async session({ sessionId }) {
      const found = await world.store.findSession(sessionId);
      if (found === null) throw new Error(`${sessionId} is missing`);
      return found;
    },
    receive(text, { source, session = null } = {}) {
      const record = Buffer.from(text);
      return world.evidence.receiver.receiveRecord({
        source: source ?? { kind: "http", stationId, body: record, mediaType: "text/plain" },
        record,
        sessionReference: session?.sessionId ?? null,
      });
    },
    async restart() {
      settings.disturb = (store) => store;
      await world.store.close();
      world.store = openSqliteStore(folder);
      world.evidence = build(world.store);
    },
    disk: () => dumpTables(folder),
    async close() {
      await world.store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

/** As the registry has it: proven on chain, and valid for good. */
export function meterOf(number: number, changes: Partial<RegisteredMeter> = {}): RegisteredMeter {
  return {
    ...{ number, evse, curve: "secp256r1", publicKey: `0x${toHex(meterKey.publicKeyPoint)}` },
    ...{ status: "active", possession: "proven-on-chain", provenance: "self-declared", maker: 0 },
    ...{ validFrom: 0, validUntil: 4_000_000_000, calibrationExpiresAt: 4_000_000_000 },
    ...changes,
  };
}

/** What the meter signs: the pagination, who charges, and readings in Wh. */
export function signed(
  pagination: number | bigint,
  { idTag }: Pick<OpenedHere, "idTag">,
  readings: readonly (readonly [transaction: string, wh: number | bigint, seconds?: number])[],
): string {
  const payload = payloadOf({
    ...{ serial: "M1", pagination: BigInt(pagination), identification: idTag, evseId: "DE*WAT*E7" },
    synchronisation: "S",
    readings: readings.map(([transaction, wh, seconds = 0]): SimulatedReading => ({
      transaction,
      registerMicroWh: BigInt(wh) * 1_000_000n,
      epochSeconds: beganAtMs / 1_000 + seconds,
    })),
  });
  return signRecord(meterKey, payload);
}

/** One record with both readings: 3 kWh in ten minutes. */
export function whole(
  pagination: number,
  opened: Pick<OpenedHere, "idTag">,
  beginWh = 1_000,
  energyWh = 3_000,
): string {
  return signed(pagination, opened, [
    ["B", beginWh],
    ["E", beginWh + energyWh, 600],
  ]);
}
