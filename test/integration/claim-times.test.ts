import { expect } from "chai";
import { pino } from "pino";

import type { ChainFaults } from "../helpers/faulty-chain.ts";
import { withFaults } from "../helpers/faulty-chain.ts";
import {
  addStation,
  codeOf,
  operatorKey,
  post,
  runService,
  type Answer,
  type RunningService,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { startService } from "../../services/index.ts";

const energyMicroWh = 3_000_000_000n;
const beginSeconds = 1_700_000_000;
const hourSeconds = 3_600;
/** The service's clock follows the chain's but for this. */
const behindSeconds = 15;

describe("The time at which a session settles", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let faults: ChainFaults;
  let clockMs: number;

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    faults = {};
    clockMs = (await chain.headSeconds()) * 1_000;
    running = await runService(chain, {}, options());
  });
  afterEach(async function () {
    await running.close();
  });

  const options = () => ({ now: () => clockMs, ...withFaults(faults) });

  /** Both clocks go on. */
  async function pass(seconds: number): Promise<void> {
    await chain.pass(seconds);
    clockMs = (await chain.headSeconds()) * 1_000;
  }

  async function openAndSign(
    point: ChargingPoint,
    chargingSeconds: number,
    options: Parameters<ServiceChain["openSession"]>[1] = {},
  ): Promise<OpenedSession> {
    const session = await chain.openSession(point, { chargedSeconds: 0, ...options });
    clockMs = (await chain.headSeconds()) * 1_000;
    await running.service.synchronise();
    const station = await addStation(running.service.store, `CS-${point.evse}`, [point.evse]);
    const record = point.device.record({
      ...{ idTag: session.idTag, energyMicroWh, beginSeconds },
      endSeconds: beginSeconds + chargingSeconds,
    });
    expect((await post(running.service.url, station, record)).status).to.equal(200);
    return session;
  }

  async function stateOf({ sessionId }: OpenedSession) {
    return (await running.service.store.findSession(sessionId))?.state ?? expect.fail("The service knows the session.");
  }

  async function chargedSeconds(session: OpenedSession): Promise<number | null> {
    const { closing } = await stateOf(session);
    return closing?.kind === "settled" ? closing.chargingSeconds : null;
  }

  async function metric(alert: string): Promise<number> {
    const text = await (await fetch(`${running.service.url}/metrics`)).text();
    const line = `wattproof_alerts_total{alert="${alert}"} `;
    return Number(
      text
        .split("\n")
        .find((candidate) => candidate.startsWith(line))
        ?.slice(line.length) ?? 0,
    );
  }

  async function resolve({ sessionId }: OpenedSession, as: string): Promise<Answer> {
    const response = await fetch(`${running.service.url}/v1/operator/session-resolutions`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
      body: JSON.stringify({ sessionId, as, reason: "a test", isDryRun: true }),
    });
    return { status: response.status, body: await response.json() };
  }

  it("waits, over a restart, until a charge that began before its opening fits the time since then", async function () {
    const session = await openAndSign(await chain.addChargingPoint(), hourSeconds);
    await running.service.synchronise();
    const waiting = await stateOf(session);
    expect(waiting).to.deep.include({ status: "completed", failedAttempts: 0 });
    const dueMs = waiting.nextTry.notBeforeMs ?? expect.fail("It waits.");
    expect(dueMs / 1_000).to.be.within(
      session.opening.openedAt + hourSeconds,
      session.opening.openedAt + hourSeconds + behindSeconds,
    );

    await running.service.close();
    const service = await startService(running.config, { log: pino({ level: "silent" }), ...options() });
    running = { ...running, service };
    await pass(hourSeconds - 60);
    await running.service.synchronise();
    expect((await stateOf(session)).status).to.equal("completed");
    await pass(120);
    await running.service.synchronise();
    expect([(await stateOf(session)).status, await chargedSeconds(session)]).to.deep.equal(["settled", hourSeconds]);
    expect(await metric("settlement-skipped")).to.equal(0);
  });

  it("waits until the EVSE can have delivered the energy since the opening", async function () {
    // 3 kWh at 1 kW.
    const session = await openAndSign(await chain.addChargingPoint("secp256r1", { maximumPowerW: 1_000 }), 60);
    await pass(2 * hourSeconds);
    await running.service.synchronise();
    expect((await stateOf(session)).status).to.equal("completed");
    await pass(hourSeconds);
    await running.service.synchronise();
    expect((await stateOf(session)).status).to.equal("settled");
  });

  it("leaves to the meter what oracles can never settle, and the contract charges its energy alone", async function () {
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    // Its clock was set while the car charged: from 1970 on it would be fifty years.
    const session = await openAndSign(point, 300_000_000);
    await pass(hourSeconds);
    for (let round = 0; round < 3; round += 1) await running.service.synchronise();
    expect([(await stateOf(session)).status, await chargedSeconds(session)]).to.deep.equal(["settled", 0]);
    expect((await stateOf(session)).closing).to.deep.include({ batch: null, energyMicroWh });
    expect(await metric("quorum-window-closed")).to.equal(1);
    expect(await metric("settlement-mismatch")).to.equal(0);
  });

  it("lets the meter wait for its times where they come before the expiry", async function () {
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const session = await openAndSign(point, 2 * hourSeconds);
    await running.service.synchronise();
    const { sequence, state } = (await running.service.store.findSession(session.sessionId)) ?? expect.fail("known");
    const nextTry = { lane: "meter", notBeforeMs: null, quorumLackingSinceMs: null } as const;
    const next = { ...state, nextTry };
    await running.service.store.commitStep({
      session: {
        change: { sessionId: session.sessionId, expectedSequence: sequence, events: [], next, atMs: clockMs },
        cdr: null,
        acts: [],
      },
    });
    await running.service.synchronise();
    expect((await stateOf(session)).status).to.equal("completed");
    await pass(2 * hourSeconds + 60);
    await running.service.synchronise();
    expect([(await stateOf(session)).status, await chargedSeconds(session)]).to.deep.equal([
      "settled",
      2 * hourSeconds,
    ]);
  });

  it("is over for oracles with the change delay, and an operator is told and decides", async function () {
    const session = await openAndSign(await chain.addChargingPoint(), 60);
    faults.estimateCall = () => () => Promise.resolve({ kind: "refused", detail: "for now" });
    await pass(hourSeconds);
    await running.service.synchronise();
    expect((await stateOf(session)).status).to.equal("batched");
    expect((await resolve(session, "quorum")).status).to.equal(200);

    delete faults.estimateCall;
    await pass(Number(await chain.contracts.oracleCommittee.changeDelaySeconds()));
    await running.service.synchronise();
    expect(await stateOf(session)).to.deep.include({ status: "skipped", reason: "CLAIM_WINDOW_CLOSED", batchId: null });
    expect(await metric("quorum-window-closed")).to.equal(1);
    const refused = await resolve(session, "quorum");
    expect([refused.status, codeOf(refused)]).to.deep.equal([409, "RESOLUTION_UNAVAILABLE"]);
    expect((await resolve(session, "expire")).status).to.equal(200);
  });
});
