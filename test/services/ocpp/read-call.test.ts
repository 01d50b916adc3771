import { expect } from "chai";
import fc from "fast-check";

import type { OcppProtocol, StationMessage } from "../../../services/domain/charging/message.ts";
import { formatDecimal } from "../../../services/domain/decimal.ts";
import { readCall } from "../../../services/ocpp/read-call.ts";

const at = "2026-03-01T10:00:00Z";
const origin = { stationId: "CS-1", receivedAtMs: 1_772_359_200_000, frameId: "f-1", assignedTransactionId: null };
const translate = (protocol: OcppProtocol, action: string, payload: unknown) =>
  readCall({ protocol, action, payload }, origin);
const protocols = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
const actions = [
  "BootNotification",
  "StatusNotification",
  "MeterValues",
  "StartTransaction",
  "StopTransaction",
  "TransactionEvent",
];
const faultsOf = (message: StationMessage | null) => message?.faults.map(({ code, path }) => `${code} ${path}`);
const readingsOf = (message: StationMessage | null) =>
  message !== null && "readings" in message ? message.readings : [];
const event = (changes: object) => ({
  eventType: "Updated",
  timestamp: at,
  triggerReason: "MeterValuePeriodic",
  seqNo: 3,
  transactionInfo: { transactionId: "T-1" },
  ...changes,
});
const sampledAt = (value: object, timestamp: unknown = at) => ({ meterValue: [{ timestamp, sampledValue: [value] }] });
const values16 = (value: object, timestamp: unknown = at) => ({
  connectorId: 1,
  transactionId: 7,
  ...sampledAt(value, timestamp),
});

