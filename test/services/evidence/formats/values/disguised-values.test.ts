import { createPublicKey, sign } from "node:crypto";

import { expect } from "chai";

import { judgeFile, type FileLine } from "../../../../../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../../../../../services/evidence/formats/values/node-value-cryptography.ts";
import { beginReading, createTestKey, endReading, payloadText, recordOf, signHex } from "../../../../helpers/ocmf.ts";
import {
  blockOf,
  createMeter,
  edlSample,
  endOf,
  escapeXml,
  safeXml,
  type SignedSample,
} from "../../../../../scripts/simulator/formats/block.ts";
import {
  compensatedPair,
  longStatus,
  mennekesXml,
  meterValueXml,
} from "../../../../../scripts/simulator/formats/edl.ts";
import { chargePointReceipt } from "../../../../../scripts/simulator/formats/json.ts";
import { signedSamples } from "../../../../../scripts/simulator/formats/signed-samples.ts";
import { edlParts, smlOf } from "../../../../../scripts/simulator/formats/sml.ts";
import { alfenText, pcdfText } from "../../../../../scripts/simulator/formats/texts.ts";

const judge = (
  file: Uint8Array | string,
  key: string | null = null,
  signature: Uint8Array | null = null,
): readonly FileLine[] => judgeFile("file", Buffer.from(file), signature, key, nodeValueCryptography);
const energyOf = (lines: readonly FileLine[]): string | null =>
  lines.find(({ id }) => id === "file#session-1")?.energyWh ?? null;
const verdictsOf = (lines: readonly FileLine[]): readonly string[] =>
  lines.map(({ verdict, reason }) => reason ?? verdict);

/** What happens to files on their way, without anybody meaning harm. */
const fileDisguises: readonly (readonly [name: string, disguise: (file: Buffer) => Buffer])[] = [
  ["a byte-order mark", (file) => Buffer.concat([Buffer.from("\uFEFF"), file])],
  ["blanks and line breaks around it", (file) => Buffer.from(`\r\n  ${file.toString()} \r\n\r\n`)],
  ["line ends of Windows", (file) => Buffer.from(file.toString().replaceAll("\n", "\r\n"))],
  ["UTF-16", (file) => Buffer.from(`\uFEFF${file.toString()}`, "utf16le")],
  ["base64", (file) => Buffer.from(file.toString("base64"))],
  ["base64 with line breaks", (file) => Buffer.from(file.toString("base64").replace(/(.{76})/gu, "$1\r\n"))],
  ["base64 of the URL's alphabet", (file) => Buffer.from(file.toString("base64url"))],
  ["hexadecimal digits", (file) => Buffer.from(file.toString("hex").toUpperCase())],
  ["hexadecimal digits with 0x", (file) => Buffer.from(`0x${file.toString("hex")}`)],
  ["hexadecimal digits with dashes", (file) => Buffer.from(file.toString("hex").replace(/(..)(?=.)/gu, "$1-"))],
  ["JSON in which OCPP wraps it", (file) => Buffer.from(JSON.stringify({ signedMeterData: file.toString("base64") }))],
  [
    "the JSON that a large platform asks for",
    (file) =>
      Buffer.from(JSON.stringify({ signedMeterValue: file.toString("base64"), encodingMethod: "OCMF", publicKey: "" })),
  ],
  ["a text in JSON in JSON", (file) => Buffer.from(JSON.stringify(JSON.stringify([file.toString()])))],
];

/** Bytes that are signed as they are do not survive what a mail program does. */
const changesBytes: ReadonlySet<string> = new Set([
  "blanks and line breaks around it",
  "line ends of Windows",
  "UTF-16",
  "a byte-order mark",
]);

