import { expect } from "chai";

import { priceOf } from "../../../services/domain/tariff.ts";
import { verifyReceipt } from "../../../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { connectCharger, type Charger } from "../../helpers/charger.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { get, getAsOperator, runService, type RunningService } from "../../helpers/running-service.ts";
import { depositMicro, startServiceChain, testTariff, type ServiceChain } from "../../helpers/service-chain.ts";

const energyMicroWh = 7_420_500_000n;
const chargingSeconds = 3_600;

describe("From the plug to the escrow", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let charger: Charger | undefined;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    running = await runService(chain);
  });
  afterEach(async function () {
    await charger?.close();
    charger = undefined;
    await running.close();
  });
  after(async function () {
    await chain.close();
  });

  async function requireSettled(sessionId: string): Promise<void> {
    const { grossMicro } = priceOf(testTariff, energyMicroWh, chargingSeconds, 0);
    const receipt = await get(running.service.url, `/v1/receipts/${sessionId}`);
    expect(receipt.body).to.deep.include({
      version: 3,
      sessionId,
      energyWh: "7420.5",
      chargingSeconds,
      chargedMicro: grossMicro.toString(),
      isBoundToSession: true,
      evidence: { grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"], flags: [], consent: null },
    });
    const verdict = await verifyReceipt(receipt.body, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    expect(verdict.checks.filter(({ outcome }) => outcome !== "holds")).to.deep.equal([]);
  }

  it("has a charger of OCPP 1.6 begin an opened session, and settles what its meter signed", async function () {
    const { service } = running;
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    await registerStation(service.store, "CS-16", { evses: [point.evse] });
    charger = await connectCharger(service.url, "CS-16", "ocpp1.6");
    await charger.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
    await service.synchronise();
    expect(charger.taken).to.deep.equal([
      { action: "RemoteStartTransaction", payload: { connectorId: 1, idTag: session.idTag } },
    ]);

    const beginMs = Date.now() - chargingSeconds * 1_000;
    const at = (seconds: number) => new Date(beginMs + seconds * 1_000).toISOString();
    const begin = Math.floor(beginMs / 1_000);
    const record = point.device.record({
      idTag: session.idTag,
      energyMicroWh,
      beginSeconds: begin,
      endSeconds: begin + chargingSeconds,
    });
    const started = await charger.call("StartTransaction", {
      connectorId: 1,
      idTag: session.idTag,
      meterStart: 1_000,
      timestamp: at(0),
    });
    expect(started["idTagInfo"]).to.deep.equal({ status: "Accepted" });
    await service.synchronise();
    expect((await getAsOperator(service.url, `/v1/sessions/${session.sessionId}`)).body).to.have.nested.include({
      "session.state": "charging",
      "ocppTransaction.isOpen": true,
    });
    const signed = { signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF", publicKey: "" };
    await charger.call("StopTransaction", {
      transactionId: started["transactionId"],
      meterStop: 8_420,
      timestamp: at(chargingSeconds),
      transactionData: [
        {
          timestamp: at(chargingSeconds),
          sampledValue: [{ value: JSON.stringify(signed), format: "SignedData", context: "Transaction.End" }],
        },
      ],
    });
    await service.synchronise();
    await service.synchronise();
    await requireSettled(session.sessionId);
    expect(charger.taken).to.have.length(1);
  });

  for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
    it(`has a charger of ${protocol} begin an opened session, and settles what its meter signed`, async function () {
      const { service } = running;
      const stationId = `CS-${protocol}`;
      const point = await chain.addChargingPoint();
      const session = await chain.openSession(point);
      await registerStation(service.store, stationId, { evses: [point.evse] });
      charger = await connectCharger(service.url, stationId, protocol);
      await charger.call("BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M" } });
      await service.synchronise();
      expect(charger.taken).to.have.length(1);
      expect(charger.taken[0]).to.deep.include({ action: "RequestStartTransaction" });
      expect(charger.taken[0]?.payload).to.deep.include({
        evseId: 1,
        idToken: { idToken: session.idTag, type: "Central" },
      });

      const beginMs = Date.now() - chargingSeconds * 1_000;
      const at = (seconds: number) => new Date(beginMs + seconds * 1_000).toISOString();
      const begin = Math.floor(beginMs / 1_000);
      const record = point.device.record({
        idTag: session.idTag,
        energyMicroWh,
        beginSeconds: begin,
        endSeconds: begin + chargingSeconds,
      });
      const started = await charger.call("TransactionEvent", {
        eventType: "Started",
        timestamp: at(0),
        triggerReason: "RemoteStart",
        seqNo: 0,
        transactionInfo: { transactionId: "T-1", remoteStartId: charger.taken[0]?.payload["remoteStartId"] },
        evse: { id: 1, connectorId: 1 },
        idToken: { idToken: session.idTag, type: "Central" },
        meterValue: [{ timestamp: at(0), sampledValue: [{ value: 1_000, context: "Transaction.Begin" }] }],
      });
      expect(started["idTokenInfo"]).to.deep.equal({ status: "Accepted" });
      const signedMeterValue = {
        signedMeterData: Buffer.from(record).toString("base64"),
        signingMethod: "",
        encodingMethod: "OCMF",
        publicKey: "",
      };
      await charger.call("TransactionEvent", {
        eventType: "Ended",
        timestamp: at(chargingSeconds),
        triggerReason: "EVDeparted",
        seqNo: 1,
        transactionInfo: { transactionId: "T-1", stoppedReason: "EVDisconnected" },
        meterValue: [
          {
            timestamp: at(chargingSeconds),
            sampledValue: [{ value: 8_420, context: "Transaction.End", signedMeterValue }],
          },
        ],
      });
      await service.synchronise();
      await service.synchronise();
      await requireSettled(session.sessionId);
    });
  }

  it("frees the whole hold of a session that no charger begins", async function () {
    const { service } = running;
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    await registerStation(service.store, "CS-IDLE", { evses: [point.evse] });
    charger = await connectCharger(service.url, "CS-IDLE", "ocpp1.6");
    charger.answers = () => ({ status: "Rejected" });
    await service.synchronise();
    expect((await getAsOperator(service.url, `/v1/sessions/${session.sessionId}`)).body).to.have.nested.include({
      "session.state": "opened",
    });
    expect(await chain.readFree(session)).to.equal(depositMicro - session.terms.holdMicro);
  });
});
