import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

import type { RegisteredMeter } from "../../services/chain/chain.ts";
import { defaultEvidencePolicy } from "../../services/domain/charging/settlement-policy.ts";
import { createTransactionReaders } from "../../services/charging/wire-charging.ts";
import { createSessionCompleter } from "../../services/evidence/complete-session.ts";
import type { MeterDirectory } from "../../services/evidence/meter-directory.ts";
import { createRecordReceiver } from "../../services/evidence/receive-record.ts";
import { createMetrics } from "../../services/observability/metrics.ts";
import type { OperatorDesk } from "../../services/observability/operator-desk.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../../services/store/store.ts";
import { toHex } from "../../services/evidence/formats/ocmf/bytes.ts";
import { createSupportedFormats } from "../../services/evidence/formats/supported-formats.ts";
import { createRecordVerifier } from "../../services/evidence/verify-record.ts";
import { benchIdTagOf } from "../ingest-bench/messages.ts";
import { openSessions } from "../ingest-bench/sessions.ts";
import type { SimulatedCurve } from "../simulator/curves.ts";
import { demoMeterKey, type MeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter } from "../simulator/meter.ts";
import { median, processorMs } from "./processor-time.ts";

/** One session that is to be measured: so many records of a meter with this curve. */
interface Task {
  readonly curve: SimulatedCurve;
  readonly records: number;
}

/** What a record of a session costs. */
export interface GrowthRow extends Task {
  /** Processor time of this process from the record's arrival until its answer is on disk. */
  readonly cpuMsPerRecord: number;
}

export interface Growth {
  readonly rows: readonly GrowthRow[];
  /** The longest time for which the event loop was held while all this went on. */
  readonly longestHoldMs: number;
}

const beginSeconds = 1_772_355_600;
const secondsBetween = 60;
const energyMicroWh = 90_000_000n;
const nanosecondsPerMs = 1_000_000;

/**
 * Sends sessions of signed records through the service's own receiver into a ledger on disk. The chain is left out: that
 * the contract could read a record is answered at once.
 * @param repeats How often each session is played; the median counts.
 */
export async function measureGrowth(tasks: readonly Task[], repeats: number): Promise<Growth> {
  const folder = await mkdtemp(join(tmpdir(), "wattproof-bench-"));
  const store = openSqliteStore(folder);
  try {
    return await play(store, tasks, repeats);
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(store: Store, tasks: readonly Task[], repeats: number): Promise<Growth> {
  // In turns, so that what else the machine does meets long and short sessions alike.
  const plays = Array.from({ length: repeats }, () => tasks).flat();
  const keys = plays.map(({ curve }, index) => demoMeterKey(curve, `bench ${index}`));
  await openSessions(store, plays.length);
  const receive = createReceiver(store, keys);
  const costs = new Map(tasks.map((task): [Task, number[]] => [task, []]));

  const holds: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (const [index, task] of plays.entries()) {
    const station = { stationId: `bench-${index}`, apiKeySha256: "", evses: [index + 1] };
    await store.putStation(station);
    const texts = signSession(keys[index] ?? demoMeterKey(task.curve, ""), index, task.records);
    // What signing held the loop is the meter's time, not the service's.
    delay.reset();
    const before = process.cpuUsage();
    for (const text of texts) {
      const record = Buffer.from(text);
      const source = { kind: "http", stationId: station.stationId, body: record, mediaType: "text/plain" } as const;
      await receive({ source, record, sessionReference: null });
    }
    costs.get(task)?.push(processorMs(before) / task.records);
    holds.push(delay.max / nanosecondsPerMs);
  }
  delay.disable();
  const rows = tasks.map((task) => ({ ...task, cpuMsPerRecord: median(costs.get(task) ?? []) }));
  return { rows, longestHoldMs: Math.max(...holds) };
}

function createReceiver(store: Store, keys: readonly MeterKey[]) {
  const meterAt = (number: number): RegisteredMeter | null => {
    const key = keys[number - 1];
    if (key === undefined) return null;
    return {
      ...{ number, evse: number, curve: key.curve, publicKey: `0x${toHex(key.publicKeyPoint)}` },
      ...{ status: "active", possession: "proven-on-chain", provenance: "self-declared", maker: 0 },
      ...{ validFrom: 0, validUntil: 4_000_000_000, calibrationExpiresAt: 4_000_000_000 },
    };
  };
  const meters: MeterDirectory = {
    readMeter: (meter) => Promise.resolve(meterAt(meter)),
    readEvse: () => Promise.resolve(null),
    forgetMeter: () => undefined,
    forgetEvse: () => undefined,
    forgetAll: () => undefined,
    findObstacle: () => Promise.resolve(null),
  };
  const desk: OperatorDesk = {
    alert(alert, details) {
      throw new Error(`A good session raised ${alert}: ${JSON.stringify(details)}`);
    },
    note: () => undefined,
  };
  const { readCircumstances } = createTransactionReaders({ store, meters });
  const policy = defaultEvidencePolicy;
  const receiver = createRecordReceiver({
    store,
    chain: { canContractRead: () => Promise.resolve(true) },
    meters,
    verifier: createRecordVerifier(createSupportedFormats()),
    unboundRecords: "refuse",
    completer: createSessionCompleter({ store, meters, policy, readCircumstances, desk }),
    prices: { judge: (session) => Promise.resolve(session) },
    metrics: createMetrics(),
    now: Date.now,
    steadyNow: Date.now,
    takeoverMs: 0,
  });
  return receiver.receiveRecord.bind(receiver);
}

/** A meter that signs a reading every minute from the session's begin to its end. */
function signSession(key: MeterKey, index: number, records: number): readonly string[] {
  const meter = createSimulatedMeter({ key, serial: `BENCH${index}`, evseId: `DE*BEN*E${index}` });
  const idTag = benchIdTagOf(index);
  return Array.from({ length: records }, (_item, step) => {
    const transaction = step === 0 ? "B" : step === records - 1 ? "E" : "C";
    return meter.step({ idTag, transaction, energyMicroWh, epochSeconds: beginSeconds + step * secondsBetween });
  });
}
