import { expect } from "chai";

import { actionsOf } from "../../../services/ocpp/actions.ts";
import { checkResponse } from "../../../services/ocpp/schemas.ts";
import { ocppProtocols, type OcppProtocol } from "../../../services/store/ocpp.ts";
import { connectStation, openOcppWorld, registerStation, type OcppWorld } from "../../helpers/ocpp-service.ts";

const at = "2026-01-01T00:00:00Z";
const component = { name: "C" };
const variable = { name: "V" };
const payloads16: Readonly<Record<string, object>> = {
  Authorize: { idTag: "OK1" },
  BootNotification: { chargePointVendor: "V", chargePointModel: "M" },
  DataTransfer: { vendorId: "V" },
  DiagnosticsStatusNotification: { status: "Idle" },
  FirmwareStatusNotification: { status: "Installed" },
  Heartbeat: {},
  LogStatusNotification: { status: "Idle" },
  MeterValues: { connectorId: 1, meterValue: [{ timestamp: at, sampledValue: [{ value: "1" }] }] },
  SecurityEventNotification: { type: "T", timestamp: at },
  SignCertificate: { csr: "C" },
  SignedFirmwareStatusNotification: { status: "Installed" },
  StartTransaction: { connectorId: 1, idTag: "OK1", meterStart: 0, timestamp: at },
  StatusNotification: { connectorId: 1, errorCode: "NoError", status: "Available" },
  StopTransaction: { transactionId: 1, meterStop: 1, timestamp: at, idTag: "OK1" },
};
const payloads20: Readonly<Record<string, object>> = {
  Authorize: { idToken: { idToken: "OK1", type: "Central" } },
  BootNotification: { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M" } },
  ClearedChargingLimit: { chargingLimitSource: "EMS" },
  DataTransfer: { vendorId: "V" },
  FirmwareStatusNotification: { status: "Idle" },
  Heartbeat: {},
  LogStatusNotification: { status: "Idle" },
  MeterValues: { evseId: 1, meterValue: [{ timestamp: at, sampledValue: [{ value: 1 }] }] },
  NotifyChargingLimit: { chargingLimit: { chargingLimitSource: "EMS" } },
  NotifyCustomerInformation: { data: "", seqNo: 0, generatedAt: at, requestId: 1 },
  NotifyDisplayMessages: { requestId: 1 },
  NotifyEVChargingNeeds: { evseId: 1, chargingNeeds: { requestedEnergyTransfer: "DC" } },
  NotifyEVChargingSchedule: {
    timeBase: at,
    evseId: 1,
    chargingSchedule: { id: 1, chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] },
  },
  NotifyEvent: {
    generatedAt: at,
    seqNo: 0,
    eventData: [
      {
        eventId: 1,
        timestamp: at,
        trigger: "Alerting",
        actualValue: "1",
        eventNotificationType: "HardWiredNotification",
        component,
        variable,
      },
    ],
  },
  Get15118EVCertificate: { iso15118SchemaVersion: "S", action: "Install", exiRequest: "E" },
  GetCertificateStatus: {
    ocspRequestData: {
      hashAlgorithm: "SHA256",
      issuerNameHash: "N",
      issuerKeyHash: "K",
      serialNumber: "1",
      responderURL: "http://127.0.0.1",
    },
  },
  NotifyMonitoringReport: { requestId: 1, seqNo: 0, generatedAt: at },
  NotifyReport: { requestId: 1, seqNo: 0, generatedAt: at },
  PublishFirmwareStatusNotification: { status: "Idle" },
  ReportChargingProfiles: {
    requestId: 1,
    chargingLimitSource: "EMS",
    evseId: 1,
    chargingProfile: [
      {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: "TxProfile",
        chargingProfileKind: "Relative",
        chargingSchedule: [{ id: 1, chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] }],
      },
    ],
  },
  ReservationStatusUpdate: { reservationId: 1, reservationUpdateStatus: "Expired" },
  SecurityEventNotification: { type: "T", timestamp: at },
  SignCertificate: { csr: "C" },
  StatusNotification: { timestamp: at, connectorStatus: "Available", evseId: 1, connectorId: 1 },
  TransactionEvent: {
    eventType: "Started",
    timestamp: at,
    triggerReason: "Authorized",
    seqNo: 0,
    transactionInfo: { transactionId: "T" },
    idToken: { idToken: "OK1", type: "Central" },
  },
};
const battery = { evseId: 1, serialNumber: "B", soC: 50, soH: 100 };
const payloads21: Readonly<Record<string, object>> = {
  ...payloads20,
  BatterySwap: {
    batteryData: [battery],
    eventType: "BatteryIn",
    idToken: { idToken: "OK1", type: "Central" },
    requestId: 1,
  },
  ClosePeriodicEventStream: { id: 1 },
  NotifyDERAlarm: { controlType: "EnterService", timestamp: at },
  NotifyDERStartStop: { controlId: "C", started: true, timestamp: at },
  NotifyPriorityCharging: { transactionId: "T", activated: true },
  NotifySettlement: { pspRef: "P", status: "Settled", settlementAmount: 1, settlementTime: at },
  OpenPeriodicEventStream: {
    constantStreamData: { id: 1, variableMonitoringId: 1, params: { interval: 60, values: 1 } },
  },
  PullDynamicScheduleUpdate: { chargingProfileId: 1 },
  ReportDERControl: { requestId: 1 },
  VatNumberValidation: { vatNumber: "NL123" },
};
const payloads: Readonly<Record<OcppProtocol, Readonly<Record<string, object>>>> = {
  "ocpp1.6": payloads16,
  "ocpp2.0.1": payloads20,
  "ocpp2.1": payloads21,
};

