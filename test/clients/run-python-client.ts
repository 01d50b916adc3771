/**
 * Starts a chain and a service, has the Python stations charge there, and checks that every session was settled on what
 * its meter signed. Exit 0: all were; 1: something differs.
 *
 * Usage: node test/clients/run-python-client.ts <python with the module websockets>
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

import { z } from "zod";

import { ocppProtocols, type OcppProtocol } from "../../services/store/ocpp.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { get, getAsOperator, runService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";

const program = fileURLToPath(new URL("ocpp_client.py", import.meta.url));
const patienceMs = 120_000;
const pauseMs = 100;
const chargingSeconds = 3_600;
const beginWh = 1_000;
const energyWh: Readonly<Record<OcppProtocol, number>> = { "ocpp1.6": 7_420, "ocpp2.0.1": 11_050, "ocpp2.1": 22_300 };

const toldSchema = z.array(
  z.looseObject({
    stationId: z.string(),
    boot: z.literal("Accepted"),
    asked: z.string(),
    authorized: z.literal("Accepted"),
    started: z.literal("Accepted"),
  }),
);
const receiptSchema = z.looseObject({
  energyWh: z.string(),
  chargingSeconds: z.number(),
  evidence: z.looseObject({ grade: z.string() }),
});

/** A station with a session that was opened for it, as the Python program takes it. */
async function prepareStation(chain: ServiceChain, protocol: OcppProtocol) {
  const point = await chain.addChargingPoint();
  const { sessionId, idTag } = await chain.openSession(point);
  const beginSeconds = Math.floor(Date.now() / 1_000) - chargingSeconds;
  const at = (seconds: number) => new Date((beginSeconds + seconds) * 1_000).toISOString();
  const energy = energyWh[protocol];
  const record = point.device.record({
    idTag,
    energyMicroWh: BigInt(energy) * 1_000_000n,
    beginSeconds,
    endSeconds: beginSeconds + chargingSeconds,
  });
  const stationId = `PY-${protocol}`;
  const key = randomBytes(20).toString("hex");
  const job = {
    ...{ stationId, key, protocol, evse: 1, idTag, record },
    ...{ begin: at(0), middle: at(chargingSeconds / 2), end: at(chargingSeconds) },
    ...{ beginWh, middleWh: beginWh + energy / 2, endWh: beginWh + energy },
  };
  return { job, sessionId, evse: point.evse };
}

async function runPython(python: string, job: object): Promise<unknown> {
  const child = spawn(python, ["-B", program], { stdio: ["pipe", "pipe", "inherit"], timeout: patienceMs * 2 });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.end(JSON.stringify(job));
  const [told, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}.`);
  return JSON.parse(told);
}

async function waitForReceipt(url: string, sessionId: string): Promise<unknown> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const { status, body } = await get(url, `/v1/receipts/${sessionId}`);
    if (status === 200) return body;
    await sleep(pauseMs);
  }
  throw new Error(
    `${sessionId} was not settled in time: ${JSON.stringify(await getAsOperator(url, `/v1/sessions/${sessionId}`))}`,
  );
}

/** @returns what differs; empty if nothing does */
async function play(python: string): Promise<readonly string[]> {
  const chain = await startServiceChain();
  const running = await runService(chain, { WATTPROOF_POLL_INTERVAL_MS: "100" });
  const { url, store } = running.service;
  const problems: string[] = [];
  try {
    const stations = [];
    for (const protocol of ocppProtocols) {
      const station = await prepareStation(chain, protocol);
      const { stationId, key } = station.job;
      await registerStation(store, stationId, { key, evses: [station.evse] });
      stations.push(station);
    }
    await running.service.synchronise();
    const jobs = stations.map(({ job }) => job);
    const job = { url: url.replace(/^http/, "ws"), timeoutSeconds: patienceMs / 1_000, stations: jobs };
    const told = toldSchema.parse(await runPython(python, job));
    for (const { job: asked, sessionId } of stations) {
      const { protocol, stationId, idTag } = asked;
      if (told.find((one) => one.stationId === stationId)?.asked !== idTag) {
        problems.push(`${protocol}: the station was asked to begin another session.`);
      }
      const receipt = receiptSchema.parse(await waitForReceipt(url, sessionId));
      const { grade } = receipt.evidence;
      const expected = String(energyWh[protocol]);
      if (receipt.energyWh !== expected || receipt.chargingSeconds !== chargingSeconds) {
        problems.push(`${protocol}: ${receipt.energyWh} Wh in ${receipt.chargingSeconds} s instead of ${expected} Wh.`);
      }
      if (grade !== "meter-signed-bound") problems.push(`${protocol}: settled as ${grade}.`);
      process.stdout.write(`${protocol}: ${receipt.energyWh} Wh settled as ${grade}\n`);
    }
  } finally {
    await running.close();
    await chain.close();
  }
  return problems;
}

async function main(): Promise<void> {
  const problems = await play(process.argv[2] ?? "python3");
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

// The test runner loads every file below test/.
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