describe("Genuine values as they travel", () => {
  for (const [disguise, apply] of fileDisguises) {
    it(`are accepted with the same energy as ${disguise}`, () => {
      for (const sample of signedSamples()) {
        const isFileSigned = sample.format === "ChargePoint";
        if (isFileSigned) continue;
        const disguised = apply(Buffer.from(sample.file));
        expect([sample.name, energyOf(judge(disguised, sample.key, sample.signature))]).to.deep.equal([
          sample.name,
          sample.energyWh,
        ]);
      }
    });
  }

  it("are refused and not accepted where the bytes themselves are signed and changed", () => {
    const sample = chargePointSample();
    for (const [name, apply] of fileDisguises.filter(([one]) => changesBytes.has(one))) {
      const [line] = judge(apply(Buffer.from(sample.file)), sample.key, sample.signature);
      expect([name, line?.energyWh]).to.deep.equal([name, null]);
    }
  });

  it("are a receipt and its signature in one object, in base64", () => {
    const sample = chargePointSample();
    const file = JSON.stringify({
      secrrct: Buffer.from(sample.file).toString("base64"),
      "secrrct.sign": Buffer.from(sample.signature ?? []).toString("base64"),
    });
    expect(energyOf(judge(file, sample.key))).to.equal(sample.energyWh);
    expect(verdictsOf(judge(file.replace("secrrct.sign", "other"), sample.key))).to.deep.equal([
      "SIGNED_VALUE_SIGNATURE_MISSING",
    ]);
  });

  it("may stand in XML of another name space, with entities, CDATA, comments and other members", () => {
    const meter = createMeter("prime192v1");
    const begin = edlSample();
    const [first, last] = [begin, endOf(begin)].map((sample) => smlOf(edlParts(meter, sample)).toString("hex"));
    const file =
      '<?xml version="1.0"?><!-- x --><s:values xmlns:s="http://transparenz.software/schema/2018/07" xmlns="urn:x">' +
      "<chargingStation id='1'><EVSE id='2'><connector id='3'/></EVSE></chargingStation>" +
      `<s:value transactionId='9' context='Transaction.Begin'><s:signedData format="edl_40_p"><![CDATA[${first ?? ""}]]></s:signedData>` +
      `<s:publicKey encoding='hex'>&#x${(meter.point.codePointAt(0) ?? 0).toString(16)};${meter.point.slice(1)}</s:publicKey></s:value>` +
      `<s:value transactionId='9' context='Transaction.End'><s:publicKey>${meter.point}</s:publicKey>` +
      `<s:signedData encoding="hex">${(last ?? "").slice(0, 9)}<!-- y -->${(last ?? "").slice(9)}</s:signedData></s:value></s:values>`;
    expect(energyOf(judge(file))).to.equal("1419");
  });

  it("are read in Latin-1 where the document says so", () => {
    const meter = createMeter("prime192v1");
    const begin = edlSample();
    const xml = mennekesXml(meter, begin, endOf(begin)).replace("<ServerId>", "<Town>Würdinghausen</Town><ServerId>");
    const file = Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${xml}`, "latin1");
    expect(energyOf(judge(file))).to.equal("1419");
  });

  it("may be a document of Mennekes or a signedMeterValue inside of S.A.F.E. XML, as text or as elements", () => {
    const meter = createMeter("prime192v1");
    const begin = edlSample();
    const mennekes = mennekesXml(meter, begin, endOf(begin));
    const [first, last] = [begin, endOf(begin)].map((sample) => meterValueXml(meter, sample).replace(/<\?.*?\?>/u, ""));
    for (const file of [
      safeXml([{ data: escapeXml(mennekes), key: "" }]),
      safeXml([{ data: mennekes, key: "" }]),
      safeXml([
        { data: first ?? "", key: "" },
        { data: last ?? "", key: "" },
      ]),
    ]) {
      expect(energyOf(judge(file))).to.equal("1419");
    }
    expect(verdictsOf(judge(meterValueXml(meter, begin)))).to.deep.equal(["accepted"]);
  });

  it("may be wrapped over several lines, in Alfen's base32 and in PCDF", () => {
    const meter = createMeter("prime192v1");
    const alfen = [0, 1].map((type) =>
      alfenText(meter, { type, counter: 5 + type, value: BigInt(100 * type) }).replace(/(.{60})/gu, "$1\n"),
    );
    expect(energyOf(judge(alfen.join("\n")))).to.equal("100");
    const pcdf = pcdfText(createMeter("prime256v1"));
    expect(energyOf(judge(pcdf.replace(/(.{80})/gu, "$1\r\n")))).to.equal("12345");
    expect(energyOf(judge(`\\u0002${pcdf}\\u0003`))).to.equal("12345");
    expect(energyOf(judge(`\u0002${pcdf}\u0003`))).to.equal("12345");
  });
});

describe("Keys of meters", () => {
  it("are read in every form in which they are handed on", () => {
    for (const curve of ["prime192v1", "prime256v1", "secp224k1"] as const) {
      const meter = createMeter(curve);
      const { file, signature } = fileOf(meter);
      const spki = createPublicKey(meter.privateKey).export({ type: "spki", format: "der" });
      const pem = createPublicKey(meter.privateKey).export({ type: "spki", format: "pem" }).toString();
      const hex = spki.toString("hex");
      const isOdd = Number.parseInt(meter.point.at(-1) ?? "0", 16) % 2 === 1;
      const x = meter.point.slice(0, 2 * meter.coordinateBytes);
      const [webX, webY] = [x, meter.point.slice(x.length)].map((one) => Buffer.from(one, "hex").toString("base64url"));
      const crv = { prime192v1: "P-192", prime256v1: "P-256", secp224k1: "secp224k1" }[curve];
      for (const key of [
        pem,
        hex,
        hex.toUpperCase(),
        `0x${hex}`,
        hex.replace(/(..)(?=.)/gu, "$1 "),
        hex.replace(/(..)(?=.)/gu, "$1:"),
        hex.replace(/(..)(?=.)/gu, "$1-"),
        spki.toString("base64"),
        spki.toString("base64").replace(/=+$/u, ""),
        spki.toString("base64url"),
        spki.toString("base64").replace(/(.{32})/gu, "$1\n"),
        Buffer.from(hex).toString("base64"),
        meter.point,
        `04${meter.point}`,
        `${isOdd ? "03" : "02"}${x}`,
        Buffer.from(meter.point, "hex").toString("base64"),
        JSON.stringify({ kty: "EC", crv, x: webX, y: webY }),
        `oca:base16:asn1:${hex}`,
      ]) {
        expect([curve, key, judge(file, key, signature)[0]?.verdict]).to.deep.equal([curve, key, "accepted"]);
      }
    }
  });

  it("are refused as keys, and not as signatures, where they are none of the curve", () => {
    const { file, signature } = fileOf(createMeter("prime192v1"));
    const ofOther = createPublicKey(createMeter("prime256v1").privateKey).export({ type: "spki", format: "der" });
    for (const key of [
      ofOther.toString("hex"),
      "00",
      "not a key",
      "ff".repeat(48),
      JSON.stringify({ kty: "EC", crv: "P-192", x: "AAAA", y: "AAAA" }),
    ]) {
      expect(verdictsOf(judge(file, key, signature))).to.deep.equal(["SIGNED_VALUE_KEY_INVALID"]);
    }
  });
});

describe("Meters that compensate for the cable", () => {
  it("count what is behind the cable", () => {
    const meter = createMeter("prime256v1");
    const [begin, end] = compensatedPair();
    const fileWith = (...lists: readonly Buffer[]): Buffer =>
      safeXml(lists.map((data) => ({ data: data.toString("hex"), key: meter.point })));

    const signed = [begin, end].map((sample) => smlOf(edlParts(meter, sample, longStatus)));
    expect(energyOf(judge(fileWith(...signed)))).to.equal("1380");
    // A register behind the cable and one in front of it are no session.
    const mixed = [smlOf(edlParts(meter, { ...begin, compensation: null }, longStatus)), signed[1] ?? Buffer.alloc(0)];
    expect(verdictsOf(judge(fileWith(...mixed))).at(-1)).to.equal("SIGNED_SESSION_METER_MISMATCH");
  });

  it("refuse a list in which what they sign was left out or changed", () => {
    const meter = createMeter("prime256v1");
    const [begin] = compensatedPair();
    const parts = edlParts(meter, begin, longStatus);
    const bare = edlParts(meter, { ...begin, compensation: null }, longStatus);
    const stripped = parts.with(4, bare[4] ?? Buffer.alloc(0));
    expect(verdictsOf(judge(smlOf(stripped), meter.point))).to.deep.equal(["SIGNED_VALUE_SIGNATURE_MISMATCH"]);
    const raised = edlParts(meter, { ...begin, compensation: { historical: 500_000n, compensated: 400_001n } });
    expect(verdictsOf(judge(smlOf(parts.with(4, raised[4] ?? Buffer.alloc(0))), meter.point))).to.deep.equal([
      "SIGNED_VALUE_SIGNATURE_MISMATCH",
    ]);
  });
});

describe("Meters that find a fault in themselves", () => {
  it("are not billed, in whatever container", () => {
    const meter = createMeter("prime192v1");
    const faulty = edlSample({ status: 0x89 });
    for (const file of [
      smlOf(edlParts(meter, faulty)),
      meterValueXml(meter, faulty),
      mennekesXml(meter, faulty, endOf(faulty)),
    ]) {
      expect(verdictsOf(judge(file, meter.point))[0]).to.equal("SIGNED_VALUE_METER_ERROR");
    }
  });
});

describe("Several sessions in one file", () => {
  it("are told apart by their names, or by begin and end where they have none", () => {
    const meter = createMeter("prime192v1");
    const values = [0, 1, 0, 2, 1].map((type, index) =>
      alfenText(meter, { type, counter: index, value: BigInt(index * index) }),
    );
    const lines = judge(values.join("\n"));
    expect(lines.filter(({ id }) => id.includes("session")).map(({ energyWh }) => energyWh)).to.deep.equal(["1", "12"]);
  });

  it("are as many as there are records that hold begin and end", () => {
    const key = createTestKey("secp256r1");
    const records = [1, 2, 3].map((number) => {
      const text = payloadText({ PG: `"T${number}"` }, [
        { ...beginReading, RV: "1" },
        { ...endReading, RV: String(1 + number) },
      ]);
      return Buffer.from(recordOf(text, key)).toString();
    });
    const xml = `<values>${records.map((record) => `<value><signedData>${escapeXml(record)}</signedData><publicKey>${key.spkiHex}</publicKey></value>`).join("")}</values>`;
    const sessions = judge(xml).filter(({ id }) => id.includes("session"));
    expect(sessions.map(({ energyWh }) => energyWh)).to.deep.equal(["1000", "2000", "3000"]);
  });

  it("are refused where begin and end are of two meters, and are not put together from two containers", () => {
    const [one, other] = [createMeter("prime192v1"), createMeter("prime192v1")];
    const begin = alfenText(one, { type: 0, counter: 1, value: 0n });
    const end = alfenText(other, { type: 1, counter: 2, value: 9n });
    expect(verdictsOf(judge(`${begin}\n${end}`)).at(-1)).to.equal("SIGNED_SESSION_KEY_MISMATCH");
    expect(energyOf(judge(JSON.stringify([begin, end])))).to.equal(null);
  });
});

describe("What is of no known format", () => {
  it("is unsupported and never refused", () => {
    const meter = createMeter("prime192v1");
    for (const file of [
      "",
      " ",
      "hello",
      "AP; is a news agency",
      "APX;0;3;A;B;C;",
      "<html><body>not found</body></html>",
      "<values></values>",
      "<values><value><publicKey>00</publicKey></value></values>",
      "{}",
      "[]",
      "[1,2]",
      '"x"',
      '{"signedMeterValues":[]}',
      '{"signedMeterValues":[{"some":"thing"}]}',
      '{"signedMeterValues":[{"@context":"https://example.org/other-meter","signature":"00","measuredValue":{}}]}',
      '{"signedMeterData":""}',
      '{"signedMeterData":"AAAA"}',
      '{"format":"ptb","formatVersion":"2.0","publicKey":"AA==","ocmfBegin":"OCMF|{}|{}","ocmfEnd":"OCMF|{}|{}"}',
      '{"@context":"https://open.charging.cloud/contexts/CTR+json","chargingSessions":[]}',
      "%PDF-1.7 \u0000\u0001",
      Buffer.from("504b030414000000", "hex"),
      Buffer.from("89504e470d0a1a0a", "hex"),
      Buffer.from([0xff, 0xfe, 0x00]),
      alfenText(meter, { type: 0, counter: 1, value: 0n }).replace(";3;", ";9;"),
    ]) {
      const lines = judge(file, meter.point);
      expect([Buffer.from(file).toString().slice(0, 60), new Set(verdictsOf(lines))]).to.deep.equal([
        Buffer.from(file).toString().slice(0, 60),
        new Set(["FORMAT_UNSUPPORTED"]),
      ]);
    }
  });
});

describe("Files that are made to do harm", () => {
  it("are answered quickly, and nothing of them is accepted", () => {
    const meter = createMeter("prime192v1");
    const begin = edlSample();
    const xml = mennekesXml(meter, begin, endOf(begin));
    const many = Array.from({ length: 3_000 }, () => "<value><signedData>x</signedData></value>").join("");
    const files: readonly (Uint8Array | string)[] = [
      `<!DOCTYPE v [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${xml.replace("<ServerId>", "<X>&b;</X><ServerId>")}`,
      `<!DOCTYPE v SYSTEM "file:///etc/passwd">${xml}`,
      xml.replace("<ServerId>", "<X>&unknown;</X><ServerId>"),
      `${"<a>".repeat(100_000)}${xml}`,
      `<values>${many}</values>`,
      `<values ${"a='1' ".repeat(100_000)}>`,
      `<values ${" ".repeat(1_000_000)}`,
      `<!--${"-".repeat(1_000_000)}`,
      `<values>${"&".repeat(1_000_000)}</values>`,
      "[".repeat(1_000_000),
      '{"signedMeterData":'.repeat(100_000),
      `{"signedMeterValues":[${'{"measuredValue":{},"signature":""},'.repeat(5_000)}{}]}`,
      Buffer.alloc(10_000_000, 0x41),
      Buffer.alloc(10_000_000),
      Buffer.alloc(4_000_000, 0x1b),
      Buffer.concat([Buffer.from("1b1b1b1b01010101", "hex"), Buffer.alloc(4_000_000, 0x71)]),
      Buffer.from("0".repeat(4_000_000)),
      "AP;0;3;".repeat(500_000),
      `AP;0;3;${"A".repeat(4_000_000)}`,
      `128.8.0${"(ST:1)".repeat(500_000)}`,
      `128.8.0(${"(".repeat(1_000_000)}`,
      " ".repeat(4_000_000),
    ];
    for (const [index, file] of files.entries()) {
      const before = process.hrtime.bigint();
      const lines = judge(file, meter.point);
      const tookMs = Number(process.hrtime.bigint() - before) / 1e6;
      expect([index, lines.some(({ verdict }) => verdict === "accepted")]).to.deep.equal([index, false]);
      expect(tookMs, `file ${index}`).to.be.below(3_000);
    }
  }).timeout(60_000);

  it("are refused with a member twice, so that no two readers see two values", () => {
    for (const sample of signedSamples().filter(({ format }) =>
      ["chargeIT", "BSM-WS36A", "PTB container"].includes(format),
    )) {
      const text = Buffer.from(sample.file).toString();
      const twice = text
        .replace('"signature"', '"signature": "00", "signature"')
        .replace('"ocmfEnd"', '"ocmfEnd":"","ocmfEnd"');
      expect([sample.name, verdictsOf(judge(twice, sample.key))]).to.deep.equal([
        sample.name,
        ["SIGNED_VALUE_FIELD_REPEATED"],
      ]);
    }
  });
});

describe("Records of the PTB container", () => {
  it("are not read by the looser rules where they are OCMF in full and say that they must not be billed", () => {
    const key = createTestKey("secp256r1");
    const record = (marker: string, flags: string): string => {
      const text = JSON.stringify({
        FV: "1.0",
        ID: "X",
        PG: "T1",
        MS: "M",
        RD: [
          { TM: "2026-04-16T11:16:49,000+0200 S", TX: marker, RV: 1, RI: "1-0:1.8.0", RU: "kWh", ST: "G", EF: flags },
        ],
      });
      return `OCMF|${text}|{"SD":"${signHex(key, Buffer.from(text))}"}`;
    };
    const file = JSON.stringify({
      format: "ptb",
      publicKey: key.spkiHex,
      ocmfBegin: record("B", "E"),
      ocmfEnd: record("X", ""),
    });
    expect(verdictsOf(judge(file)).slice(0, 2)).to.deep.equal(["OCMF_ERROR_FLAG_ENERGY", "OCMF_TRANSACTION_EXCEPTION"]);
    const swapped = JSON.stringify({
      format: "ptb",
      publicKey: key.spkiHex,
      ocmfBegin: record("E", ""),
      ocmfEnd: record("B", ""),
    });
    expect(verdictsOf(judge(swapped)).slice(0, 2)).to.deep.equal([
      "SIGNED_VALUE_CONTRADICTED",
      "SIGNED_VALUE_CONTRADICTED",
    ]);
  });
});

function chargePointSample(): SignedSample {
  const sample = signedSamples().find(({ format }) => format === "ChargePoint");
  if (sample === undefined) throw new Error("there is no sample of ChargePoint");
  return sample;
}

/** A file that this meter signed, on whatever curve. */
function fileOf(meter: ReturnType<typeof createMeter>): {
  readonly file: Uint8Array;
  readonly signature: Buffer | null;
} {
  if (meter.coordinateBytes !== 28) return { file: smlOf(edlParts(meter, edlSample())), signature: null };
  const file = chargePointReceipt(1, 2);
  return { file, signature: sign("sha256", file, meter.privateKey) };
}

describe("The block of 320 bytes", () => {
  it("has no meaning beyond what is named, and all of it is signed", () => {
    const meter = createMeter("prime192v1");
    const block = blockOf(edlSample());
    const signature = sign("sha256", block, { key: meter.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64");
    const fileWith = (bytes: Buffer): string =>
      `<signedMeterValue><meterValueSignature>${signature}</meterValueSignature><encodedMeterValue encoding="base64">${bytes.toString("base64")}</encodedMeterValue></signedMeterValue>`;
    expect(verdictsOf(judge(fileWith(block), meter.point))).to.deep.equal(["accepted"]);
    for (let at = 0; at < block.length; at += 1) {
      const changed = Buffer.from(block);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(verdictsOf(judge(fileWith(changed), meter.point))).to.deep.equal(["SIGNED_VALUE_SIGNATURE_MISMATCH"]);
    }
    expect(verdictsOf(judge(fileWith(block.subarray(1)), meter.point))).to.deep.equal(["SIGNED_VALUE_MALFORMED"]);
  });
});
