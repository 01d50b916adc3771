import { expect } from "chai";

import { priceOf } from "../../../services/domain/tariff.ts";
import { findObstacleAtEvse } from "../../../services/charging/evse-availability.ts";
import { verifyReceipt } from "../../../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { addStation, get } from "../../helpers/running-service.ts";
import {
  openChargingWorld,
  openPlace,
  start16,
  stop16,
  values16,
  type ChargingWorld,
} from "../../helpers/charging-world.ts";
import { depositMicro, startServiceChain, testTariff, type ServiceChain } from "../../helpers/service-chain.ts";
import { localPresence } from "../../helpers/local-presence.ts";

interface Receipt {
  readonly evidence: { readonly consent: { readonly capMicro: string; readonly signature: string } };
}

describe("Holds that run out, sessions that do not begin, and energy that nobody signed", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function putConsent(sessionId: string, body: unknown) {
    const url = `${world.service.url}/v1/sessions/${sessionId}/unsigned-energy-consent`;
    const response = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
    const answer = (await response.json()) as { readonly error?: { readonly code: string } };
    return { status: response.status, code: answer.error?.code, answer };
  }

  /** What of a receipt does not simply hold. */
  async function checksOf(receipt: Receipt): Promise<Record<string, string>> {
    const { checks } = await verifyReceipt(receipt, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    const notable = checks.filter(({ outcome }) => outcome !== "holds");
    return Object.fromEntries(notable.map(({ name, outcome }) => [name, outcome]));
  }

  it("stops the charger at 95 % of what the hold can pay, and again until it stops", async function () {
    const { grossMicro } = priceOf(testTariff, 1_500_000_000n, 120, 0);
    const place = await openPlace(chain, world, { holdMicro: (grossMicro * 10_000n) / 9_500n });
    const charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    const transactionId = await start16(world, charger, { idTag: place.session.idTag });
    await values16(world, charger, { transactionId, atSeconds: 100, wh: 2_400 });
    await world.settle();
    expect(charger.taken).to.deep.equal([]);

    await values16(world, charger, { transactionId, atSeconds: 120, wh: 2_500 });
    await world.settle();
    const stop = { action: "RemoteStopTransaction", payload: { transactionId } };
    expect(charger.taken).to.deep.equal([stop]);
    await world.settle();
    expect(charger.taken).to.have.length(1);
    world.nowMs += 15_000;
    charger.answers = () => ({ status: "Accepted" });
    await world.settle();
    expect(charger.taken).to.deep.equal([stop, stop]);

    await charger.call("StopTransaction", { transactionId, meterStop: 2_510, timestamp: world.at(-14) });
    world.nowMs += 600_000;
    await world.settle();
    expect(charger.taken).to.have.length(2);
  });

  it("has the charger stop when its driver wants it", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    const stop = async () => {
      const url = `${world.service.url}/v1/sessions/${session.sessionId}/stop`;
      const body = JSON.stringify({ signature: await chain.signStop(session) });
      return (await fetch(url, { method: "POST", body })).status;
    };
    expect(await stop()).to.equal(409);
    const transactionId = await start16(world, charger, { idTag: session.idTag });
    await world.service.ocpp.handedOn();
    expect(await stop()).to.equal(202);
    expect(await stop()).to.equal(202);
    await world.settle();
    expect(charger.taken).to.deep.equal([{ action: "RemoteStopTransaction", payload: { transactionId } }]);
  });

  it("lets no money be held where somebody charges or the charger has a fault", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    const { store, ocpp } = world.service;
    const obstacle = () => findObstacleAtEvse({ store, connections: localPresence(ocpp.door.connections) }, point.evse);
    const say = (status: string) =>
      charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status });
    expect(await obstacle()).to.equal(null);
    await say("Preparing");
    expect(await obstacle()).to.equal(null);
    await say("Faulted");
    expect(await obstacle()).to.equal("The charger says Faulted.");
    await say("Reserved");
    expect(await obstacle()).to.equal("The charger says Reserved.");
    await say("Preparing");
    await start16(world, charger, { idTag: session.idTag });
    await ocpp.handedOn();
    expect(await obstacle()).to.equal("The charger says Preparing, and somebody is charging there.");
    await charger.close();
    expect(await obstacle()).to.equal(null);
  });

  it("charges on after a top-up", async function () {
    const { grossMicro } = priceOf(testTariff, 1_500_000_000n, 120, 0);
    const place = await openPlace(chain, world, { holdMicro: grossMicro });
    const charger = await world.connect("CS-1", "ocpp2.0.1", [place.point.evse]);
    const event = (eventType: string, seqNo: number, atSeconds: number, value: number) => ({
      eventType,
      seqNo,
      timestamp: world.at(atSeconds),
      triggerReason: "MeterValuePeriodic",
      transactionInfo: { transactionId: "T-1" },
      evse: { id: 1 },
      idToken: { idToken: place.session.idTag, type: "Central" },
      meterValue: [{ timestamp: world.at(atSeconds), sampledValue: [{ value }] }],
    });
    await charger.call("TransactionEvent", event("Started", 0, 0, 1_000));
    await chain.topUp(place.session, 0n, (grossMicro * 7n) / 10n);
    await world.settle();
    await charger.call("TransactionEvent", event("Updated", 1, 120, 2_500));
    await world.settle();
    expect(charger.taken).to.deep.equal([]);
    await charger.call("TransactionEvent", event("Updated", 2, 240, 4_000));
    await world.settle();
    expect(charger.taken).to.deep.equal([{ action: "RequestStopTransaction", payload: { transactionId: "T-1" } }]);
  });

  it("asks a charger again to begin, and frees the whole hold after the limit", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    charger.answers = ({ action }) => ({ status: action === "RemoteStartTransaction" ? "Rejected" : "Accepted" });
    await world.settle();
    world.nowMs += 31_000;
    await world.settle();
    expect(charger.taken.map(({ action }) => action)).to.deep.equal([
      "RemoteStartTransaction",
      "RemoteStartTransaction",
    ]);
    expect((await world.show(session)).session.state).to.equal("opened");

    world.nowMs += 300_000;
    await world.settle();
    expect(charger.taken.at(-1)).to.deep.equal({
      action: "TriggerMessage",
      payload: { requestedMessage: "StatusNotification", connectorId: 1 },
    });
    await charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" });
    world.nowMs += 1_000;
    await world.settle();
    const shown = await world.show(session);
    expect(shown.session.state).to.equal("settled");
    expect(shown.session.assessment).to.deep.include({ reasons: ["NOT_STARTED"], energyWh: "0" });
    expect(await chain.readFree(session)).to.equal(depositMicro);
    const late = await charger.call("StartTransaction", {
      connectorId: 1,
      idTag: session.idTag,
      meterStart: 0,
      timestamp: world.at(0),
    });
    expect(late["idTagInfo"]).to.deep.equal({ status: "Invalid" });
  });

  it("never closes a session whose connector is charging, or whose charger may have begun and is gone", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    await world.settle();
    world.nowMs += 301_000;
    await world.settle();
    await charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
    await world.settle();
    expect((await world.show(session)).session.state).to.equal("opened");
    await charger.close();
    world.nowMs += 3_600_000;
    await world.settle();
    expect((await world.show(session)).session.state).to.equal("opened");
  });

  it("frees the hold of a session whose charger has gone, and leaves stations without OCPP to charge", async function () {
    const { session, point } = await openPlace(chain, world);
    const other = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    await charger.close();
    await addStation(world.service.store, "CS-2", [other.point.evse]);
    await world.settle();
    world.nowMs += 301_000;
    await world.settle();
    expect((await world.show(session)).session.state).to.equal("settled");
    expect((await world.show(other.session)).session.state).to.equal("opened");
  });

  it("asks a charger of 2.x for messages that it has not sent before a session is closed", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp2.0.1", [point.evse]);
    let messagesInQueue = true;
    charger.answers = ({ action }) =>
      action === "GetTransactionStatus" ? { messagesInQueue } : { status: "Accepted" };
    await world.settle();
    world.nowMs += 301_000;
    await world.settle();
    expect((await world.show(session)).session.state).to.equal("opened");
    messagesInQueue = false;
    world.nowMs += 31_000;
    await world.settle();
    await world.settle();
    expect((await world.show(session)).session.state).to.equal("settled");
    expect(await chain.readFree(session)).to.equal(depositMicro);
  });

  it("refuses consents of other forms, of nobody's session, and of another than the driver", async function () {
    const { session } = await openPlace(chain, world);
    const signature = await chain.signConsent(session, 5n);
    const unknown = `0x${"ab".repeat(32)}`;
    expect(await putConsent(session.sessionId, { capMicro: 5, signature })).to.include({ code: "CONSENT_INVALID" });
    expect(await putConsent(session.sessionId, { capMicro: "5" })).to.include({ code: "CONSENT_INVALID" });
    expect(await putConsent(unknown, { capMicro: "5", signature })).to.include({ code: "SESSION_UNKNOWN" });
    expect(await putConsent(session.sessionId, { capMicro: "6", signature })).to.include({
      status: 403,
      code: "CONSENT_UNSIGNED",
    });
  });

  it("holds what nobody signed until the driver agrees to enough, and keeps the greatest cap", async function () {
    const { session, point } = await openPlace(chain, world);
    const charger = await world.connect("CS-1", "ocpp1.6", [point.evse]);
    const { grossMicro } = priceOf(testTariff, 1_500_000_000n, 240, 0);
    const transactionId = await start16(world, charger, { idTag: session.idTag });
    await stop16(world, charger, { transactionId, atSeconds: 240, meterStop: 2_500 });
    await world.settle();
    expect((await world.show(session)).session).to.have.nested.include({
      state: "held",
      "assessment.hold": "CAP_NOT_AGREED",
    });
    const agree = async (capMicro: bigint) =>
      putConsent(session.sessionId, {
        capMicro: capMicro.toString(),
        signature: await chain.signConsent(session, capMicro),
      });
    expect((await agree(grossMicro - 1n)).status).to.equal(200);
    expect((await world.show(session)).session.assessment?.hold).to.equal("CAP_EXCEEDED");
    expect((await agree(1n)).answer).to.deep.include({ capMicro: (grossMicro - 1n).toString() });
    expect((await agree(grossMicro)).status).to.equal(200);
    await world.settle();
    await world.settle();
    const shown = await world.show(session);
    expect(shown.session.state).to.equal("settled");
    expect(shown.cdr).to.have.nested.include({ energyWh: "1500", "evidence.grade": "plausible-unsigned" });
    const receipt = (await get(world.service.url, `/v1/receipts/${session.sessionId}`)).body as Receipt;
    expect(await checksOf(receipt)).to.deep.equal({ grade: "warning" });
    const consent = { ...receipt.evidence.consent, capMicro: (grossMicro + 1n).toString() };
    expect(await checksOf({ ...receipt, evidence: { ...receipt.evidence, consent } })).to.deep.equal({
      grade: "warning",
      consent: "fails",
    });
    expect(await putConsent(session.sessionId, { capMicro: "1", signature: "0x00" })).to.include({
      code: "SESSION_CLOSED",
    });
  });
});
