import { expect } from "chai";

import { WattproofError, type ErrorCode } from "../../../services/errors.ts";
import type { RecordSource } from "../../../services/store/messages.ts";
import type { Store } from "../../../services/store/store.ts";
import {
  beganAtMs,
  meterNumber,
  meterOf,
  openEvidenceWorld,
  signed,
  stationId,
  whole,
  type EvidenceWorld,
  type OpenedHere,
  type Sender,
} from "../../helpers/evidence-world.ts";
import type { Row } from "../../helpers/table-dump.ts";

const oracle = `0x${"0a".repeat(20)}`;
const ofTransaction: RecordSource = { kind: "ocpp", stationId, ocppTransactionId: "17" };
const ofPeer: RecordSource = { kind: "peer", oracle };
const stranger = { idTag: "AAAAAAAAAAAAAAAAAAAA" };

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => (error instanceof WattproofError ? error.code : String(error)),
  );
}

describe("Records on their way into a session", function () {
  let world: EvidenceWorld;
  let session: OpenedHere;

  beforeEach(async function () {
    world = await openEvidenceWorld();
    session = await world.open("s1");
  });
  afterEach(async function () {
    await world.close();
  });

  /** Everything on disk but the messages, and of those what became of them. */
  function books(): { readonly verdicts: readonly unknown[]; readonly rest: unknown } {
    const { messages = [], ...rest } = world.disk();
    return { verdicts: messages.map(({ outcome, code }) => outcome ?? code), rest };
  }

  function eventsOf({ sessionId }: OpenedHere): readonly string[] {
    const rows: readonly Row[] = world.disk()["session_events"] ?? [];
    return rows
      .filter((row) => row["session_id"] === sessionId)
      .map((row) => (JSON.parse(String(row["event"])) as { kind: string }).kind);
  }

  /** The record is refused, its message keeps why, and nothing else on disk is another. */
  async function expectRefused(code: ErrorCode, record: string, from?: Sender, outcome = "refused"): Promise<void> {
    const before = books();
    expect(await codeOf(world.receive(record, from))).to.equal(code);
    const { verdicts, rest } = books();
    expect(verdicts).to.deep.equal([...before.verdicts, outcome]);
    expect(rest).to.deep.equal(before.rest);
    expect(world.disk()["messages"]?.at(-1)).to.include({ outcome, code });
  }

  /** A fault of ours: the message waits, and nothing else on disk is another. */
  async function expectPending(code: ErrorCode, record: string, from?: Sender): Promise<void> {
    const before = books();
    expect(await codeOf(world.receive(record, from))).to.equal(code);
    expect(books()).to.deep.equal({ ...before, verdicts: [...before.verdicts, null] });
  }

  async function resume(): Promise<number> {
    return world.evidence.receiver.resumePending(new AbortController().signal);
  }

  describe("are refused, kept with their reason, and change nothing else", function () {
    it("where their station was removed", async function () {
      await world.store.removeStation(stationId);
      await expectRefused("STATION_UNAUTHENTICATED", whole(1, session));
    });

    it("where they are no record", async function () {
      await expectRefused("OCMF_HEADER_INVALID", "Hello");
    });

    it("where no session has the idTag, and none is named", async function () {
      await expectRefused("SESSION_UNKNOWN", whole(1, stranger));
    });

    it("where the session that is named does not exist", async function () {
      const named = { ...session, sessionId: "0x99" };
      await expectRefused("SESSION_UNKNOWN", whole(1, stranger), { session: named });
    });

    it("where it is sent for a session that opened with the idTag of another one", async function () {
      const twin = await world.open("s2", session);
      await expectRefused("SESSION_REFERENCE_MISMATCH", whole(1, session), { session: twin });
      expect(await world.receive(whole(1, session))).to.include({ sessionId: session.sessionId });
    });

    it("where the sender names another session than the meter", async function () {
      const other = await world.open("s2");
      await expectRefused("SESSION_REFERENCE_MISMATCH", whole(1, session), { session: other });
    });

    it("where the meter did not sign the idTag, unless they came inside the session's transaction", async function () {
      await expectRefused("RECORD_UNBOUND", whole(1, stranger), { session });
      const answer = await world.receive(whole(1, stranger), { session, source: ofTransaction });
      expect(answer.isDuplicate).to.equal(false);
      expect(await world.store.findRecord(answer.recordIdentity)).to.deep.include({ isBoundToSession: false });
    });

    it("where their station is not at the session's EVSE; another oracle is at none", async function () {
      await world.store.putStation({ stationId, apiKeySha256: "00", evses: [8] });
      await expectRefused("STATION_NOT_AT_EVSE", whole(1, session));
      await expectRefused("STATION_NOT_AT_EVSE", whole(1, session), { session, source: ofTransaction });
      expect(await world.receive(whole(1, session), { session, source: ofPeer })).to.include({ isDuplicate: false });
    });

    it("where their session is not served", async function () {
      const unserved = await world.open("s2", { unservable: "METER_UNKNOWN" });
      await expectRefused("SESSION_UNSERVABLE", whole(1, unserved));
    });

    it("where the registry has no such meter, or its time is over", async function () {
      for (const changes of [
        { status: "revoked" },
        { possession: null },
        { validFrom: beganAtMs / 1_000 + 1 },
        { validUntil: beganAtMs / 1_000 },
        { calibrationExpiresAt: beganAtMs / 1_000 },
      ] as const) {
        world.meters.set(meterNumber, meterOf(meterNumber, changes));
        world.settings.nowMs = beganAtMs;
        await expectRefused("METER_NOT_VALID", whole(1, session), { source: bodyOf(JSON.stringify(changes)) });
      }
      world.meters.delete(meterNumber);
      await expectRefused("METER_NOT_VALID", whole(1, session));
    });

    it("where another key signed them", async function () {
      const record = whole(1, session).replace('"RV":1.0000', '"RV":1.0001');
      await expectRefused("OCMF_SIGNATURE_MISMATCH", record);
    });

    it("as unsupported, where nobody here can verify their signature", async function () {
      const record = whole(1, session).replace("ECDSA-secp256r1-SHA256", "ECDSA-sect233r1-SHA256");
      const code = await codeOf(world.receive(record));
      expect(code).to.match(/UNSUPPORTED/);
      expect(world.disk()["messages"]?.at(-1)).to.include({ outcome: "unsupported", code });
      expect(world.disk()["records"]).to.deep.equal([]);
    });

    it("where a number is beyond 63 bits", async function () {
      await expectRefused("RECORD_OUT_OF_RANGE", signed(2n ** 63n, session, [["B", 1]]));
      await expectRefused("RECORD_OUT_OF_RANGE", signed(1, session, [["B", 2n ** 63n / 1_000_000n + 1n]]));
    });

    it("where the chain has closed the session without them", async function () {
      const position = { txHash: "0x", blockNumber: 2, blockHash: "0x", logIndex: 0 };
      const closing = { kind: "expired", position, returnedMicro: 1n } as const;
      await world.move(session, { kind: "closed", closing, reason: null });
      await expectRefused("SESSION_CLOSED", whole(1, session));
    });

    it("where their number counts with other bytes, and the meter did not sign the idTag", async function () {
      world.settings.unboundRecords = "accept";
      await world.restart();
      await world.receive(whole(1, session));
      await expectRefused("RECORD_CONFLICT", whole(1, stranger), { session });
      const other = await world.open("s2");
      await expectRefused("RECORD_REPLAYED", whole(1, stranger), { session: other });
    });
  });

  describe("put their session into dispute for good", function () {
    async function expectDisputed(code: string, record: string, disputed: OpenedHere): Promise<void> {
      const { state } = await world.session(disputed);
      expect(await codeOf(world.receive(record))).to.equal(code);
      expect((await world.session(disputed)).state.dispute).to.deep.equal({ reason: code, isFinal: true });
      expect(world.disk()["messages"]?.at(-1)).to.include({ outcome: "refused", code });
      expect(world.alerts.at(-1)).to.deep.include({ alert: "session-disputed" });
      expect(state.dispute).to.equal(null);
    }

    it("where the meter signed the same number twice under its idTag", async function () {
      await world.receive(signed(1, session, [["B", 1_000]]));
      await expectDisputed("RECORD_CONFLICT", signed(1, session, [["B", 2_000]]), session);
      expect(world.disk()["records"]).to.have.length(1);
    });

    it("where the meter signed a number of another session under its idTag", async function () {
      await world.receive(whole(1, session));
      const other = await world.open("s2");
      await expectDisputed("RECORD_REPLAYED", whole(1, other), other);
      expect((await world.session(session)).state.status).to.equal("completed");
    });
  });

  describe("wait, after a fault of ours", function () {
    it("where the store moves in between every time, and are not verified again for it", async function () {
      let commits = 0;
      let lookups = 0;
      world.settings.readMeter = (number) => {
        lookups += 1;
        return Promise.resolve(world.meters.get(number) ?? null);
      };
      world.settings.disturb = (store) => ({
        ...store,
        commitStep: () => {
          commits += 1;
          return Promise.resolve({ outcome: "stale", transaction: null });
        },
      });
      await expectPending("STORE_CONTENDED", signed(1, session, [["B", 1_000]]));
      expect([commits, lookups]).to.deep.equal([16, 1]);
      world.settings.disturb = (store) => store;
      expect(await resume()).to.equal(1);
      expect((await world.session(session)).state.status).to.equal("charging");
    });

    it("where the chain does not say which meter it is", async function () {
      world.settings.readMeter = () => Promise.reject(new WattproofError("CHAIN_UNAVAILABLE", "down"));
      await expectPending("CHAIN_UNAVAILABLE", whole(1, session));
      expect(await codeOf(resume())).to.equal("CHAIN_UNAVAILABLE");
    });

    it("where the tariff is not here", async function () {
      world.settings.disturb = (store) => ({ ...store, findTariff: () => Promise.resolve(null) });
      await expectPending("TARIFF_MISSING", whole(1, session));
      world.settings.disturb = (store) => store;
      await resume();
      expect((await world.session(session)).state.status).to.equal("completed");
    });

    it("where the disk does not take the step", async function () {
      const fault = new WattproofError("STORE_UNAVAILABLE", "full");
      world.settings.disturb = (store) => ({ ...store, commitStep: () => Promise.reject(fault) });
      await expectPending("STORE_UNAVAILABLE", whole(1, session));
    });
  });

  it("count without a mark where the chain does not say whether it could read them", async function () {
    world.settings.canContractRead = () => Promise.reject(new WattproofError("CHAIN_UNAVAILABLE", "down"));
    const { recordIdentity } = await world.receive(whole(1, session));
    expect(await world.store.findRecord(recordIdentity)).to.deep.include({ isSettleableByMeter: null });
  });

  it("are on disk before anything reads them", async function () {
    let isKept = false;
    world.settings.readMeter = (number) => {
      isKept = world.disk()["messages"]?.length === 1;
      return Promise.resolve(world.meters.get(number) ?? null);
    };
    await world.receive(whole(1, session));
    expect(isKept).to.equal(true);
  });

  it("count once, whoever sends them how often through which door", async function () {
    const record = whole(1, session);
    const first = await world.receive(record);
    const after = books();
    expect(await world.receive(record)).to.deep.equal({ ...first, isDuplicate: true });
    expect(books()).to.deep.equal(after);
    for (const source of [bodyOf("wrapped"), ofTransaction, ofPeer]) {
      const answer = await world.receive(record, { session, source });
      expect(answer).to.deep.equal({ ...first, isDuplicate: true });
    }
    const { verdicts, rest } = books();
    expect(verdicts).to.deep.equal(["accepted", "accepted", "accepted", "accepted"]);
    expect(rest).to.deep.equal(after.rest);
  });

  it("are messages of their own by sender, door, named session and bytes", async function () {
    const records = [signed(1, session, [["B", 1_000]]), signed(2, session, [["C", 2_000]])];
    const other = await world.open("s2");
    const sources = [
      ...[ofTransaction, { ...ofTransaction, stationId: "CS-2" }, ofPeer, { ...ofPeer, oracle: "0x0b" }],
      ...[bodyOf("1"), bodyOf("2")],
    ];
    for (const source of sources) {
      for (const record of records) await world.receive(record, { session, source }).catch(() => undefined);
      await world.receive(records[0] ?? "", { session: other, source }).catch(() => undefined);
    }
    // By HTTP the body is what makes the message; it names the session, too.
    expect(world.disk()["messages"]).to.have.length(4 * 3 + 2);
    const bySender = world.disk()["messages"]?.map((row) => `${String(row["source"])} ${String(row["station_id"])}`);
    expect([...new Set(bySender)]).to.have.members([
      ...["ocpp CS-1", "ocpp CS-2", `peer ${oracle}`, "peer 0x0b", "http CS-1"],
    ]);
  });

  it("have the bytes of the record once for each message", async function () {
    const record = whole(1, session);
    await world.receive(record, { session, source: ofTransaction });
    const holding = Object.values(world.disk()).flatMap((rows) =>
      rows.flatMap((row) => Object.values(row).filter((value) => isRecord(value, record))),
    );
    expect(holding).to.have.length(1);
  });

  it("are taken in turns of their sender and of their session, in the order in which they came", async function () {
    const records = [
      signed(1, session, [["B", 1_000]]),
      signed(2, session, [["C", 2_000]]),
      signed(3, session, [["E", 4_000, 600]]),
    ];
    const sources = [ofTransaction, ofPeer, bodyOf("3")];
    let underWay = 0;
    let most = 0;
    world.settings.disturb = (store: Store) => ({
      ...store,
      countRecords: async (meterKeyId) => {
        underWay += 1;
        most = Math.max(most, underWay);
        return store.countRecords(meterKeyId);
      },
      commitStep: async (step) => {
        const outcome = await store.commitStep(step);
        underWay -= 1;
        return outcome;
      },
    });
    const senders = records.map((record, index) =>
      world.receive(record, { session, ...(sources[index] === undefined ? {} : { source: sources[index] }) }),
    );
    await Promise.all(senders);
    expect(most).to.equal(1);
    expect((await world.session(session)).state).to.include({ status: "completed" });
    expect(await world.store.findCdr(session.sessionId)).to.deep.include({ energyWh: "3000" });
  });

  describe("go on after the service was killed", function () {
    /** The service never comes back from this method: what it had done before is on disk. */
    async function dieIn(method: "commitStep" | "findStation", record: string, from?: Sender): Promise<void> {
      const reached = new Promise<void>((resolve) => {
        world.settings.disturb = (store) => ({
          ...store,
          [method]: () => {
            resolve();
            return new Promise<never>(() => undefined);
          },
        });
      });
      void world.receive(record, from);
      await reached;
      await world.restart();
    }

    for (const method of ["findStation", "commitStep"] as const) {
      it(`between keeping a record and ${method}`, async function () {
        await dieIn(method, whole(1, session));
        expect(books().verdicts).to.deep.equal([null]);
        expect(world.disk()["records"]).to.deep.equal([]);
        expect(await resume()).to.equal(1);
        expect(books().verdicts).to.deep.equal(["accepted"]);
        expect(eventsOf(session)).to.deep.equal(["opened", "evidence-completed"]);
        expect(await world.receive(whole(1, session))).to.include({ isDuplicate: true });
      });
    }

    it("with a record that another oracle brought, and leave it the session for a while", async function () {
      await dieIn("commitStep", whole(1, session), { session, source: ofPeer });
      world.settings.nowMs = beganAtMs + 5_000;
      expect(await resume()).to.equal(1);
      const { state } = await world.session(session);
      expect(state.status).to.equal("completed");
      expect(state.nextTry.notBeforeMs).to.equal(beganAtMs + 65_000);
    });

    it("past a record that is refused, and stop at a fault", async function () {
      await dieIn("findStation", "Hello");
      await dieIn("findStation", whole(1, session));
      world.settings.canContractRead = () => Promise.reject(new Error("broken"));
      expect(await codeOf(resume())).to.equal("Error: broken");
      expect(books().verdicts).to.deep.equal(["refused", null]);
      world.settings.canContractRead = () => Promise.resolve(false);
      expect(await resume()).to.equal(1);
      expect(await resume()).to.equal(0);
    });
  });
});

/** The same record in another body. */
function bodyOf(text: string): RecordSource {
  return { kind: "http", stationId, body: Buffer.from(text), mediaType: "application/json" };
}

function isRecord(value: unknown, record: string): boolean {
  return value instanceof Uint8Array && Buffer.from(value).toString() === record;
}