describe("Translation of calls", function () {
  describe("with faults", function () {
    it("never throws, whatever JSON comes", function () {
      const anything = fc.jsonValue({ maxDepth: 6 });
      fc.assert(
        fc.property(
          fc.constantFrom(...protocols),
          fc.constantFrom(...actions, "Heartbeat"),
          anything,
          (protocol, action, payload) => {
            translate(protocol, action, payload);
          },
        ),
      );
    });
    it("never throws for payloads that are nearly right", function () {
      const scalar = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(at));
      const keys = ["value", "measurand", "unit", "context", "format", "signedMeterValue", "unitOfMeasure", "phase"];
      const sampled = fc.dictionary(
        fc.constantFrom(...keys),
        fc.oneof(scalar, fc.dictionary(fc.constantFrom("unit", "multiplier", "signedMeterData"), scalar)),
      );
      fc.assert(
        fc.property(fc.constantFrom(...protocols), sampled, scalar, (protocol, value, timestamp) => {
          const payload = {
            ...event({}),
            ...values16(value, timestamp),
            meterStop: timestamp,
            transactionData: values16(value).meterValue,
          };
          for (const action of actions) translate(protocol, action, payload);
        }),
      );
    });
    it("survives nesting that would exhaust the stack", function () {
      let nested: unknown = 1;
      for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
      expect(translate("ocpp1.6", "MeterValues", { connectorId: 1, customData: nested })?.kind).to.equal(
        "meter-values",
      );
    });
    it("does not change what it was given, and takes no member for a prototype", function () {
      const text =
        '{"connectorId":1,"__proto__":{"meterStart":5},"extra":1,"idTag":"A","meterStart":1,"timestamp":"x"}';
      const payload: unknown = JSON.parse(text);
      const message = translate("ocpp1.6", "StartTransaction", payload);
      expect(JSON.stringify(payload)).to.equal(text);
      expect(readingsOf(message)[0]?.valueText).to.equal("1");
      expect(faultsOf(message)).to.include("TIME_INVALID /timestamp");
    });
    it("is nothing for actions that say nothing about energy, and for actions of another version", function () {
      for (const action of ["Heartbeat", "Authorize", "DataTransfer", "TransactionEvent", "toString"]) {
        expect(translate("ocpp1.6", action, {}), action).to.equal(null);
      }
      for (const action of ["StartTransaction", "StopTransaction"])
        expect(translate("ocpp2.1", action, {}), action).to.equal(null);
    });
    it("quarantines the reading that the fault is in, and no other", function () {
      const sampledValue = [
        { value: "1", context: "Sample.Hourly" },
        { value: 2 },
        { value: "3", unit: "MWh" },
        { value: "4e2" },
        {},
        { value: "6" },
      ];
      const payload = { connectorId: 1, meterValue: [{ timestamp: at, sampledValue }] };
      const faults = readingsOf(translate("ocpp1.6", "MeterValues", payload)).map((reading) =>
        reading.faults.map(({ code }) => code),
      );
      expect(faults).to.deep.equal([["SCHEMA"], [], ["UNIT_UNKNOWN"], ["VALUE_NOT_DECIMAL"], ["VALUE_MISSING"], []]);
    });
    it("quarantines every reading at a time that cannot be read", function () {
      const cases = [
        [undefined, "TIME_MISSING"],
        [5, "TIME_MISSING"],
        ["yesterday", "TIME_INVALID"],
        ["2026-03-05T10:00:00", "TIME_WITHOUT_ZONE"],
      ] as const;
      for (const [timestamp, code] of cases) {
        const message = translate("ocpp1.6", "MeterValues", {
          connectorId: 1,
          meterValue: [
            { ...(timestamp === undefined ? {} : { timestamp }), sampledValue: [{ value: "1" }] },
            { timestamp: at, sampledValue: [{ value: "2" }] },
          ],
        });
        const [bad, good] = readingsOf(message);
        expect(bad?.faults[0]?.code, code).to.equal(code);
        expect(good?.faults, code).to.deep.equal([]);
      }
    });
    it("reads what the schema knows beside what it does not, and lets neither hide the other", function () {
      const sampledValue = [
        { value: "1", vendorNote: 7 },
        { value: "2", phase: "L4" },
      ];
      const payload = { connectorId: 1, vendor: { of: "note" }, meterValue: [{ timestamp: at, sampledValue }] };
      const message = translate("ocpp1.6", "MeterValues", payload);
      expect(readingsOf(message).map(({ faults }) => faults.map(({ code }) => code))).to.deep.equal([[], ["SCHEMA"]]);
      expect(faultsOf(message)).to.deep.equal(["SCHEMA /meterValue/0/sampledValue/1/phase"]);
      expect(payload.vendor).to.deep.equal({ of: "note" });
    });
    it("says where a message breaks its schema outside of its readings, and reads it all the same", function () {
      const message = translate("ocpp1.6", "StartTransaction", {
        connectorId: 1,
        idTag: "A".repeat(21),
        meterStart: 5,
        timestamp: at,
      });
      expect(faultsOf(message)).to.deep.equal(["SCHEMA /idTag"]);
      expect(readingsOf(message)[0]?.faults).to.deep.equal([]);
    });
    it("takes an empty list of values for a fault of the message", function () {
      const message = translate(
        "ocpp2.0.1",
        "TransactionEvent",
        event({ meterValue: [{ timestamp: at, sampledValue: [] }] }),
      );
      expect(faultsOf(message)).to.deep.equal(["SCHEMA /meterValue/0/sampledValue"]);
      expect(readingsOf(message)).to.deep.equal([]);
    });
    it("reads a register that is a number of another form, and says so", function () {
      const cases = [
        [1000.5, "1000.5", "0.1"],
        ["1000", "1000", "1"],
        [" 1000 ", "1000", "1"],
        ["1000.0", "1000", "0.1"],
        ["0001000.25", "1000.25", "0.01"],
      ] as const;
      for (const [meterStart, value, quantum] of cases) {
        const message = translate("ocpp1.6", "StartTransaction", {
          connectorId: 1,
          idTag: "A",
          meterStart,
          timestamp: at,
        });
        const [reading] = readingsOf(message);
        const read = [reading?.value, reading?.quantum].map((number) => (number ? formatDecimal(number) : null));
        expect(read, String(meterStart)).to.deep.equal([value, quantum]);
        expect(reading?.faults, String(meterStart)).to.deep.equal([]);
        expect(faultsOf(message), String(meterStart)).to.deep.equal(["VALUE_FORM /meterStart", "SCHEMA /meterStart"]);
      }
    });
    it("reads identifiers in another JSON type, and says so", function () {
      const stop = translate("ocpp1.6", "StopTransaction", { transactionId: "4711", meterStop: 5, timestamp: at });
      if (stop?.kind !== "transaction-ended") throw new Error("no stop");
      expect([stop.ocppTransactionId, stop.faults.map(({ code }) => code)]).to.deep.equal(["4711", ["SCHEMA"]]);
      const message = translate(
        "ocpp2.0.1",
        "TransactionEvent",
        event({ seqNo: "7", transactionInfo: { transactionId: 12 }, evse: { id: "2" } }),
      );
      if (message?.kind !== "transaction-updated") throw new Error("no update");
      const { sequenceNumber, ocppTransactionId, plug } = message;
      expect([sequenceNumber, ocppTransactionId, plug.evseId]).to.deep.equal([7, "12", 2]);
      for (const transactionId of ["", "1e3", "0x1", "4.5", "12345678901234567890", 4.5, null]) {
        const unknown = translate("ocpp1.6", "StopTransaction", { transactionId, meterStop: 5, timestamp: at });
        expect(unknown?.kind === "transaction-ended" && unknown.ocppTransactionId, String(transactionId)).to.equal(
          null,
        );
      }
    });
    it("refuses a register that is no plain number", function () {
      const cases = ["1e3", "1,000", "0x3E8", "NaN", "", "+5", -1, "-1", null, true, [1], 2 ** 60];
      for (const meterStart of cases) {
        const message = translate("ocpp1.6", "StartTransaction", {
          connectorId: 1,
          idTag: "A",
          meterStart,
          timestamp: at,
        });
        expect(readingsOf(message)[0]?.faults, String(meterStart)).to.not.deep.equal([]);
      }
    });
    it("reads text where 2.x wants a number, and a number where 1.6 wants text, and says so", function () {
      const text2 = translate("ocpp2.0.1", "TransactionEvent", event(sampledAt({ value: "1500" })));
      const number16 = translate("ocpp1.6", "MeterValues", values16({ value: 1.5, unit: "kWh" }));
      for (const message of [text2, number16]) {
        const [reading] = readingsOf(message);
        expect(reading?.faults).to.deep.equal([]);
        expect(reading?.value && formatDecimal(reading.value)).to.equal("1500");
        // Digits of a JSON number do not say how exact it is; those of text do, in 1.6.
        expect(reading?.quantum && formatDecimal(reading.quantum)).to.equal("1");
        expect(faultsOf(message)?.[0]).to.equal("VALUE_FORM /meterValue/0/sampledValue/0/value");
      }
      const exponent = translate("ocpp1.6", "MeterValues", values16({ value: 1e3 }));
      expect(readingsOf(exponent)[0]?.faults).to.deep.equal([]);
      const words = translate("ocpp2.0.1", "TransactionEvent", event(sampledAt({ value: "1e3" })));
      expect(readingsOf(words)[0]?.faults.map(({ code }) => code)).to.deep.equal(["SCHEMA", "VALUE_NOT_DECIMAL"]);
    });
  });

  describe("of 1.6", function () {
    it("reads a start, with the number that we gave", function () {
      const payload = {
        connectorId: 2,
        idTag: "AABBCCDD",
        meterStart: 1_000,
        timestamp: "2026-03-01T11:00:00.5+01:00",
      };
      const call = { protocol: "ocpp1.6", action: "StartTransaction", payload } as const;
      const message = readCall(call, { ...origin, assignedTransactionId: "42" });
      const time = { text: payload.timestamp, epochMs: 1_772_359_200_500, resolutionMs: 100 };
      expect(message).to.deep.equal({
        kind: "transaction-started",
        stationId: "CS-1",
        protocol: "ocpp1.6",
        receivedAtMs: origin.receivedAtMs,
        frameId: "f-1",
        payloadDigest: message?.payloadDigest,
        plug: { evseId: null, connectorId: 2 },
        time,
        faults: [],
        ocppTransactionId: "42",
        idToken: "AABBCCDD",
        sequenceNumber: null,
        isOffline: null,
        chargingState: null,
        triggerReason: null,
        remoteStartId: null,
        signed: [],
        readings: [
          {
            source: "meter-start",
            path: "/meterStart",
            valueText: "1000",
            value: { unscaled: 1_000n, scale: 0 },
            quantum: { unscaled: 1n, scale: 0 },
            measurand: "Energy.Active.Import.Register",
            phase: null,
            location: "Outlet",
            context: "Transaction.Begin",
            unit: "Wh",
            multiplier: 0,
            time,
            faults: [],
          },
        ],
      });
      expect(message?.payloadDigest()).to.match(/^[0-9a-f]{64}$/);
    });
    it("reads a stop with its data, and every id as it came", function () {
      for (const transactionId of [-1, 0, 7]) {
        const message = translate("ocpp1.6", "StopTransaction", {
          meterStop: 1_100,
          timestamp: at,
          transactionId,
          reason: "EVDisconnected",
          transactionData: [
            { timestamp: at, sampledValue: [{ value: "1.1", unit: "kWh", context: "Transaction.End" }] },
          ],
        });
        if (message?.kind !== "transaction-ended") throw new Error("no stop");
        expect([message.ocppTransactionId, message.stopReason]).to.deep.equal([
          String(transactionId),
          "EVDisconnected",
        ]);
        expect(message.readings.map(({ source }) => source)).to.deep.equal(["meter-stop", "sampled-value"]);
        expect(message.faults).to.deep.equal([]);
      }
    });
    it("reads status and boot", function () {
      const status = translate("ocpp1.6", "StatusNotification", {
        connectorId: 1,
        errorCode: "GroundFailure",
        status: "SuspendedEV",
      });
      if (status?.kind !== "connector-status") throw new Error("no status");
      expect([status.state, status.stateText, status.errorText, status.time]).to.deep.equal([
        "suspended",
        "SuspendedEV",
        "GroundFailure",
        null,
      ]);
      const unknown = translate("ocpp1.6", "StatusNotification", {
        connectorId: 1,
        errorCode: "NoError",
        status: "Resting",
      });
      if (unknown?.kind !== "connector-status") throw new Error("no status");
      expect([unknown.state, unknown.errorText, unknown.faults.length]).to.deep.equal(["unknown", null, 1]);
      const boot = translate("ocpp1.6", "BootNotification", {
        chargePointVendor: "V",
        chargePointModel: "M",
        firmwareVersion: "1",
      });
      if (boot?.kind !== "booted") throw new Error("no boot");
      expect([boot.vendor, boot.model, boot.firmware, boot.reason]).to.deep.equal(["V", "M", "1", null]);
    });
  });

  describe("of 2.0.1 and 2.1", function () {
    it("reads the three kinds of event", function () {
      for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
        const kinds = ["Started", "Updated", "Ended"].map((eventType) =>
          translate(protocol, "TransactionEvent", event({ eventType })),
        );
        expect(kinds.map((message) => message?.kind)).to.deep.equal([
          "transaction-started",
          "transaction-updated",
          "transaction-ended",
        ]);
        expect(kinds.flatMap((message) => message?.faults)).to.deep.equal([]);
      }
    });
    it("reads identity, state and hints", function () {
      const message = translate(
        "ocpp2.1",
        "TransactionEvent",
        event({
          eventType: "Started",
          offline: true,
          evse: { id: 3, connectorId: 1 },
          idToken: { idToken: "AB", type: "ISO14443" },
          transactionInfo: { transactionId: "T-1", chargingState: "Charging", remoteStartId: 9 },
        }),
      );
      if (message?.kind !== "transaction-started") throw new Error("no start");
      const { plug, idToken, isOffline, ocppTransactionId, sequenceNumber, chargingState, remoteStartId, faults } =
        message;
      expect({
        plug,
        idToken,
        isOffline,
        ocppTransactionId,
        sequenceNumber,
        chargingState,
        remoteStartId,
        faults,
      }).to.deep.equal({
        plug: { evseId: 3, connectorId: 1 },
        idToken: "AB",
        isOffline: true,
        ocppTransactionId: "T-1",
        sequenceNumber: 3,
        chargingState: "Charging",
        remoteStartId: 9,
        faults: [],
      });
    });
    it("reads values with unit and multiplier, and meter values without a transaction", function () {
      const sampled = { value: 1.5, unitOfMeasure: { unit: "Wh", multiplier: 3 } };
      for (const message of [
        translate("ocpp2.0.1", "TransactionEvent", event(sampledAt(sampled))),
        translate("ocpp2.1", "MeterValues", { evseId: 1, ...sampledAt(sampled) }),
      ]) {
        const [reading] = readingsOf(message);
        if (reading?.value === undefined || reading.value === null) throw new Error("no value");
        expect([formatDecimal(reading.value), reading.unit, reading.multiplier]).to.deep.equal(["1500", "Wh", 3]);
        expect(message?.faults).to.deep.equal([]);
      }
    });
    it("reads status and boot", function () {
      const status = translate("ocpp2.1", "StatusNotification", {
        timestamp: at,
        connectorStatus: "Occupied",
        evseId: 1,
        connectorId: 2,
      });
      if (status?.kind !== "connector-status") throw new Error("no status");
      expect([status.state, status.plug]).to.deep.equal(["occupied", { evseId: 1, connectorId: 2 }]);
      const boot = translate("ocpp2.0.1", "BootNotification", {
        reason: "PowerUp",
        chargingStation: { model: "M", vendorName: "V" },
      });
      if (boot?.kind !== "booted") throw new Error("no boot");
      expect([boot.vendor, boot.model, boot.reason, boot.faults]).to.deep.equal(["V", "M", "PowerUp", []]);
    });
    it("digests equal content alike, in whatever order of members, and other content otherwise", function () {
      const digest = (payload: unknown) => translate("ocpp2.1", "TransactionEvent", payload)?.payloadDigest();
      const payload = event(sampledAt({ value: 1 }));
      const reversed = Object.fromEntries(Object.entries(payload).reverse());
      expect(digest(reversed)).to.equal(digest(payload));
      expect(digest(event(sampledAt({ value: 2 })))).to.not.equal(digest(payload));
    });
  });
});
