import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { pino } from "pino";

import type { Store } from "../../services/store/store.ts";
import { receiptSchema } from "../../services/receipts/receipt-schema.ts";
import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import { startService } from "../../services/index.ts";
import { addStation, codeOf, get, post, runService, type RunningService } from "../helpers/running-service.ts";
import { openLyingEndpoint, Refusal } from "../helpers/lying-endpoint.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };

describe("Serving sessions", function () {
  let chain: ServiceChain;
  let running: RunningService | undefined;

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  afterEach(async function () {
    await running?.close();
    running = undefined;
  });

  async function run(
    overrides: Readonly<Record<string, string>> = {},
    options: Parameters<typeof runService>[2] = {},
  ): Promise<RunningService> {
    running = await runService(chain, overrides, options);
    return running;
  }

  function recordFor(point: ChargingPoint, { idTag }: Pick<OpenedSession, "idTag">): string {
    return point.device.record({ idTag, energyMicroWh: 5_000_000n, ...times });
  }

  async function statusOf(store: Store, { sessionId }: OpenedSession): Promise<string | undefined> {
    return (await store.findSession(sessionId))?.state.status;
  }

  it("refuses to serve a session whose meter is at another EVSE, and says why", async function () {
    const { service } = await run();
    const [here, there] = [await chain.addChargingPoint(), await chain.addChargingPoint()];
    const session = await chain.openSession({ ...here, meter: there.meter });
    const station = await addStation(service.store, "CS-1", [here.evse]);
    await service.synchronise();
    expect((await service.store.findSession(session.sessionId))?.state).to.deep.include({
      status: "unservable",
      reason: "METER_AT_ANOTHER_EVSE",
    });
    const answer = await post(service.url, station, recordFor(there, session));
    expect([answer.status, codeOf(answer)]).to.deep.equal([409, "SESSION_UNSERVABLE"]);
  });

  it("takes nothing from a meter that was revoked, from the block of the revocation on", async function () {
    const { service } = await run();
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const session = await chain.openSession(point);
    const station = await addStation(service.store, "CS-1", [point.evse]);
    await service.synchronise();
    const [begin, end] = point.device.recordPair({ idTag: session.idTag, energyMicroWh: 1n, ...times });
    expect((await post(service.url, station, begin)).status).to.equal(200);

    const { meterRegistry } = chain.contracts;
    const data = meterRegistry.interface.encodeFunctionData("revokeMeter", [point.meter]);
    const to = chain.deployment.contracts.meterRegistry;
    await chain.request("eth_sendTransaction", [{ from: chain.operator, to, data }]);
    await service.synchronise();
    expect(codeOf(await post(service.url, station, end))).to.equal("METER_NOT_VALID");
    expect(await statusOf(service.store, session)).to.equal("charging");
  });

  it("counts an event only when it has the configured confirmations", async function () {
    const { service } = await run({ WATTPROOF_CONFIRMATIONS: "3" });
    const session = await chain.openSession(await chain.addChargingPoint(), { chargedSeconds: 0 });
    await service.synchronise();
    expect(await statusOf(service.store, session)).to.equal(undefined);
    await chain.request("evm_mine");
    await service.synchronise();
    expect(await statusOf(service.store, session)).to.equal(undefined);
    await chain.request("evm_mine");
    await service.synchronise();
    expect(await statusOf(service.store, session)).to.equal("opened");
  });

  it("reads many blocks in ranges", async function () {
    const { service } = await run({ WATTPROOF_BLOCK_RANGE: "2" });
    const session = await chain.openSession(await chain.addChargingPoint());
    await service.synchronise();
    expect(await statusOf(service.store, session)).to.equal("opened");
    expect((await service.store.readCursor())?.number).to.equal(
      await chain.contracts.erc20.runner?.provider?.getBlockNumber(),
    );
  });

  it("assigns a record without tag to the session that is named, only where the policy says so, and marks it", async function () {
    const { service } = await run({ WATTPROOF_UNBOUND_RECORDS: "accept" });
    const point = await chain.addChargingPoint("brainpoolP256r1");
    const [session, other] = [await chain.openSession(point), await chain.openSession(point)];
    const station = await addStation(service.store, "CS-1", [point.evse]);
    await service.synchronise();
    const record = recordFor(point, { idTag: "HRWWBX8" });
    const json = { "content-type": "application/json" };
    const sendFor = async ({ sessionId }: OpenedSession) =>
      post(service.url, station, JSON.stringify({ record, sessionId }), json);
    expect((await sendFor(session)).body).to.deep.include({ sessionState: "completed", energyWh: "5" });
    // The same record for another session is a replay, and proves nothing against that session.
    expect(codeOf(await sendFor(other))).to.equal("RECORD_REPLAYED");
    expect(await statusOf(service.store, other)).to.equal("opened");
    await service.synchronise();
    const receipt = (await get(service.url, `/v1/receipts/${session.sessionId}`)).body;
    expect(receipt).to.deep.include({ isBoundToSession: false });
    expect(receiptSchema.safeParse(receipt).error).to.equal(undefined);
  });

  it("judges after a start what was kept before a crash and not judged", async function () {
    const first = await run();
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    await addStation(first.service.store, "CS-1", [point.evse]);
    await first.service.synchronise();
    await first.service.close();
    const store = openSqliteStore(first.dataPath);
    const bytes = new Uint8Array(Buffer.from(recordFor(point, session)));
    await store.putMessage({
      messageId: "kept",
      source: { kind: "http", stationId: "CS-1", body: bytes, mediaType: "text/plain" },
      record: bytes,
      sessionReference: null,
      receivedAtMs: Date.now(),
    });
    await store.close();

    const second = await startService(first.config, { log: pino({ level: "silent" }) });
    for (let looks = 0; looks < 1_000 && (await second.store.listPendingMessages(1)).length > 0; looks += 1) {
      await sleep(10);
    }
    await second.synchronise();
    expect(await statusOf(second.store, session)).to.equal("settled");
    await second.close();
  });

  it("writes exactly one line for each message, without key or record", async function () {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
    const { service } = await run({}, { log });
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    const station = await addStation(service.store, "CS-1", [point.evse]);
    await service.synchronise();
    lines.length = 0;
    const record = recordFor(point, session);
    const answers = [await post(service.url, station, record), await post(service.url, station, record)];
    answers.push(
      await post(service.url, station, "Hello"),
      await post(service.url, { ...station, apiKey: "x" }, record),
    );
    const requests = lines.map((line): unknown => JSON.parse(line)).filter(isRequestLine);
    expect(requests.map(({ outcome, code }) => [outcome, code])).to.deep.equal([
      ["accepted", undefined],
      ["duplicate", undefined],
      ["refused", "OCMF_HEADER_INVALID"],
      ["refused", "STATION_UNAUTHENTICATED"],
    ]);
    expect(requests[0]).to.include({ stationId: "CS-1", sessionId: session.sessionId, status: 200 });
    expect(lines.join("")).to.not.include(station.apiKey).and.not.include("OCMF|");
  });

  it("is not ready while its account is no oracle", async function () {
    const stranger = `0x${"42".repeat(32)}`;
    const { service } = await run({ WATTPROOF_ORACLE_PRIVATE_KEY: stranger });
    const answer = await get(service.url, "/v1/ready");
    expect([answer.status, codeOf(answer)]).to.deep.equal([503, "SERVICE_NOT_READY"]);
    expect((await get(service.url, "/v1/health")).status).to.equal(200);
  });

  it("does not start on a data folder that another service works on, nor on another chain", async function () {
    const { config, dataPath } = await run();
    const silent = { log: pino({ level: "silent" }) };
    const codeFrom = async (work: Promise<unknown>): Promise<unknown> =>
      work.catch((error: unknown) => (error instanceof Error && "code" in error ? error.code : error));
    expect(await codeFrom(startService(config, silent))).to.equal("STORE_UNAVAILABLE");
    expect(await codeFrom(startService({ ...config, deploymentPath: "missing.json" }, silent))).to.equal(
      "DEPLOYMENT_INVALID",
    );
    const elsewhere = join(dataPath, "deployment.json");
    await writeFile(elsewhere, JSON.stringify({ ...chain.deployment, chainId: 1 }));
    expect(await codeFrom(startService({ ...config, deploymentPath: elsewhere }, silent))).to.equal("CHAIN_MISMATCH");
  });

  it("does not begin on a chain that lacks an instruction which the contracts use", async function () {
    const { config, service } = await run();
    await service.close();
    const endpoint = await openLyingEndpoint(chain.rpcUrl);
    endpoint.lies["eth_call"] = (truth, [call]) => {
      // Creation code with CLZ, as the service tries it.
      if ((call as { readonly data: string }).data === "0x60011e5f5260205ff3") throw new Refusal("invalid opcode: CLZ");
      return truth;
    };
    const silent = { log: pino({ level: "silent" }) };
    const onEndpoint = startService({ ...config, rpcUrl: endpoint.url }, silent);
    expect(await onEndpoint.catch((error: unknown) => error)).to.have.property("code", "CHAIN_UNSUITABLE");
    await endpoint.close();
  });

  it("gives the data folder back where the start ends after it was opened", async function () {
    const { config, service } = await run();
    await service.close();
    const { oracleKey } = config;
    if (oracleKey.kind !== "private-key") throw new TypeError("The tests give the key itself.");
    const silent = { log: pino({ level: "silent" }) };
    const asRelayer = { ...config, relayerKey: oracleKey };
    const failure: unknown = await startService(asRelayer, silent).catch((error: unknown) => error);
    expect(failure).to.have.property("code", "CONFIGURATION_INVALID");
    const again = await startService(config, silent);
    await again.close();
  });

  it("ends with 2 and a clear message when it is started with a bad configuration", async function () {
    const entry = fileURLToPath(new URL("../../services/index.ts", import.meta.url));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry], {
      env: { PATH: process.env["PATH"] ?? "", WATTPROOF_PORT: "eighty" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let message = "";
    child.stderr.on("data", (chunk: Buffer) => (message += chunk.toString()));
    await once(child, "close");
    expect(child.exitCode).to.equal(2);
    expect(message).to.match(/^CONFIGURATION_INVALID: .*WATTPROOF_PORT/);
  });
});

function isRequestLine(
  line: unknown,
): line is { readonly msg: "request"; readonly outcome: string; readonly code?: string } {
  return typeof line === "object" && line !== null && "msg" in line && line.msg === "request";
}
