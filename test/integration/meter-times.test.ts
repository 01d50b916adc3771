import { expect } from "chai";
import { Wallet } from "ethers";

import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf } from "../../services/domain/terms.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { codeOf, get, getAsOperator, operatorKey, runService, type Answer } from "../helpers/running-service.ts";
import {
  startServiceChain,
  testMaximumPowerW,
  testTariff,
  type ChargingPoint,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const timed = testTariff;
const untimed = { ...testTariff, priceNanoPerChargingHour: 0n, priceNanoPerConnectedHour: 0n, connectedFreeSeconds: 0 };

describe("Tariffs that count time, by meters whose time is approved or not", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let point: ChargingPoint;
  let running: Awaited<ReturnType<typeof runService>>;

  before(async function () {
    chain = await startServiceChain();
    await chain.publishTariff(untimed);
    point = await chain.addChargingPoint();
    // Empty: the setting's default.
    const relayer = Wallet.createRandom();
    await chain.request("hardhat_setBalance", [relayer.address, "0x3635c9adc5dea00000"]);
    const settings = { WATTPROOF_TIME_PRICES: "", WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey };
    running = await runService(chain, settings);
    await registerStation(running.service.store, "CS-1", { evses: [point.evse], tariffs: [] });
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function send(path: string, body: object, key: string = operatorKey): Promise<Answer> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const url = `${running.service.url}${path}`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }
  const assign = (tariff: typeof timed) =>
    send("/v1/tariff-assignments/assign", { tariffId: tariffIdOf(tariff), evses: [point.evse] });
  async function offered(): Promise<readonly string[]> {
    const { body } = await get(running.service.url, `/v1/evses/${point.evse}/tariffs`);
    const { tariffs } = body as { readonly tariffs: readonly { readonly tariffId: string }[] };
    return tariffs.map(({ tariffId }) => tariffId);
  }

  it("are refused at a meter whose time nobody approved, also in a plan, and one without time is taken", async function () {
    expect(codeOf(await assign(timed))).to.equal("TARIFF_TIME_UNAPPROVED");
    const always = { fromTime: "00:00", toTime: "00:00", weekdays: [], fromDate: null, toDate: null };
    const plan = { zone: "Europe/Berlin", windows: [{ tariffId: tariffIdOf(timed), ...always }] };
    const planned = await send("/v1/tariff-plans/assign", { plan, evses: [point.evse] });
    expect(codeOf(planned)).to.equal("TARIFF_TIME_UNAPPROVED");
    expect(await offered()).to.deep.equal([]);
    expect((await assign(untimed)).status).to.equal(200);
    expect(await offered()).to.deep.equal([tariffIdOf(untimed)]);
  });

  it("are taken once the operator has said on what the meter's time rests, and that is kept", async function () {
    const approval = { meter: point.meter, reference: "DE-19-M-PTB-0041, clock included" };
    expect(codeOf(await send("/v1/meter-times/approve", approval, "x".repeat(40)))).to.equal(
      "OPERATOR_UNAUTHENTICATED",
    );
    expect(codeOf(await send("/v1/meter-times/approve", { ...approval, meter: 4_000_000 }))).to.equal(
      "METER_UNREGISTERED",
    );
    expect(codeOf(await send("/v1/meter-times/approve", { ...approval, reference: " " }))).to.equal("ENVELOPE_INVALID");
    expect((await send("/v1/meter-times/approve", approval)).body).to.deep.include(approval);
    const { body } = await getAsOperator(running.service.url, "/v1/meter-times");
    expect(body).to.have.nested.property("approvals[0].reference", approval.reference);
    expect((await assign(timed)).status).to.equal(200);
    expect(await offered()).to.deep.equal([tariffIdOf(untimed), tariffIdOf(timed)]);
  });

  it("are no longer offered once that is taken back, and no opening at them is relayed", async function () {
    const withdraw = () => send("/v1/meter-times/withdraw", { meter: point.meter });
    expect((await withdraw()).body).to.deep.equal({ meter: point.meter, isWithdrawn: true });
    expect((await withdraw()).body).to.deep.equal({ meter: point.meter, isWithdrawn: false });
    expect(await offered()).to.deep.equal([tariffIdOf(untimed)]);
    const actions = await getAsOperator(running.service.url, `/v1/operator/actions?subject=meter%20${point.meter}`);
    expect(JSON.stringify(actions.body)).to.contain("meter-time-approved").and.to.contain("meter-time-withdrawn");
    const driver = Wallet.createRandom();
    await chain.fundDriver(driver.address, 50_000_000n, 0n);
    const { chainId, contracts } = chain.deployment;
    const terms = {
      ...{ driver: driver.address, lane: 0, nonce: 0, operator: chain.operator, agreement: 0 },
      ...{ evse: point.evse, meter: point.meter, maximumPowerW: testMaximumPowerW },
      ...{ tariffId: tariffIdOf(timed), holdMicro: 5_000_000n, expiresAt: (await chain.headSeconds()) + 3_600 },
    };
    const id = sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
    const { serialized: signature } = driver.signingKey.sign(id);
    const opening = { kind: "signed-terms", terms: { ...terms, holdMicro: "5000000" }, signature };
    expect(codeOf(await send("/v1/openings", opening))).to.equal("TARIFF_NOT_ASSIGNED");
  });
});