describe("Answers to stations", function () {
  let world: OcppWorld;

  before(async function () {
    world = await openOcppWorld();
    await registerStation(world.store, "CS-1");
  });
  after(async function () {
    await world.close();
  });

  for (const protocol of ocppProtocols) {
    it(`are right by the schemas of ${protocol} for every action that is offered`, async function () {
      const station = await connectStation(world.url, "CS-1", { protocols: [protocol] });
      for (const [action, payload] of Object.entries(payloads[protocol])) {
        const [type, id, answer] = (await station.ask([2, action, action, payload])) as readonly unknown[];
        expect([type, id], action).to.deep.equal([3, action]);
        expect(checkResponse(protocol, action, answer), action).to.equal(null);
      }
      await station.close();
    });

    it(`name every other action of stations of ${protocol} as not supported`, async function () {
      const station = await connectStation(world.url, "CS-1", { protocols: [protocol] });
      const others = [...actionsOf(protocol).fromStation].filter((action) => !(action in payloads[protocol]));
      for (const action of others) {
        const answer = (await station.ask([2, "1", action, {}])) as readonly unknown[];
        expect(answer.slice(0, 3), action).to.deep.equal([4, "1", "NotSupported"]);
      }
      await station.close();
    });
  }

  it("tell a station that waits to be let charge so, and take nothing but what is paid for", async function () {
    await world.store.setOcppAccess("CS-1", { leastSecurityProfile: 1, bootStatus: "Pending" });
    const station = await connectStation(world.url, "CS-1", { protocols: ["ocpp2.0.1"] });
    const boot = (await station.ask([
      2,
      "1",
      "BootNotification",
      payloads20["BootNotification"],
    ])) as readonly unknown[];
    expect(boot[2]).to.include({ status: "Pending", interval: 300 });
    const beat = (await station.ask([2, "2", "Heartbeat", {}])) as readonly unknown[];
    expect(beat.slice(0, 3)).to.deep.equal([4, "2", "SecurityError"]);
    expect(await station.ask([2, "3", "MeterValues", payloads20["MeterValues"]])).to.deep.equal([3, "3", {}]);
    await station.close();
    await world.store.setOcppAccess("CS-1", { leastSecurityProfile: 1, bootStatus: "Accepted" });
  });
});
