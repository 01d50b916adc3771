import { setImmediate } from "node:timers/promises";

import type { Chain, RegisteredMeter } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import { createSessionReadings, type SessionRecordStore } from "../../evidence/session-readings.ts";
import type { RecordVerifier } from "../../evidence/verify-record.ts";
import type { DossierStore } from "../../store/dossiers.ts";
import type { Store, StoredSession } from "../../store/store.ts";
import {
  chainReasonOf,
  judgeRecordsOf,
  type ChainTimes,
  type ProvenSession,
  type ReadRecord,
  type UnprovenSession,
} from "./judge-session.ts";

/** Which sessions of a meter are read. */
export interface SessionSpan {
  readonly operator: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** Reads sessions from the ledger, judged, in the order in which they became known. */
export type SessionReader = (
  span: SessionSpan,
  meter: RegisteredMeter,
  maximumPowerW: number,
) => AsyncGenerator<ProvenSession | UnprovenSession>;

export interface SessionReaderDeps {
  readonly store: DossierStore & SessionRecordStore & Pick<Store, "findCdr">;
  readonly chain: Pick<Chain, "readBlock">;
  readonly verifier: Pick<RecordVerifier, "verify">;
}

const pageLength = 256;
/** Blocks whose time is remembered; the sessions of a batch share one. */
const rememberedBlocks = 4_096;

export function createSessionReader(deps: SessionReaderDeps): SessionReader {
  const { store, chain } = deps;
  const readings = createSessionReadings(deps);
  const times = new Map<number, number>();

  async function timeOf(blockNumber: number): Promise<number> {
    const known = times.get(blockNumber);
    if (known !== undefined) return known;
    const block = await chain.readBlock(blockNumber);
    if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
    const oldest = times.keys().next();
    if (times.size >= rememberedBlocks && oldest.done !== true) times.delete(oldest.value);
    times.set(blockNumber, block.timestamp);
    return block.timestamp;
  }

  async function timesOf({ state }: StoredSession): Promise<ChainTimes> {
    const openedSeconds = state.opening.openedAt;
    const closed = state.closing?.position.blockNumber;
    return { openedSeconds, closedSeconds: closed === undefined ? openedSeconds : await timeOf(closed) };
  }

  async function readRecords(sessionId: string, meter: RegisteredMeter): Promise<readonly ReadRecord[]> {
    const read = async (records: Awaited<ReturnType<typeof store.listRecords>>): Promise<ReadRecord[]> => {
      const all: ReadRecord[] = [];
      for (const record of records) all.push({ record, reading: await readings.read(record, meter) });
      return all;
    };
    const boundary = await read(await store.listBoundaryRecords(sessionId));
    const isCovered = boundary.some(({ reading }) => reading.begin !== null && reading.end !== null);
    return isCovered ? boundary : read(await store.listRecords(sessionId));
  }

  async function judge(
    session: StoredSession,
    meter: RegisteredMeter,
    maximumPowerW: number,
  ): Promise<ProvenSession | UnprovenSession> {
    const { sessionId, state } = session;
    const cdr = await store.findCdr(sessionId);
    const reason = chainReasonOf(session, cdr?.evidence.grade === "plausible-unsigned");
    const isSettled = state.closing?.kind === "settled";
    const read = isSettled && reason !== "unsigned" ? await readRecords(sessionId, meter) : [];
    const proven = await judgeRecordsOf(session, read, meter, maximumPowerW, () => timesOf(session));
    if (proven !== null) return { ...proven, exclusion: reason ?? proven.exclusion };
    const { closedSeconds } = await timesOf(session);
    const energyMicroWh = state.closing?.kind === "settled" ? state.closing.energyMicroWh.toString() : null;
    return {
      kind: "unproven",
      exclusion: {
        ...{ sessionId, reason: reason ?? "no-records", atSeconds: closedSeconds, energyMicroWh },
        interval: null,
      },
    };
  }

  /** The sessions of a meter that end in the period. */
  return async function* ({ operator, fromSeconds, toSeconds }, meter, maximumPowerW) {
    let after: string | null = null;
    for (;;) {
      const page: readonly StoredSession[] = await store.listSessionsOfMeter(operator, meter.number, after, pageLength);
      for (const session of page) {
        if (session.state.status === "unconfirmed") continue;
        const judged = await judge(session, meter, maximumPowerW);
        const at = judged.kind === "proven" ? judged.session.endSeconds : judged.exclusion.atSeconds;
        if (at >= fromSeconds && at < toSeconds) yield judged;
      }
      // Stations and drivers are answered in between.
      await setImmediate();
      const last = page.at(-1);
      if (last === undefined || page.length < pageLength) return;
      after = last.sessionId;
    }
  };
}
