import { expect } from "chai";
import { Wallet } from "ethers";

import { atEvse } from "../../../services/domain/tariff-scope.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import type { Tariff } from "../../../services/domain/tariff.ts";
import { sessionIdOf } from "../../../services/domain/terms.ts";
import type { OcppProtocol } from "../../../services/store/ocpp.ts";
import { connectCharger } from "../../helpers/charger.ts";
import { openChargingWorld, start16, stop16, values16, type ChargingWorld } from "../../helpers/charging-world.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { addStation, codeOf, get, operatorKey, post, type Answer } from "../../helpers/running-service.ts";
import {
  startServiceChain,
  testMaximumPowerW,
  testTariff,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";

const dear: Tariff = { ...testTariff, flatFeeMicro: 0n, priceNanoPerKwh: 520_000_000n };
const cheap: Tariff = { ...testTariff, flatFeeMicro: 0n, priceNanoPerKwh: 100_000_000n };
const [dearId, cheapId] = [tariffIdOf(dear), tariffIdOf(cheap)];
const graceSeconds = 300;

describe("Tariffs that a charger offers, and drivers who choose another", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let point: ChargingPoint;

  before(async function () {
    chain = await startServiceChain();
    for (const tariff of [dear, cheap]) await chain.publishTariff(tariff);
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    const relayer = Wallet.createRandom();
    await chain.request("hardhat_setBalance", [relayer.address, "0x3635c9adc5dea00000"]);
    world = await openChargingWorld(
      chain,
      {
        WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey,
        WATTPROOF_OPENINGS_PER_MINUTE: "6000",
        WATTPROOF_TARIFF_GRACE_SECONDS: String(graceSeconds),
      },
      (await chain.headSeconds()) * 1_000,
    );
    point = await chain.addChargingPoint();
  });
  afterEach(async function () {
    await world.close();
  });

  async function postTo(path: string, body: unknown, key: string | null = operatorKey): Promise<Answer> {
    const response = await fetch(`${world.service.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
  const assign = (tariffId: string, more: object = {}): Promise<Answer> =>
    postTo("/v1/tariff-assignments/assign", { tariffId, evses: [point.evse], ...more });
  const unassign = (tariffId: string): Promise<Answer> =>
    postTo("/v1/tariff-assignments/unassign", { tariffId, evses: [point.evse] });
  async function list(query = ""): Promise<unknown> {
    const headers = { authorization: `Bearer ${operatorKey}` };
    return (await fetch(`${world.service.url}/v1/tariff-assignments${query}`, { headers })).json();
  }
  async function offered(): Promise<readonly string[]> {
    const { body } = await get(world.service.url, `/v1/evses/${point.evse}/tariffs`);
    return (body as { readonly tariffs: readonly { readonly tariffId: string }[] }).tariffs.map(
      ({ tariffId }) => tariffId,
    );
  }
  async function connect(protocol: OcppProtocol) {
    await registerStation(world.service.store, "CS-1", { evses: [point.evse], tariffs: [] });
    return connectCharger(world.service.url, "CS-1", protocol);
  }
  async function alertsOf(alert: string): Promise<number> {
    const text = String((await get(world.service.url, "/metrics")).body);
    return Number(new RegExp(`^wattproof_alerts_total\\{alert="${alert}"\\} (\\d+)$`, "m").exec(text)?.[1]);
  }
  async function shown(session: OpenedSession): Promise<Readonly<Record<string, unknown>>> {
    return (await world.show(session)).session;
  }
  const startActions = ["RemoteStartTransaction", "RequestStartTransaction"];

  it("starts the assigned one over OCPP 1.6, 2.0.1 and 2.1, and the other nowhere", async function () {
    for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
      point = await chain.addChargingPoint();
      const charger = await connect(protocol);
      expect((await assign(dearId)).status).to.equal(200);
      const before = await alertsOf("tariff-not-assigned");
      const refused = await chain.openSession(point, { tariff: cheap });
      const served = await chain.openSession(point, { tariff: dear });
      await world.settle();
      await world.settle();
      const started = charger.taken.filter(({ action }) => startActions.includes(action));
      const tags = started.map(({ payload }) => payload["idTag"] ?? payload["idToken"]);
      expect(JSON.stringify(tags), protocol).to.contain(served.idTag).and.not.to.contain(refused.idTag);
      expect(await alertsOf("tariff-not-assigned")).to.equal(before + 1);
      expect(await shown(served)).to.deep.include({ state: "opened", notServed: null });
      expect(await shown(refused)).to.deep.include({ state: "unservable", reason: "TARIFF_NOT_ASSIGNED" });
      expect((await shown(refused))["notServed"]).to.deep.include({
        code: "TARIFF_NOT_ASSIGNED",
        holdReturnsAt: refused.terms.expiresAt,
      });
      // Whoever asks is told, since whoever opened it has no key of ours.
      const asStranger = await get(world.service.url, `/v1/sessions/${refused.sessionId}`);
      expect(asStranger.body, protocol).to.have.nested.property("session.notServed.code", "TARIFF_NOT_ASSIGNED");
      const word = async (idTag: string): Promise<unknown> => {
        const answer =
          protocol === "ocpp1.6"
            ? (await charger.call("Authorize", { idTag }))["idTagInfo"]
            : (await charger.call("Authorize", { idToken: { idToken: idTag, type: "Central" } }))["idTokenInfo"];
        return (answer as { readonly status: string }).status;
      };
      expect([await word(served.idTag), await word(refused.idTag)], protocol).to.deep.equal(["Accepted", "Blocked"]);
      await charger.close();
    }
  });

  it("refuses every opening at a charger without an assignment, and says so at the next start", async function () {
    const charger = await connect("ocpp1.6");
    expect(await offered()).to.deep.equal([]);
    const session = await chain.openSession(point, { tariff: dear });
    await world.settle();
    expect(charger.taken.map(({ action }) => action)).not.to.include("RemoteStartTransaction");
    expect(await shown(session)).to.deep.include({ state: "unservable", reason: "TARIFF_NOT_ASSIGNED" });
    expect(await list()).to.deep.include({ evsesWithoutTariff: [point.evse] });
    await charger.close();
    await world.restart();
    expect(await alertsOf("evse-without-tariff")).to.equal(1);
  });

  it("holds energy that flowed all the same, stops the charger, and settles nothing by itself", async function () {
    const charger = await connect("ocpp1.6");
    await assign(dearId);
    const session = await chain.openSession(point, { tariff: cheap });
    await world.settle();
    // The charger was offline, or does as it likes.
    const begin = { connectorId: 1, idTag: session.idTag, meterStart: 1_000, timestamp: world.at(0) };
    const { transactionId, idTagInfo } = await charger.call("StartTransaction", begin);
    expect(idTagInfo).to.deep.include({ status: "Blocked" });
    await values16(world, charger, { transactionId: Number(transactionId), atSeconds: 300, wh: 2_000 });
    await world.settle();
    expect(charger.taken.map(({ action }) => action)).to.include("RemoteStopTransaction");
    const { idTag } = session;
    const at = Math.floor(world.nowMs / 1_000);
    const steps = [
      { idTag, transaction: "B", energyMicroWh: 0n, epochSeconds: at },
      { idTag, transaction: "E", energyMicroWh: 2_000_000_000n, epochSeconds: at + 600 },
    ] as const;
    const records = steps.map((step) => point.device.step(step));
    for (const [index, record] of records.entries()) {
      const sampledValue = [{ value: record, format: "SignedData", context: "Sample.Periodic" }];
      const meterValue = [{ timestamp: world.at(301 + index), sampledValue }];
      await charger.call("MeterValues", { connectorId: 1, transactionId, meterValue });
    }
    await stop16(world, charger, { transactionId: Number(transactionId), atSeconds: 600, meterStop: 3_000 });
    await world.settle();
    const view = await world.show(session);
    expect(view.session).to.deep.include({ state: "held" });
    expect(view.session.assessment).to.deep.include({
      grade: "meter-signed-bound",
      energyWh: "2000",
      hold: "TARIFF_NOT_ASSIGNED",
    });
    expect([view.records.length, view.cdr]).to.deep.equal([2, null]);
    await charger.close();
  });

  it("holds what comes by HTTP in the same way", async function () {
    await assign(dearId);
    const station = await addStation(world.service.store, "CS-HTTP", [point.evse], []);
    const session = await chain.openSession(point, { tariff: cheap });
    await world.settle();
    const { idTag } = session;
    const at = Math.floor(world.nowMs / 1_000);
    const begin = point.device.step({ idTag, transaction: "B", energyMicroWh: 0n, epochSeconds: at });
    const end = point.device.step({ idTag, transaction: "E", energyMicroWh: 10n ** 9n, epochSeconds: at + 60 });
    expect((await post(world.service.url, station, begin)).body).to.deep.include({ sessionState: "unservable" });
    expect((await post(world.service.url, station, end)).body).to.deep.include({ sessionState: "held" });
    await world.settle();
    expect((await world.show(session)).session.assessment).to.deep.include({ hold: "TARIFF_NOT_ASSIGNED" });
  });

  it("leaves sessions as they were opened when the assignment changes, and signed openings some time", async function () {
    const charger = await connect("ocpp1.6");
    await assign(cheapId);
    const before = await chain.openSession(point, { tariff: cheap });
    await assign(dearId, { replace: true });
    const inTime = await chain.openSession(point, { tariff: cheap });
    const changedAt = await chain.headSeconds();
    await chain.request("evm_setNextBlockTimestamp", [`0x${(changedAt + graceSeconds * 2).toString(16)}`]);
    await chain.request("hardhat_mine", ["0x1"]);
    const late = await chain.openSession(point, { tariff: cheap });
    await world.settle();
    expect((await shown(before))["state"]).to.equal("opened");
    expect((await shown(inTime))["state"]).to.equal("opened");
    expect(await shown(late)).to.deep.include({ state: "unservable", reason: "TARIFF_NOT_ASSIGNED" });
    const transactionId = await start16(world, charger, { idTag: before.idTag });
    await world.settle();
    expect(transactionId).to.be.greaterThan(0);
    expect((await shown(before))["state"]).to.equal("charging");
    await charger.close();
  });

  it("judges a session that was opened before its charger was registered here", async function () {
    const session = await chain.openSession(point, { tariff: cheap });
    await world.settle();
    expect((await shown(session))["state"]).to.equal("opened");
    const charger = await connect("ocpp1.6");
    expect((await charger.call("Authorize", { idTag: session.idTag }))["idTagInfo"]).to.deep.include({
      status: "Blocked",
    });
    await world.settle();
    expect(charger.taken.map(({ action }) => action)).not.to.include("RemoteStartTransaction");
    expect(await shown(session)).to.deep.include({ state: "unservable", reason: "TARIFF_NOT_ASSIGNED" });
    expect(await alertsOf("tariff-not-assigned")).to.equal(1);
    await charger.close();
  });

  it("relays no opening at another price, whatever way it is paid, before anything is sent", async function () {
    await registerStation(world.service.store, "CS-1", { evses: [point.evse], tariffs: [] });
    await assign(dearId);
    const driver = Wallet.createRandom();
    await chain.fundDriver(driver.address, 50_000_000n, 50_000_000n);
    const terms = {
      ...{ driver: driver.address, lane: 0, nonce: 0, operator: chain.operator, agreement: 0 },
      ...{ evse: point.evse, meter: point.meter, maximumPowerW: testMaximumPowerW },
      ...{ holdMicro: "5000000", expiresAt: (await chain.headSeconds()) + 3_600 },
    };
    const { chainId, contracts } = chain.deployment;
    const domain = { chainId, verifyingContract: contracts.chargingSettlement };
    const signed = (tariffId: string) => {
      const whole = { ...terms, holdMicro: BigInt(terms.holdMicro), tariffId };
      const signature = driver.signingKey.sign(sessionIdOf(whole, domain)).serialized;
      return { terms: { ...terms, tariffId }, signature };
    };
    const funding = { value: "5000000", deadline: terms.expiresAt };
    const authorization = { value: "5000000", validAfter: 0, validBefore: terms.expiresAt };
    const { signature } = signed(cheapId);
    const headBefore = await chain.request("eth_blockNumber");
    for (const body of [
      { kind: "signed-terms", ...signed(cheapId) },
      { kind: "permit-and-terms", ...signed(cheapId), permit: { ...funding, signature } },
      { kind: "transfer-authorization", ...signed(cheapId), authorization },
    ]) {
      const answer = await postTo("/v1/openings", body, null);
      expect([answer.status, codeOf(answer)], body.kind).to.deep.equal([422, "TARIFF_NOT_ASSIGNED"]);
    }
    expect(await chain.request("eth_blockNumber")).to.equal(headBefore);
    const opened = await postTo("/v1/openings", { kind: "signed-terms", ...signed(dearId) }, null);
    expect([opened.status, codeOf(opened)]).to.deep.equal([201, undefined]);
  });

  it("tells drivers what applies and nothing else, until it is retired", async function () {
    await registerStation(world.service.store, "CS-1", { evses: [point.evse], tariffs: [] });
    expect(await offered()).to.deep.equal([]);
    await assign(dearId);
    await assign(cheapId);
    expect(await offered()).to.deep.equal([dearId, cheapId]);
    await unassign(cheapId);
    expect(await offered()).to.deep.equal([dearId]);
    const { body } = await get(world.service.url, `/v1/evses/${point.evse}/tariffs`);
    expect(JSON.stringify(body)).to.contain('"priceNanoPerKwh":"520000000"');
    expect(codeOf(await get(world.service.url, "/v1/evses/4294967295/tariffs"))).to.equal("EVSE_UNREGISTERED");
    expect(codeOf(await get(world.service.url, "/v1/evses/0/tariffs"))).to.equal("QUERY_INVALID");
    const short = await chain.publishTariff({ ...dear, priceNanoPerKwh: 530_000_000n });
    await assign(short, { replace: true });
    await chain.retireTariff(short);
    expect(await offered()).to.deep.equal([]);
    expect(await list(`?evse=${point.evse}`)).to.have.nested.property("assignments[0].isOffered", false);
  });

  it("refuses to assign what cannot be, all or nothing, and does the same once", async function () {
    const codeFor = async (body: object, key: string | null = operatorKey) =>
      codeOf(await postTo("/v1/tariff-assignments/assign", body, key));
    const evses = [point.evse];
    expect(await codeFor({ tariffId: dearId, evses }, null)).to.equal("OPERATOR_UNAUTHENTICATED");
    expect(await codeFor({ tariffId: dearId, evses: [] })).to.equal("ENVELOPE_INVALID");
    expect(await codeFor({ tariffId: `0x${"ab".repeat(32)}`, evses })).to.equal("TARIFF_UNPUBLISHED");
    const foreign = await chain.publishTariff({ ...dear, priceNanoPerKwh: 1_000n }, 3);
    expect(await codeFor({ tariffId: foreign, evses })).to.equal("TARIFF_NOT_OFFERED");
    const retired = await chain.publishTariff({ ...dear, priceNanoPerKwh: 2_000n + BigInt(point.evse) });
    await chain.retireTariff(retired);
    expect(await codeFor({ tariffId: retired, evses })).to.equal("TARIFF_NOT_OFFERED");
    expect(await codeFor({ tariffId: dearId, evses: [...evses, 4_000_000_000] })).to.equal("EVSE_UNREGISTERED");
    const others = await chain.addEvse(`DE*ELS*E${point.evse}`, 3);
    const { operator } = chain;
    expect(await codeFor({ tariffId: dearId, evses: [...evses, others], operator })).to.equal(
      "EVSE_OF_ANOTHER_OPERATOR",
    );
    expect(await codeFor({ tariffId: dearId, evses: [...evses, others] })).to.equal("TARIFF_NOT_OFFERED");
    expect(await world.service.store.listAssignmentsIn(atEvse(point.evse))).to.deep.equal([]);

    const step = { ...atEvse(point.evse), tariffId: dearId, step: "assigned" };
    const planned = await assign(dearId, { dryRun: true, by: "Ada" });
    const done = await assign(dearId, { by: "Ada", operator });
    const again = await assign(dearId, { by: "Bob" });
    const now = { scopes: [{ ...atEvse(point.evse), tariffIds: [dearId] }], tariffId: dearId };
    expect(planned.body).to.deep.equal({ isDryRun: true, changes: [step], ...now });
    expect(done.body).to.deep.equal({ isDryRun: false, changes: [step], ...now });
    expect(again.body).to.deep.equal({ isDryRun: false, changes: [], ...now });
    const [kept] = await world.service.store.listAssignmentsIn(atEvse(point.evse));
    expect(kept).to.deep.include({ assignedBy: "Ada", endedBy: null, assignedAtMs: world.nowMs });
  });
});
