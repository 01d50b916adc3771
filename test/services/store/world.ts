import { expect } from "chai";

import type { Cdr } from "../../../services/domain/cdr.ts";
import type { DisputeActSeed } from "../../../services/domain/dispute.ts";
import type { SessionEvent } from "../../../services/domain/session.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChargingTransaction, NewChargingTransaction } from "../../../services/store/charging.ts";
import type {
  ChainProgress,
  EvidenceRecord,
  Store,
  StoredSession,
  WriteOutcome,
} from "../../../services/store/store.ts";
import { testTariff } from "../../helpers/test-tariff.ts";
import { accepted, block, cdrOf, changeOf, message, newSession, recordOf, tariffId } from "./samples.ts";

/** A store on an empty medium, and the same medium opened again. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen(): Promise<Store>;
  remove(): Promise<void>;
}

/** What a record brings to its session. */
export interface RecordStep {
  readonly session: StoredSession;
  readonly record: EvidenceRecord | null;
  readonly event: SessionEvent;
  readonly cdr?: Cdr | null;
  /** How many records of its meter key were known; what there are, if it is not given. */
  readonly knownRecords?: number;
  readonly messageId?: string;
  readonly acts?: readonly DisputeActSeed[];
}

/** What a message of a station brings to its transaction and session. */
export interface TransactionStep {
  readonly transaction: NewChargingTransaction | ChargingTransaction | null;
  readonly frame?: number | null;
  readonly session?: StoredSession;
  readonly event?: SessionEvent;
  readonly cdr?: Cdr | null;
}

/** The store that a test works on, and what many tests begin with. */
export interface StoreWorld {
  readonly store: Store;
  /** Closes the store and opens it again on the same medium. */
  reopen(): Promise<void>;
  progress(part: Partial<ChainProgress>): Promise<WriteOutcome>;
  session(sessionId: string): Promise<StoredSession>;
  /** Opens sessions `0x<name>` in block 1. */
  openSessions(...names: readonly string[]): Promise<void>;
  commitRecord(step: RecordStep): Promise<WriteOutcome>;
  commitTransaction(
    step: TransactionStep,
  ): Promise<{ readonly outcome: WriteOutcome; readonly transaction: ChargingTransaction | null }>;
  /** A transaction that is kept as it is given. */
  keepTransaction(
    transaction: NewChargingTransaction | ChargingTransaction,
    frame?: number,
  ): Promise<ChargingTransaction>;
  /** Completes a session with one record. */
  complete(sessionId: string, recordIdentity: string, pagination: bigint): Promise<WriteOutcome>;
  batchOf(batchId: string, ...sessionIds: readonly string[]): Promise<WriteOutcome>;
}

/** @param under The store of the test that runs. */
export function createStoreWorld(under: () => { readonly store: Store; reopen(): Promise<void> }): StoreWorld {
  const store = () => under().store;

  const world: StoreWorld = {
    get store() {
      return store();
    },
    reopen: () => under().reopen(),
    async progress(part) {
      return store().commitChain({
        expectedCursor: await store().readCursor(),
        cursor: null,
        forgetAboveBlock: null,
        tariffs: [],
        openings: [],
        changes: [],
        reopenings: [],
        transactions: [],
        acts: [],
        finishedActs: [],
        reopenedActs: [],
        ...part,
      });
    },
    async session(sessionId) {
      const found = await store().findSession(sessionId);
      return found ?? expect.fail(`${sessionId} is missing`);
    },
    async openSessions(...names) {
      const openings = names.map((opened) => newSession(opened, 1));
      const tariffs = [{ tariffId, tariff: testTariff }];
      expect(await world.progress({ cursor: block(1), openings, tariffs })).to.equal("stored");
    },
    async commitRecord({ session, record, event, cdr = null, knownRecords, messageId, acts = [] }) {
      const meterKeyId = record?.meterKeyId ?? "key";
      const { outcome } = await store().commitStep({
        message: {
          messageId: messageId ?? record?.messageId ?? "m",
          verdict: { ...accepted, recordIdentity: record?.recordIdentity ?? null },
          record,
          meterKeyId,
          expectedRecordCount: knownRecords ?? (await store().countRecords(meterKeyId)),
        },
        session: { change: changeOf(session, event), cdr, acts },
      });
      return outcome;
    },
    commitTransaction: ({ transaction, frame = null, session, event, cdr = null }) =>
      store().commitStep({
        transaction,
        frame,
        session:
          session === undefined || event === undefined ? null : { change: changeOf(session, event), cdr, acts: [] },
      }),
    async keepTransaction(transaction, frame) {
      const kept = await world.commitTransaction({ transaction, frame: frame ?? null });
      return kept.transaction ?? expect.fail("The transaction was not kept.");
    },
    async complete(sessionId, recordIdentity, pagination) {
      await store().putMessage(message(recordIdentity));
      return world.commitRecord({
        session: await world.session(sessionId),
        record: recordOf(recordIdentity, sessionId, pagination, pagination * 10n, pagination * 10n + 5n),
        event: { kind: "evidence-completed" },
        cdr: cdrOf(sessionId),
      });
    },
    async batchOf(batchId, ...sessionIds) {
      const sessions = await Promise.all(sessionIds.map((id) => world.session(id)));
      const changes = sessions.map((member) => changeOf(member, { kind: "batched", batchId }));
      return store().createBatch({ batchId, kind: "oracles", sessionIds, createdAtMs: 7 }, changes);
    },
  };
  return world;
}

export async function expectCode(work: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(WattproofError).with.property("code", code);
}
