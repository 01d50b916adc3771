import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { registerStation, stationKey } from "../helpers/ocpp-service.ts";
import { get, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";
import { runScript } from "../scripts/run-script.ts";

const chargeSeconds = 4;
const powerW = 11_000;
const stationId = "CS-EXAMPLE";
const waitMs = 60_000;
const lookMs = 100;

describe("The example charger of the documentation", function () {
  this.timeout(180_000);
  let chain: ServiceChain;
  let running: RunningService;
  let folder: string;
  let charger: ChildProcess | undefined;
  let said: string;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-charger-"));
    running = await runService(chain, { WATTPROOF_POLL_INTERVAL_MS: "200", WATTPROOF_SESSION_START_RETRY_MS: "1000" });
  });
  afterEach(async function () {
    await powerOff();
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  });
  after(async function () {
    await chain.close();
  });

  function powerOn(version: string): void {
    const address = `${running.service.url.replace(/^http/u, "ws")}/ocpp`;
    const words = ["docs/examples/charger.mjs", address, stationId, version, join(folder, "state.json")];
    const environment = {
      ...{ STATION_KEY: stationKey, METER_KEY: join(folder, "meter.pem") },
      ...{ CHARGE_SECONDS: String(chargeSeconds), POWER_W: String(powerW) },
    };
    said = "";
    charger = spawn(process.execPath, words, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const note = (chunk: Buffer): void => void (said += chunk.toString());
    charger.stdout?.on("data", note);
    charger.stderr?.on("data", note);
  }

  /** Nothing in the program runs when it gets the signal, as with a loss of power. */
  async function powerOff(): Promise<void> {
    const off = charger;
    charger = undefined;
    if (off === undefined || off.exitCode !== null) return;
    const exited = new Promise((resolve) => off.once("exit", resolve));
    off.kill("SIGTERM");
    await exited;
  }

  async function until<Found>(what: string, look: () => Promise<Found | null> | Found | null): Promise<Found> {
    const deadlineMs = performance.now() + waitMs;
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (performance.now() > deadlineMs) expect.fail(`${what}:\n${said}`);
      await sleep(lookMs);
    }
  }

  async function openSession(): Promise<string> {
    const point = await chain.addChargingPoint();
    writeFileSync(join(folder, "meter.pem"), point.device.key.privateKey.export({ format: "pem", type: "pkcs8" }));
    const { sessionId } = await chain.openSession(point);
    await registerStation(running.service.store, stationId, { evses: [point.evse] });
    return sessionId;
  }

  /** The receipt's energy and grade, once there is one. */
  async function settledOf(sessionId: string): Promise<{ readonly energyWh: number; readonly grade: unknown }> {
    const receipt = await until("no receipt", async () => {
      const { status, body } = await get(running.service.url, `/v1/receipts/${sessionId}`);
      return status === 200
        ? (body as { readonly energyWh: string; readonly evidence: { readonly grade: string } })
        : null;
    });
    return { energyWh: Number(receipt.energyWh), grade: receipt.evidence.grade };
  }

  /** What the command finds in what the charger has sent. */
  async function check(): Promise<
    readonly { readonly check: string; readonly verdict: string; readonly detail: string }[]
  > {
    const run = await runScript("wattproof", ["station", "check", stationId, "--data", running.dataPath, "--json"]);
    const { lines } = JSON.parse(run.stdout) as { readonly lines: Awaited<ReturnType<typeof check>> };
    expect(run.code, run.stdout + run.stderr).to.equal(lines.some(({ verdict }) => verdict === "fails") ? 1 : 0);
    return lines;
  }

  const wholeWh = (chargeSeconds * powerW) / 3_600;

  for (const version of ["1.6", "2.0.1", "2.1"]) {
    it(`charges over OCPP ${version} and is paid for what its meter signed`, async function () {
      const sessionId = await openSession();
      powerOn(version);
      const { energyWh, grade } = await settledOf(sessionId);
      expect(grade, said).to.equal("meter-signed-bound");
      expect(energyWh, said).to.be.within(wholeWh / 2, wholeWh * 1.5);
      const isNumbered = version !== "1.6";
      expect((await check()).filter(({ verdict }) => verdict !== "holds").map(({ check: name }) => name)).to.deep.equal(
        isNumbered ? [] : ["numbers-events"],
      );
    });
  }

  for (const version of ["1.6", "2.0.1"]) {
    it(`loses its power while it charges over OCPP ${version}, and is paid for what had flowed`, async function () {
      const sessionId = await openSession();
      powerOn(version);
      await until("no charging", () => (said.includes("Charging begins") ? true : null));
      await sleep(1_500);
      await powerOff();
      powerOn(version);
      const { energyWh, grade } = await settledOf(sessionId);
      expect(grade, said).to.equal("meter-signed-bound");
      expect(energyWh).to.be.within(wholeWh / 4, wholeWh - 1);
    });
  }

  it("says so while the service refuses it, and charges once it is registered", async function () {
    const sessionId = await openSession();
    await running.service.store.replaceStationKeys(stationId, "00".repeat(32), 1);
    powerOn("2.0.1");
    await until("no refusal", () => (said.includes("refuses the station") ? true : null));
    await registerStation(running.service.store, stationId, {
      evses: (await running.service.store.findOcppStation(stationId))?.evses ?? [],
    });
    expect((await settledOf(sessionId)).grade, said).to.equal("meter-signed-bound");
  });
});
