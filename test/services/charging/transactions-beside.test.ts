import { expect } from "chai";

import { openChargingRig, type ChargingRig } from "../../helpers/charging-rig.ts";

const hourMs = 3_600_000;

describe("Transactions beside a session", function () {
  let rig: ChargingRig;
  let beganAtMs: number;
  let idTag: string;

  beforeEach(async function () {
    rig = await openChargingRig([7, 8], 50_000);
    idTag = await rig.open(7);
    rig.nowMs += 10_000;
    beganAtMs = rig.nowMs;
  });
  afterEach(async function () {
    await rig.close();
  });

  const at = (seconds: number): string => new Date(beganAtMs + seconds * 1_000).toISOString();
  const until = (seconds: number): void => {
    rig.nowMs = Math.max(rig.nowMs, beganAtMs + seconds * 1_000);
  };
  async function start(tag: string, meterStart: number, seconds: number): Promise<number> {
    until(seconds);
    return rig.tell("StartTransaction", { connectorId: 1, idTag: tag, meterStart, timestamp: at(seconds) });
  }
  async function stop(transactionId: number, meterStop: number, seconds: number): Promise<void> {
    until(seconds);
    await rig.tell("StopTransaction", { transactionId, meterStop, timestamp: at(seconds) });
  }
  async function waitAndPursue(ms: number): Promise<void> {
    rig.nowMs += ms;
    await rig.pursue();
  }

  /** The session charges 1,500 Wh in 300 s, and its stop is lost. */
  async function chargeWithoutStop(): Promise<void> {
    const transactionId = await start(idTag, 1_000, 0);
    for (const seconds of [60, 120, 180, 240, 300]) {
      until(seconds);
      const meterValue = [{ timestamp: at(seconds), sampledValue: [{ value: String(1_000 + 5 * seconds) }] }];
      await rig.tell("MeterValues", { connectorId: 1, transactionId, meterValue });
    }
    await rig.tell("StatusNotification", {
      ...{ connectorId: 1, errorCode: "NoError", status: "Available", timestamp: at(300) },
    });
  }

  it("say nothing about a session whose stop is lost, if they began after the sign that it was over", async function () {
    await chargeWithoutStop();
    const other = await start("SOMEBODY", 2_500, 1_500);
    await stop(other, 5_960, 3_000);
    await waitAndPursue(8 * hourMs);
    await waitAndPursue(hourMs);
    expect(await rig.outcomeOf(idTag)).to.deep.include({ kind: "settled", energyWh: "1500" });
  });

  it("hold a session whose stop is lost, if they began before that sign", async function () {
    await start("SOMEBODY", 1_000, 0);
    await chargeWithoutStop();
    await waitAndPursue(8 * hourMs);
    await waitAndPursue(hourMs);
    const { kind, reasons } = await rig.outcomeOf(idTag);
    expect([kind, reasons.length > 0]).to.deep.equal(["held", true]);
  });

  it("hold no session by a start of its own that ends in the same second at the same register", async function () {
    const transactionId = await start(idTag, 1_000, 0);
    const second = await start(idTag, 1_000, 20);
    await stop(second, 1_000, 20);
    await stop(transactionId, 2_500, 300);
    await waitAndPursue(120_000);
    await waitAndPursue(120_000);
    expect(await rig.outcomeOf(idTag)).to.deep.include({ kind: "settled", energyWh: "1500" });
  });

  it("hold a session by a start of its own that ends in the same second at another register", async function () {
    const transactionId = await start(idTag, 1_000, 0);
    const second = await start(idTag, 1_000, 20);
    await stop(second, 1_400, 20);
    await stop(transactionId, 2_500, 300);
    await waitAndPursue(120_000);
    await waitAndPursue(120_000);
    expect((await rig.outcomeOf(idTag)).kind).to.be.oneOf(["held", "disputed"]);
  });
});
