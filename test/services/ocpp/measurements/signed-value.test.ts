import { expect } from "chai";

import type { OcppProtocol } from "../../../../services/domain/charging/message.ts";
import { readCall } from "../../../../services/ocpp/read-call.ts";
import { payloadText, recordOf, testKey, verifier } from "../../../helpers/ocmf.ts";

const key = testKey("secp256r1");
const record = Uint8Array.from(recordOf(payloadText(), key));
const recordText = new TextDecoder().decode(record);
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
const at = "2026-03-01T10:00:00Z";

function containersOf(protocol: OcppProtocol, action: string, payload: object) {
  const origin = { stationId: "CS-1", receivedAtMs: 1_772_359_200_000, frameId: "f-1", assignedTransactionId: null };
  const message = readCall({ protocol, action, payload }, origin);
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
  it("are refused if there is no base64, or no record in it", function () {
    for (const signedMeterData of [`${base64(record)}!`, "", base64("no record"), 5]) {
      expect(codes(in16(JSON.stringify({ ...wrapped, signedMeterData }))), String(signedMeterData)).to.deep.equal([
        ["SIGNED_VALUE_UNREADABLE"],
      ]);
      expect(in2({ ...wrapped, signedMeterData }).signed[0]?.record).to.equal(null);
    }
  });
  it("are refused if the text is neither a record nor what the application note says", function () {
    for (const value of ["", "12.5", "{", "[]", "null", '"OCMF"', "4f434d467c1", "<values/>", "<values><value>"]) {
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
  const inJson = (signedMeterValue: string, member = "signedMeterValue") =>
    JSON.stringify({ [member]: signedMeterValue, encodingMethod: "OCMF", publicKey: "" });
  const lines = (text: string, end: string) => text.replace(/.{76}/g, `$&${end}`);
  const hex = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("hex");
  const xml = (data: string, attributes = 'format="OCMF" encoding="plain"') =>
    `<?xml version="1.0"?>\n<values><value transactionId="1"><signedData ${attributes}>${data}</signedData></value></values>`;
  const escaped = recordText.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const wrappings: readonly (readonly [string, string, string])[] = [
    ["under the name signedMeterValue", inJson(base64(record)), "json-in-value"],
    ["in base64 with line breaks", inJson(lines(base64(record), "\r\n"), "signedMeterData"), "json-in-value"],
    ["in base64 with line feeds", inJson(lines(base64(record), "\n"), "signedMeterData"), "json-in-value"],
    [
      "in base64 of the alphabet of URLs without padding",
      inJson(Buffer.from(record).toString("base64url")),
      "json-in-value",
    ],
    ["in hexadecimal digits within JSON", inJson(hex(record), "signedMeterData"), "json-in-value"],
    ["in hexadecimal digits behind 0x", `0x${hex(record)}`, "hex-in-value"],
    ["in bare base64", base64(record), "base64-in-value"],
    ["in base64 twice", inJson(base64(base64(record)), "signedMeterData"), "json-in-value"],
    ["in JSON that is encoded twice", JSON.stringify(JSON.stringify(wrapped)), "json-in-value"],
    ["in the base64 of JSON", base64(JSON.stringify(wrapped)), "base64-in-value"],
    ["in S.A.F.E. XML", xml(escaped), "xml-in-value"],
    ["in S.A.F.E. XML as characters", xml(`<![CDATA[${recordText}]]>`), "xml-in-value"],
    ["in S.A.F.E. XML as base64", xml(base64(record), 'format="OCMF" encoding="base64"'), "xml-in-value"],
    ["in S.A.F.E. XML as hexadecimal digits", xml(hex(record).toUpperCase(), 'encoding="hex"'), "xml-in-value"],
    ["in S.A.F.E. XML that says nothing of itself", xml(` ${escaped}\n`, ""), "xml-in-value"],
    ["in the base64 of S.A.F.E. XML within JSON", inJson(base64(xml(escaped)), "signedMeterData"), "json-in-value"],
  ];
  for (const [form, value, carriage] of wrappings) {
    for (const members of [{ format: "SignedData" }, {}]) {
      it(`come out byte for byte ${form}, ${"format" in members ? "as SignedData" : "without a format"}`, function () {
        const { signed, readings } = in16(value, members);
        expect([signed.length, readings.length]).to.deep.equal([1, 0]);
        const [container] = signed;
        expect([container?.carriage, container?.faults, container?.enclosedKey]).to.deep.equal([carriage, [], null]);
        expect(container?.record).to.deep.equal(record);
      });
    }
    it(`come out byte for byte ${form}, as signedMeterData of 2.x`, function () {
      const [container, ...others] = in2({ ...wrapped, signedMeterData: value }).signed;
      expect(others).to.deep.equal([]);
      expect(container?.record).to.deep.equal(record);
    });
  }
  it("come out one by one of a list, and of XML with two values and their keys", function () {
    const other = Uint8Array.from(recordOf(payloadText().replace('"PG":"T', '"PG":"T1'), key));
    const list = JSON.stringify([JSON.stringify(wrapped), { ...wrapped, signedMeterData: base64(other) }]);
    expect(in16(list).signed.map((container) => container.record)).to.deep.equal([record, other]);
    const values = [record, other].map(
      (each) =>
        `<value><signedData encoding="hex">${hex(each)}</signedData><publicKey>${key.spkiHex}</publicKey></value>`,
    );
    const { signed } = in16(`<values>${values.join("")}</values>`);
    expect(signed.map((container) => [container.record, container.enclosedKey])).to.deep.equal([
      [record, key.spkiHex],
      [other, key.spkiHex],
    ]);
  });
  it("are records in other formats as well, which are known by their framing and judged later", function () {
    const alfen = "AP;0;3;AJB42AIR7NC5W5MC;BIHEIWSHAAA2WZUS====;X736PV2AD3IVH5LQ===;";
    const others = [
      alfen,
      base64(alfen),
      xml(alfen, 'format="ALFEN"'),
      inJson(base64(alfen)),
      `1b1b1b1b01010101${"00".repeat(40)}`,
      xml(`1b 1b 1b 1b 01 01 01 01 ${"00 ".repeat(40)}`, 'encoding="plain"'),
      `128.8.0(ST:250415083015)(RV:0012.345*kWh)(SG:${"3046".repeat(20)})`,
      "<ChargingProcess><ServerId>09</ServerId><MeasurementStart></MeasurementStart></ChargingProcess>",
      JSON.stringify({ signedMeterValues: [{ signature: "3045", meterInfo: {}, measuredValue: {} }] }),
      JSON.stringify({ company_name: "a", totalAmount: 1, additional_info: { session_id: 600 } }),
      JSON.stringify({ format: "ptb", ocmfBegin: "", ocmfEnd: "" }),
    ];
    for (const value of others) {
      const { signed } = in16(value);
      expect([value, codes(in16(value)), signed[0]?.record?.length !== 0]).to.deep.equal([value, [[]], true]);
    }
  });
  it("are told whether they begin or end, where their format does not sign that", function () {
    const list = `1b1b1b1b01010101${"00".repeat(40)}`;
    const alfen = "AP;0;3;AJB42AIR7NC5W5MC;BIHEIWSHAAA2WZUS====;X736PV2AD3IVH5LQ===;";
    const recordIn = (value: string, context?: string): string =>
      Buffer.from(in16(value, { format: "SignedData", context }).signed[0]?.record ?? []).toString();
    expect(recordIn(list, "Transaction.Begin")).to.equal(
      `<values><value context="Transaction.Begin"><signedData>${list}</signedData></value></values>`,
    );
    expect(recordIn(list, "Sample.Periodic")).to.equal(list);
    expect(recordIn(list)).to.equal(list);
    expect(recordIn(alfen, "Transaction.End")).to.equal(alfen);
  });
  it("are unsupported, not unreadable, where only the station says in what format they are", function () {
    for (const value of [
      JSON.stringify({ signedMeterValues: [{ signature: "3045", meterInfo: {} }] }),
      JSON.stringify({ signedMeterData: base64("hello"), encodingMethod: "Other" }),
    ]) {
      expect(codes(in16(value)), value).to.deep.equal([["SIGNED_VALUE_UNSUPPORTED"]]);
    }
  });
  it("stay unreadable where they are nothing that is known, or too deep or too long", function () {
    let deep = recordText;
    for (let depth = 0; depth < 8; depth += 1) deep = base64(deep);
    const laughs = `<!DOCTYPE v [<!ENTITY a "OCMF|">]>${xml("&a;")}`;
    const external = xml("&file;");
    const nested = `${"<a>".repeat(100)}<signedData>${escaped}</signedData>${"</a>".repeat(100)}`;
    const twoRoots = `${xml(escaped)}<values/>`;
    const long = base64("OCMF|".padEnd(300_000, "x"));
    for (const value of [deep, laughs, external, nested, twoRoots, long, xml("TEST1"), "AP;x;3;", "[[[[[[[[]]]]]]]]"]) {
      expect(codes(in16(value)), value.slice(0, 80)).to.deep.equal([["SIGNED_VALUE_UNREADABLE"]]);
    }
  });
  it("do not make readings of 1.6 into signed values", function () {
    for (const value of ["12.5", "0", "1".repeat(40), `0.${"3".repeat(40)}`]) {
      expect(in16(value, {}).signed, value).to.deep.equal([]);
    }
  });

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
