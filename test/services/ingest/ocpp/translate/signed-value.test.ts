import { expect } from "chai";

import type { OcppProtocol } from "../../../../../services/domain/charging/message.ts";
import { translateCall } from "../../../../../services/ingest/ocpp/translate/translate-call.ts";
import { payloadText, recordOf, testKey, verifier } from "../../../../helpers/ocmf.ts";

const key = testKey("secp256r1");
const record = Uint8Array.from(recordOf(payloadText(), key));
const recordText = new TextDecoder().decode(record);
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
const at = "2026-03-01T10:00:00Z";

function containersOf(protocol: OcppProtocol, action: string, payload: object) {
  const origin = { stationId: "CS-1", receivedAtMs: 1_772_359_200_000, frameId: "f-1", assignedTransactionId: null };
  const message = translateCall({ protocol, action, payload }, origin);
  if (message === null || !("signed" in message)) throw new Error("no message of a transaction");
  return message;
}

const in16 = (value: string, members: object = { format: "SignedData" }) =>
  containersOf("ocpp1.6", "MeterValues", {
    connectorId: 1,
    meterValue: [{ timestamp: at, sampledValue: [{ value, context: "Transaction.End", ...members }] }],
  });
const in2 = (signedMeterValue: unknown, protocol: "ocpp2.0.1" | "ocpp2.1" = "ocpp2.0.1") =>
  containersOf(protocol, "TransactionEvent", {
    eventType: "Ended",
    timestamp: at,
    triggerReason: "StopAuthorized",
    seqNo: 2,
    transactionInfo: { transactionId: "T-1" },
    meterValue: [{ timestamp: at, sampledValue: [{ value: 12_345, context: "Transaction.End", signedMeterValue }] }],
  });
const wrapped = { signedMeterData: base64(record), signingMethod: "", encodingMethod: "OCMF", publicKey: "" };
const codes = ({ signed }: ReturnType<typeof in16>) => signed.map(({ faults }) => faults.map(({ code }) => code));

describe("Signed values in OCPP", function () {
  it("are refused if base64 must be taken off twice, or is none", function () {
    for (const signedMeterData of [base64(base64(record)), `${base64(record)}!`, "", base64("no record"), 5]) {
      expect(codes(in16(JSON.stringify({ ...wrapped, signedMeterData }))), String(signedMeterData)).to.deep.equal([
        ["SIGNED_VALUE_UNREADABLE"],
      ]);
      expect(in2({ ...wrapped, signedMeterData }).signed[0]?.record).to.equal(null);
    }
  });
  it("are refused if the text is neither a record nor what the application note says", function () {
    for (const value of ["", "12.5", "{", "[]", "null", '"OCMF|"', "4f434d467c1"]) {
      expect(codes(in16(value)), value).to.deep.equal([["SIGNED_VALUE_UNREADABLE"]]);
    }
    expect(in2("text").signed[0]?.record).to.equal(null);
  });
  it("are unsupported, and not unreadable, in another encoding", function () {
    const value = JSON.stringify({ ...wrapped, encodingMethod: "EDL", signedMeterData: base64("EDL data") });
    expect(codes(in16(value))).to.deep.equal([["SIGNED_VALUE_UNSUPPORTED"]]);
  });
  it("are no reading in 1.6, whether they can be read or not", function () {
    expect(in16("12.5").readings).to.deep.equal([]);
    expect(in16(recordText).readings).to.deep.equal([]);
  });

  const forms: readonly (readonly [string, () => ReturnType<typeof in16>, string])[] = [
    ["as JSON text in MeterValues", () => in16(JSON.stringify(wrapped)), "json-in-value"],
    [
      "as JSON text in transactionData",
      () =>
        containersOf("ocpp1.6", "StopTransaction", {
          meterStop: 1,
          timestamp: at,
          transactionId: 1,
          transactionData: [
            {
              timestamp: at,
              sampledValue: [{ value: JSON.stringify(wrapped), context: "Transaction.End", format: "SignedData" }],
            },
          ],
        }),
      "json-in-value",
    ],
    [
      "as JSON text without signingMethod",
      () => in16(JSON.stringify({ signedMeterData: base64(record), encodingMethod: "OCMF" })),
      "json-in-value",
    ],
    ["as the record itself", () => in16(recordText), "record-in-value"],
    ["as the record itself without a format", () => in16(recordText, {}), "record-in-value"],
    ["as hexadecimal digits", () => in16(Buffer.from(record).toString("hex").toUpperCase()), "hex-in-value"],
    ["as signedMeterValue of 2.0.1", () => in2(wrapped), "signed-meter-value"],
    [
      "as signedMeterValue of 2.1",
      () => in2({ signedMeterData: base64(record), encodingMethod: "OCMF" }, "ocpp2.1"),
      "signed-meter-value",
    ],
    [
      "as signedMeterValue that is no base64",
      () => in2({ ...wrapped, signedMeterData: recordText }),
      "signed-meter-value",
    ],
  ];
  for (const [form, translate, carriage] of forms) {
    it(`come out byte for byte ${form}`, function () {
      const [container] = translate().signed;
      expect(container?.faults).to.deep.equal([]);
      expect([container?.carriage, container?.context]).to.deep.equal([carriage, "Transaction.End"]);
      expect(container?.record).to.deep.equal(record);
      expect(verifier.verifyRecord(container?.record ?? new Uint8Array(), key.publicKey).verdict).to.equal("accepted");
    });
  }

  it("stand beside the plain value in 2.x", function () {
    const { readings, faults } = in2(wrapped);
    expect(readings.map(({ valueText }) => valueText)).to.deep.equal(["12345"]);
    expect(faults).to.deep.equal([]);
  });
  it("come as one container with begin and end, or as two", function () {
    const sampledValue = ["Transaction.Begin", "Transaction.End"].map((context) => ({
      value: recordText,
      format: "SignedData",
      context,
    }));
    const { signed } = containersOf("ocpp1.6", "MeterValues", {
      connectorId: 1,
      meterValue: [{ timestamp: at, sampledValue }],
    });
    expect(signed.map(({ context }) => context)).to.deep.equal(["Transaction.Begin", "Transaction.End"]);
  });
  it("bring the key's text along without its outer base64, to be compared", function () {
    const keyOf = (publicKey: string) => in2({ ...wrapped, publicKey }).signed[0]?.enclosedKey;
    expect(keyOf("")).to.equal(null);
    expect(keyOf(base64(`oca:base16:asn1:${key.spkiHex}`))).to.equal(`oca:base16:asn1:${key.spkiHex}`);
    expect(keyOf(base64(`${key.spkiHex}\n`))).to.equal(key.spkiHex);
    // The bytes of a key are no text: they stay as they came.
    expect(keyOf(base64(Buffer.from(key.spkiHex, "hex")))).to.equal(base64(Buffer.from(key.spkiHex, "hex")));
  });
});
