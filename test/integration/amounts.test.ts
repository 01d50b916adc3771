import { expect } from "chai";

import { priceOf } from "../../services/domain/tariff.ts";
import { addStation, get, getAsOperator, post, runService, type RunningService } from "../helpers/running-service.ts";
import { withFaults, type ChainFaults } from "../helpers/faulty-chain.ts";
import {
  depositMicro,
  startServiceChain,
  testMaximumPowerW,
  testTariff,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const energyMicroWh = 10_000_000_000n;
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 0);
const smallHoldMicro = 1_000_000n;

describe("Amounts that change while a session is open or after it was settled", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let faults: ChainFaults;

  before(async function () {
    chain = await startServiceChain({ rules: { epochLimitMicro: 2n * grossMicro } });
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    point = await chain.addChargingPoint();
    faults = {};
    running = await runService(chain, {}, withFaults(faults));
  });
  afterEach(async function () {
    await running.close();
  });

  it("charges of a hold that was raised before the record came", async function () {
    const session = await openSession(smallHoldMicro);
    await chain.topUp(session, 0n, 2_000_000n);
    await chain.topUp(session, 2_000_000n, 20_000_000n);
    await complete(session);
    await running.service.synchronise();
    await expectSettled(session, 22_000_000n);
  });

  it("charges of a hold that was raised after the record came", async function () {
    const session = await openSession(smallHoldMicro);
    await complete(session);
    await chain.topUp(session, 0n, 20_000_000n);
    await running.service.synchronise();
    await expectSettled(session, 20_000_000n);
  });

  it("settles again with the right hold when it was raised while the batch was on its way", async function () {
    const session = await openSession(smallHoldMicro);
    await complete(session);
    faults.broadcast = () => () => Promise.resolve({ kind: "taken", detail: "" });
    await running.service.synchronise();
    delete faults.broadcast;
    await chain.topUp(session, 0n, 20_000_000n);
    for (let rounds = 0; rounds < 3; rounds += 1) await running.service.synchronise();
    await expectSettled(session, 20_000_000n);
    const { chargingSettlement } = chain.contracts;
    const skipped = await chargingSettlement.queryFilter(chargingSettlement.filters.SettlementSkipped());
    expect(skipped.map(({ args }) => args.reason)).to.deep.equal([2n]);
  });

  it("forgets a raise that the chain undid", async function () {
    const session = await openSession(smallHoldMicro);
    const snapshot = await chain.request("evm_snapshot");
    await chain.topUp(session, 0n, 20_000_000n);
    await running.service.synchronise();
    expect(await viewOf(session)).to.deep.include({ toppedUpMicro: "20000000" });
    await chain.request("evm_revert", [snapshot]);
    for (let blocks = 0; blocks < 3; blocks += 1) await chain.request("evm_mine");
    await complete(session);
    await running.service.synchronise();
    expect(await viewOf(session)).to.deep.include({ toppedUpMicro: "0", state: "settled" });
    expect(await chain.readFree(session)).to.equal(depositMicro - smallHoldMicro);
  });

  it("shows what the operator gave back", async function () {
    const session = await openSession();
    await complete(session);
    await running.service.synchronise();
    await chain.request("evm_increaseTime", [3 * 86_400]);
    const { chargingSettlement } = chain.contracts;
    const data = chargingSettlement.interface.encodeFunctionData("refund", [session.terms, 250_000n]);
    const to = await chargingSettlement.getAddress();
    await chain.request("eth_sendTransaction", [{ from: chain.operator, to, data }]);
    await chain.request("eth_sendTransaction", [{ from: chain.operator, to, data }]);
    await running.service.synchronise();
    expect(await viewOf(session)).to.deep.include({ state: "settled", refundedMicro: "500000" });
  });

  it("waits for the next epoch when the operator has been credited with all that oracles may credit", async function () {
    const sessions = [await openSession(), await openSession(), await openSession()];
    for (const session of sessions) await complete(session);
    await running.service.synchronise();
    await running.service.synchronise();
    const states = await Promise.all(sessions.map(async (session) => (await viewOf(session))["state"]));
    expect(states.sort()).to.deep.equal(["completed", "settled", "settled"]);
    expect((await get(running.service.url, "/metrics")).body).to.include(
      'wattproof_alerts_total{alert="epoch-limit"} 1',
    );
  });

  it("does not serve a session whose terms name another maximum power than the EVSE has", async function () {
    const { meterRegistry } = chain.contracts;
    const data = meterRegistry.interface.encodeFunctionData("changeMaximumPower", [point.evse, testMaximumPowerW - 1]);
    const to = await meterRegistry.getAddress();
    const before = await openSession();
    await running.service.synchronise();
    await chain.request("eth_sendTransaction", [{ from: chain.operator, to, data }]);
    const after = await openSession();
    expect(await viewOf(before)).to.deep.include({ state: "opened" });
    expect(await viewOf(after)).to.deep.include({ state: "unservable", reason: "MAXIMUM_POWER_DIFFERS" });
  });

  async function openSession(holdMicro = 20_000_000n): Promise<OpenedSession> {
    const session = await chain.openSession(point, { holdMicro });
    await running.service.synchronise();
    return session;
  }

  async function complete({ idTag }: OpenedSession): Promise<void> {
    const { service } = running;
    const station = await addStation(service.store, "CS-1", [point.evse]);
    const answer = await post(service.url, station, point.device.record({ idTag, energyMicroWh, ...times }));
    expect(answer.body).to.deep.include({ sessionState: "completed" });
  }

  async function viewOf({ sessionId }: OpenedSession): Promise<Readonly<Record<string, unknown>>> {
    const { body } = await getAsOperator(running.service.url, `/v1/sessions/${sessionId}`);
    return (body as { readonly session: Readonly<Record<string, unknown>> }).session;
  }

  async function expectSettled(session: OpenedSession, toppedUpMicro: bigint): Promise<void> {
    const heldMicro = session.terms.holdMicro + toppedUpMicro;
    const receipt = await get(running.service.url, `/v1/receipts/${session.sessionId}`);
    expect(receipt.body).to.deep.include({
      toppedUpMicro: toppedUpMicro.toString(),
      chargedMicro: grossMicro.toString(),
      returnedMicro: (heldMicro - grossMicro).toString(),
    });
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
  }
});
