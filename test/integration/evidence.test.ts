import { expect } from "chai";

import { payloadOf, type SimulatedReading } from "../../scripts/simulator/payload.ts";
import { signRecord } from "../../scripts/simulator/meter.ts";
import {
  addStation,
  codeOf,
  getAsOperator,
  post,
  runService,
  type Answer,
  type RunningService,
  type StationCredentials,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

describe("Evidence of a session", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let station: StationCredentials;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain, { WATTPROOF_BATCH_MAX_AGE_MS: "86400000" });
  });
  after(async function () {
    await running.close();
    await chain.close();
  });
  beforeEach(async function () {
    point = await chain.addChargingPoint();
    station = await addStation(running.service.store, `CS-${point.evse}`, [point.evse]);
  });

  it("refuses a record that counts in another session, and disputes the session whose tag the meter signed under it", async function () {
    const [first, second] = [await open(), await open()];
    expect(await send(recordOf(first, 1n, begin(0n), end(5n)))).to.deep.include({ sessionState: "completed" });
    const answer = await post(running.service.url, station, recordOf(second, 1n, begin(5n), end(9n)));
    expect([answer.status, codeOf(answer)]).to.deep.equal([409, "RECORD_REPLAYED"]);
    expect(await stateOf(second)).to.deep.include({
      state: "disputed",
      dispute: { reason: "RECORD_REPLAYED", isFinal: true },
    });
    expect(await stateOf(first)).to.deep.include({ state: "completed", dispute: null });
  });

  it("refuses another record under the same key and pagination, and disputes the session", async function () {
    const session = await open();
    await send(recordOf(session, 1n, begin(0n), end(5n)));
    const answer = await post(running.service.url, station, recordOf(session, 1n, begin(0n), end(6n)));
    expect([answer.status, codeOf(answer)]).to.deep.equal([409, "RECORD_CONFLICT"]);
    expect(await stateOf(session)).to.deep.include({
      state: "disputed",
      dispute: { reason: "RECORD_CONFLICT", isFinal: true },
    });
  });

  it("disputes a session whose register begins below an earlier end of the same meter", async function () {
    const [first, second] = [await open(), await open()];
    await send(recordOf(first, 1n, begin(0n), end(5n)));
    expect(await send(recordOf(second, 2n, begin(4n), end(9n)))).to.deep.include({ sessionState: "disputed" });
    expect(await stateOf(second)).to.deep.include({ dispute: { reason: "REGISTER_OUT_OF_ORDER", isFinal: true } });
  });

  it("disputes a session that arrives late and ends above the begin of a later one", async function () {
    const [first, second] = [await open(), await open()];
    await send(recordOf(second, 2n, begin(5n), end(9n)));
    expect(await send(recordOf(first, 1n, begin(0n), end(6n)))).to.deep.include({ sessionState: "disputed" });
    expect(await stateOf(second)).to.deep.include({ state: "completed" });
  });

  it("takes sessions of one meter in whatever order they arrive", async function () {
    const [first, second] = [await open(), await open()];
    expect(await send(recordOf(second, 2n, begin(5n), end(9n)))).to.deep.include({ sessionState: "completed" });
    expect(await send(recordOf(first, 1n, begin(0n), end(5n)))).to.deep.include({ sessionState: "completed" });
  });

  it("disputes a gap in the pagination until the missing record arrives", async function () {
    const session = await open();
    await send(recordOf(session, 1n, begin(0n)));
    expect(await send(recordOf(session, 3n, end(5n)))).to.deep.include({ sessionState: "disputed", energyWh: null });
    expect(await stateOf(session)).to.deep.include({
      dispute: { reason: "OCMF_SESSION_PAGINATION_GAP", isFinal: false },
    });
    const between = { transaction: "C", registerMicroWh: 2_000_000n, epochSeconds: 1_700_000_300 };
    expect(await send(recordOf(session, 2n, between))).to.deep.include({ sessionState: "completed", energyWh: "5" });
    expect(await stateOf(session)).to.deep.include({ state: "completed", dispute: null });
  });

  it("lets a record with begin and end decide over a gap, and disputes what contradicts it", async function () {
    const [session, other] = [await open(), await open()];
    await send(recordOf(session, 1n, begin(0n)));
    expect(await send(recordOf(session, 3n, begin(0n), end(5n)))).to.deep.include({ sessionState: "completed" });
    await send(recordOf(other, 4n, begin(5n)));
    expect(await send(recordOf(other, 6n, begin(6n), end(7n)))).to.deep.include({ sessionState: "disputed" });
    expect(await stateOf(other)).to.deep.include({ dispute: { reason: "EVIDENCE_CONTRADICTORY", isFinal: true } });
  });

  it("answers the same record the same way, however it is wrapped, and changes nothing", async function () {
    const session = await open();
    const record = recordOf(session, 1n, begin(0n), end(5n));
    const answer = await send(record);
    const wrapped = JSON.stringify({ record: Buffer.from(record).toString("base64"), encoding: "base64" });
    const again = await post(running.service.url, station, wrapped, { "content-type": "application/json" });
    expect(again).to.deep.equal({ status: 200, body: { ...asObject(answer), duplicate: true } });
    expect((await running.service.store.listRecords(session.sessionId)).length).to.equal(1);
  });

  it("lets concurrent records of one meter count once each", async function () {
    const opened: OpenedSession[] = [];
    for (let count = 0; count < 6; count += 1) opened.push(await open());
    const records = opened.map((session, index) =>
      recordOf(session, BigInt(index + 1), begin(BigInt(index)), end(BigInt(index + 1))),
    );
    const answers = await Promise.all([...records, ...records].map((record) => send(record)));
    const duplicates = answers.filter((answer) => asObject(answer)["duplicate"] === true);
    expect(duplicates.length).to.equal(records.length);
    for (const session of opened) expect(await stateOf(session)).to.deep.include({ state: "completed" });
  });

  for (const [synchronisation, chargingSeconds] of [
    ["S", 600],
    ["R", 600],
    ["I", 600],
    ["U", 0],
  ] as const) {
    it(`counts ${chargingSeconds} of 600 seconds where the meter's clock is in state ${synchronisation}`, async function () {
      const session = await open();
      await send(signed({ idTag: session.idTag, pagination: 1n, synchronisation, readings: [begin(0n), end(5n)] }));
      const cdr = await running.service.store.findCdr(session.sessionId);
      expect(cdr).to.deep.include({ chargingSeconds, connectedSeconds: chargingSeconds, isBoundToSession: true });
    });
  }

  async function open(): Promise<OpenedSession> {
    const session = await chain.openSession(point);
    await running.service.synchronise();
    return session;
  }

  async function send(record: string): Promise<unknown> {
    const answer: Answer = await post(running.service.url, station, record);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    return answer.body;
  }

  async function stateOf({ sessionId }: OpenedSession): Promise<unknown> {
    return asObject((await getAsOperator(running.service.url, `/v1/sessions/${sessionId}`)).body)["session"];
  }

  function recordOf({ idTag }: OpenedSession, pagination: bigint, ...readings: readonly SimulatedReading[]): string {
    return signed({ idTag, pagination, synchronisation: "S", readings });
  }

  function signed(content: {
    readonly idTag: string;
    readonly pagination: bigint;
    readonly synchronisation: "S" | "R" | "I" | "U";
    readonly readings: readonly SimulatedReading[];
  }): string {
    const { key, serial, evseId } = point.device;
    const { idTag: identification, ...rest } = content;
    return signRecord(key, payloadOf({ serial, evseId, identification, ...rest }));
  }
});

function begin(registerWh: bigint): SimulatedReading {
  return { transaction: "B", registerMicroWh: registerWh * 1_000_000n, epochSeconds: 1_700_000_000 };
}

function end(registerWh: bigint): SimulatedReading {
  return { transaction: "E", registerMicroWh: registerWh * 1_000_000n, epochSeconds: 1_700_000_600 };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
