import { expect } from "chai";

import { openChargingRig, type ChargingRig, type RigOutcome } from "../../helpers/charging-rig.ts";

/** An event of OCPP 2.0.1 in the one transaction id that the station knows. */
interface Told {
  readonly type: "Started" | "Updated" | "Ended";
  readonly seqNo: number;
  /** When it is told, and the time that it carries where that is another one; both in seconds. */
  readonly at: number;
  readonly carries?: number;
  readonly wh: number;
  readonly idToken?: string;
}

const dayS = 86_400;

/*
 * A station of 2.x that numbers its transactions from its boot on uses an id again. Each session delivers what its own
 * messages say, whatever became of the earlier transaction with that id.
 */
describe("A transaction id that a station uses again", function () {
  let rig: ChargingRig;
  let beganMs: number;

  beforeEach(async function () {
    rig = await openChargingRig([11], 50_000);
    beganMs = rig.nowMs;
  });
  afterEach(async function () {
    await rig.close();
  });

  const until = (seconds: number): void => {
    rig.nowMs = Math.max(rig.nowMs, beganMs + seconds * 1_000);
  };
  async function tell({ type, seqNo, at, carries = at, wh, idToken }: Told): Promise<void> {
    until(at);
    const timestamp = new Date(beganMs + carries * 1_000).toISOString();
    await rig.tell(
      "TransactionEvent",
      {
        ...{ eventType: type, seqNo, timestamp, triggerReason: "MeterValuePeriodic" },
        ...{ transactionInfo: { transactionId: "1" }, evse: { id: 1, connectorId: 1 } },
        ...(idToken === undefined ? {} : { idToken: { idToken, type: "Central" } }),
        meterValue: [{ timestamp, sampledValue: [{ value: wh }] }],
      },
      "ocpp2.0.1",
    );
  }
  async function boot(seconds: number): Promise<void> {
    until(seconds);
    const chargingStation = { model: "M", vendorName: "V" };
    await rig.tell("BootNotification", { reason: "PowerUp", chargingStation }, "ocpp2.0.1");
  }
  async function outcomesAt(seconds: number, idTags: readonly string[]): Promise<readonly RigOutcome[]> {
    until(seconds);
    for (let rounds = 0; rounds < 3; rounds += 1) await rig.pursue();
    return Promise.all(idTags.map((idTag) => rig.outcomeOf(idTag)));
  }

  for (const hasBooted of [true, false]) {
    it(`is another one although the first never ended, ${hasBooted ? "after" : "without"} a boot`, async function () {
      const first = await rig.open(11);
      await tell({ type: "Started", seqNo: 0, at: 0, wh: 1_000, idToken: first });
      await tell({ type: "Updated", seqNo: 1, at: 60, wh: 1_300 });
      if (hasBooted) await boot(120);
      const second = await rig.open(11);
      await tell({ type: "Started", seqNo: 0, at: 300, wh: 1_400, idToken: second });
      await tell({ type: "Updated", seqNo: 1, at: 450, wh: 2_150 });
      // What waited of the first is still of the first.
      await tell({ type: "Updated", seqNo: 2, at: 500, carries: 100, wh: 1_400 });
      await tell({ type: "Ended", seqNo: 2, at: 600, wh: 2_900 });
      const [, delivered] = await outcomesAt(800, [first, second]);
      expect(delivered).to.include({ kind: "settled", energyWh: "1500" });
      const [given] = await outcomesAt(dayS, [first]);
      expect(given?.kind).to.equal("held");
      expect(given?.reasons).to.include("END_UNCOVERED");
    });
  }

  it("is another one although the first start is lost, too", async function () {
    const first = await rig.open(11);
    await tell({ type: "Updated", seqNo: 1, at: 0, wh: 1_000, idToken: first });
    const second = await rig.open(11);
    await tell({ type: "Started", seqNo: 0, at: 200, wh: 1_000, idToken: second });
    await tell({ type: "Ended", seqNo: 1, at: 500, wh: 2_500 });
    const [taken, delivered] = await outcomesAt(700, [first, second]);
    expect(taken?.kind).to.equal("waiting");
    expect(delivered).to.include({ kind: "settled", energyWh: "1500" });
  });

  it("is another one although the first presented nothing, and its start is lost", async function () {
    await tell({ type: "Updated", seqNo: 1, at: 0, wh: 700 });
    await boot(60);
    const idTag = await rig.open(11);
    await tell({ type: "Started", seqNo: 0, at: 200, wh: 1_000, idToken: idTag });
    await tell({ type: "Ended", seqNo: 1, at: 500, wh: 2_500 });
    const [outcome] = await outcomesAt(700, [idTag]);
    expect(outcome?.energyWh ?? "1500").to.equal("1500");
    expect(outcome?.kind).to.be.oneOf(["settled", "held"]);
  });

  it("is another one although its start presents nothing yet", async function () {
    const first = await rig.open(11);
    await tell({ type: "Started", seqNo: 0, at: 0, wh: 400, idToken: first });
    const second = await rig.open(11);
    await tell({ type: "Started", seqNo: 0, at: 200, wh: 1_000 });
    await tell({ type: "Updated", seqNo: 1, at: 300, wh: 1_500, idToken: second });
    await tell({ type: "Ended", seqNo: 2, at: 500, wh: 2_500 });
    const [, delivered] = await outcomesAt(700, [first, second]);
    expect(delivered).to.include({ kind: "settled", energyWh: "1500" });
  });

  it("is the same one where its start comes after its end", async function () {
    const idTag = await rig.open(11);
    await tell({ type: "Updated", seqNo: 1, at: 150, wh: 1_750, idToken: "DEADBEEF" });
    await tell({ type: "Ended", seqNo: 2, at: 300, wh: 2_500 });
    await tell({ type: "Started", seqNo: 0, at: 301, carries: 0, wh: 1_000, idToken: idTag });
    const [outcome] = await outcomesAt(500, [idTag]);
    expect(outcome).to.include({ kind: "settled", energyWh: "1500" });
  });

  it("is another one although the clock was set back", async function () {
    const first = await rig.open(11);
    await tell({ type: "Started", seqNo: 0, at: 100, wh: 1_000, idToken: first });
    await tell({ type: "Ended", seqNo: 1, at: 400, wh: 2_500 });
    await outcomesAt(600, [first]);
    await boot(620);
    const second = await rig.open(11);
    await tell({ type: "Started", seqNo: 0, at: 700, carries: 50, wh: 2_500, idToken: second });
    await tell({ type: "Updated", seqNo: 1, at: 850, carries: 200, wh: 3_250 });
    await tell({ type: "Ended", seqNo: 2, at: 1_000, carries: 350, wh: 4_000 });
    const outcomes = await outcomesAt(1_200, [first, second]);
    expect(outcomes.map(({ energyWh }) => energyWh)).to.deep.equal(["1500", "1500"]);
  });

  it("is the same one where the start is only sent again", async function () {
    const idTag = await rig.open(11);
    const start = { type: "Started", seqNo: 0, wh: 1_000, idToken: idTag, carries: 0 } as const;
    await tell({ ...start, at: 0 });
    await boot(20);
    await tell({ ...start, at: 30, idToken: idTag.toLowerCase() });
    await tell({ type: "Ended", seqNo: 1, at: 300, wh: 2_500 });
    const [outcome] = await outcomesAt(500, [idTag]);
    expect(outcome).to.include({ kind: "settled", energyWh: "1500" });
  });
});
