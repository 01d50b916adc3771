import { sign } from "node:crypto";

import { expect } from "chai";

import { encodePoint } from "../../../../../services/evidence/formats/ocmf/public-key.ts";
import { judgeFile, type FileLine } from "../../../../../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../../../../../services/evidence/formats/values/node-value-cryptography.ts";
import { beginReading, bytesOf, createTestKey, endReading, payloadText, signHex } from "../../../../helpers/ocmf.ts";
import {
  createMeter,
  edlSample,
  endOf,
  safeXml,
  type EdlSample,
  type TestMeter,
} from "../../../../../scripts/simulator/formats/block.ts";
import { mennekesXml } from "../../../../../scripts/simulator/formats/edl.ts";
import { chargePointReceipt } from "../../../../../scripts/simulator/formats/json.ts";
import { signedSamples } from "../../../../../scripts/simulator/formats/signed-samples.ts";
import { edlParts, isaParts, smlOf } from "../../../../../scripts/simulator/formats/sml.ts";
import { alfenText, pcdfText } from "../../../../../scripts/simulator/formats/texts.ts";

const judge = (file: Uint8Array, key: string | null = null, signature: Uint8Array | null = null): readonly FileLine[] =>
  judgeFile("file", file, signature, key, nodeValueCryptography);
const reasonsOf = (lines: readonly FileLine[]): readonly (string | null)[] => lines.map(({ reason }) => reason);
const sessionOf = (lines: readonly FileLine[]): FileLine | undefined => lines.find(({ id }) => id === "file#session-1");

describe("Signed values in other formats than OCMF", () => {
  for (const sample of signedSamples()) {
    describe(sample.name, () => {
      it("accepts a genuine file with its exact energy, by the registered key", () => {
        const lines = judge(sample.file, sample.key, sample.signature);

        expect(lines.map(({ verdict, format, keyFrom }) => [verdict, format, keyFrom])).to.deep.equal(
          lines.map(() => ["accepted", sample.format, undefined]),
        );
        expect(sessionOf(lines)?.energyWh).to.equal(sample.energyWh);
      });

      it("says that the key is the file's where none is given, or that there is none", () => {
        const lines = judge(sample.file, null, sample.signature);

        if (sample.format === "ChargePoint") expect(reasonsOf(lines)).to.deep.equal(["SIGNED_VALUE_KEY_MISSING"]);
        else
          expect(new Set(lines.map(({ verdict, keyFrom }) => `${verdict} ${keyFrom ?? ""}`))).to.deep.equal(
            new Set(["accepted file"]),
          );
      });

      it("refuses it under another meter's key", () => {
        const other = signedSamples().find(({ name }) => name === sample.name)?.key ?? "";
        const lines = judge(sample.file, other, sample.signature);

        expect(new Set(lines.map(({ verdict, reason }) => `${verdict} ${reason ?? ""}`))).to.deep.equal(
          new Set(["refused SIGNED_VALUE_SIGNATURE_MISMATCH"]),
        );
      });

      it("accepts nothing of it that is cut off anywhere within what is signed", () => {
        for (const part of [0.3, 0.6, 0.9]) {
          const cut = sample.file.subarray(0, Math.floor(part * sample.file.length));
          expect(judge(cut, sample.key, sample.signature).every(({ energyWh }) => energyWh === null)).to.equal(true);
        }
      });
    });
  }
});

describe("Lists of EDL40", () => {
  let meter: TestMeter;
  const fileOf = (...samples: readonly EdlSample[]): Buffer =>
    safeXml(samples.map((sample) => ({ data: smlOf(edlParts(meter, sample)).toString("hex"), key: meter.point })));

  beforeEach(() => {
    meter = createMeter("prime192v1");
  });

  it("are read as hexadecimal digits, base64 and base32 alike, and as bare bytes", () => {
    const bytes = smlOf(edlParts(meter, edlSample()));
    for (const file of [
      bytes,
      Buffer.from(bytes.toString("hex").replace(/(..)/gu, "$1 ")),
      Buffer.from(`0x${bytes.toString("hex").toUpperCase()}`),
      Buffer.from(bytes.toString("base64url")),
    ]) {
      expect(judge(file, meter.point)).to.have.length(1);
      expect(judge(file, meter.point)[0]).to.include({ verdict: "accepted", format: "EDL40" });
    }
  });

  it("count in the scale that is signed", () => {
    for (const [scaler, energyWh] of [
      [-3, "14.19"],
      [0, "14190"],
      [2, "1419000"],
    ] as const) {
      const begin = edlSample({ scaler });
      expect(sessionOf(judge(fileOf(begin, endOf(begin))))?.energyWh).to.equal(energyWh);
    }
  });

  it("are refused in another unit, beyond what a scale can be, and below zero", () => {
    expect(reasonsOf(judge(fileOf(edlSample({ unit: 27 }))))).to.deep.equal(["SIGNED_VALUE_UNIT_UNKNOWN"]);
    expect(reasonsOf(judge(fileOf(edlSample({ scaler: 100 }))))).to.deep.equal(["SIGNED_VALUE_NUMBER_INVALID"]);
    expect(reasonsOf(judge(fileOf(edlSample({ value: -1n }))))).to.deep.equal(["SIGNED_VALUE_NUMBER_INVALID"]);
    expect(reasonsOf(judge(fileOf(edlSample({ value: 1n << 62n }))))).to.deep.equal(["SIGNED_VALUE_NUMBER_INVALID"]);
  });

  it("are refused with a wrong checksum, of the transport and of the message", () => {
    const bytes = smlOf(edlParts(meter, edlSample()));
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);

    expect(reasonsOf(judge(damaged, meter.point))).to.deep.equal(["SIGNED_VALUE_CHECKSUM_WRONG"]);
  });

  it("are refused where something is there twice or not at all", () => {
    const parts = edlParts(meter, edlSample());
    const entries = parts[4] ?? Buffer.alloc(0);
    const last = entries.subarray(entries.lastIndexOf(Buffer.from([0x77, 0x07])));
    const twice = Buffer.concat([Buffer.from([0x75]), entries.subarray(1), last]);
    const without = Buffer.concat([Buffer.from([0x73]), entries.subarray(1, entries.length - last.length)]);

    expect(reasonsOf(judge(smlOf(parts.with(4, twice)), meter.point))).to.deep.equal(["SIGNED_VALUE_FIELD_REPEATED"]);
    expect(reasonsOf(judge(smlOf(parts.with(4, without)), meter.point))).to.deep.equal(["SIGNED_VALUE_FIELD_MISSING"]);
  });

  it("do not nest or repeat without end", () => {
    const deep = Buffer.concat([Buffer.alloc(4_000, 0x71), Buffer.from([0x01])]);

    expect(reasonsOf(judge(smlOf([deep]), meter.point))).to.deep.equal(["SIGNED_VALUE_MALFORMED"]);
  });

  describe("as a session", () => {
    it("refuses a value that is there twice", () => {
      expect(sessionOf(judge(fileOf(edlSample(), edlSample())))?.reason).to.equal("SIGNED_SESSION_REPLAY");
    });

    it("refuses a register that runs backwards, and a time", () => {
      const begin = edlSample();

      const lower = { ...endOf(begin), value: begin.value - 1n };
      const earlier = { ...endOf(begin), seconds: begin.seconds - 1 };
      expect(sessionOf(judge(fileOf(begin, lower)))?.reason).to.equal("SIGNED_SESSION_DECREASING");
      expect(sessionOf(judge(fileOf(begin, earlier)))?.reason).to.equal("SIGNED_SESSION_ORDER");
    });

    it("refuses values of two meters, two users and two keys", () => {
      const begin = edlSample();
      const other = createMeter("prime192v1");

      const elsewhere = { ...endOf(begin), meter: "0901454d480000000001" };
      const stranger = { ...endOf(begin), identification: Buffer.from("other") };
      const mixed = safeXml([
        { data: smlOf(edlParts(meter, begin)).toString("hex"), key: meter.point },
        { data: smlOf(edlParts(other, endOf(begin))).toString("hex"), key: other.point },
      ]);
      expect(sessionOf(judge(fileOf(begin, elsewhere)))?.reason).to.equal("SIGNED_SESSION_METER_MISMATCH");
      expect(sessionOf(judge(fileOf(begin, stranger)))?.reason).to.equal("SIGNED_SESSION_IDENTIFICATION_MISMATCH");
      expect(sessionOf(judge(mixed))?.reason).to.equal("SIGNED_SESSION_KEY_MISMATCH");
    });

    it("takes values in any order, but refuses begin and end under each other's name", () => {
      const begin = edlSample();
      const data = [begin, endOf(begin)].map((sample) => smlOf(edlParts(meter, sample)).toString("hex"));
      const swapped = safeXml([
        { data: data[0] ?? "", key: meter.point, context: "Transaction.End" },
        { data: data[1] ?? "", key: meter.point, context: "Transaction.Begin" },
      ]);

      expect(sessionOf(judge(fileOf(endOf(begin), begin)))?.energyWh).to.equal("1419");
      expect(sessionOf(judge(swapped))?.reason).to.equal("SIGNED_SESSION_ORDER");
    });
  });
});

describe("Lists of ISA-EDL40", () => {
  it("prove a session at its end alone", () => {
    const meter = createMeter("prime256v1");

    for (const name of ["8180816200ff", "8180816201ff"]) {
      const open = judge(smlOf(isaParts(meter, 1_000n, 2_000n, name)), meter.point);
      expect(reasonsOf(open)).to.deep.equal(["SIGNED_VALUE_NOT_FINAL"]);
    }
    const backwards = judge(smlOf(isaParts(meter, 2_000n, 1_000n)), meter.point);
    expect(reasonsOf(backwards)).to.deep.equal(["SIGNED_VALUE_DECREASING"]);
  });
});

describe("Files of Mennekes", () => {
  it("are refused with a part twice, so that no two readers see two values", () => {
    const meter = createMeter("prime192v1");
    const begin = edlSample();
    const xml = mennekesXml(meter, begin, endOf(begin));
    const twice = xml.replace("<Value>", "<Value>1</Value><Value>");

    expect(reasonsOf(judge(Buffer.from(twice)))).to.include("SIGNED_VALUE_FIELD_REPEATED");
  });

  it("are refused with begin and end exchanged", () => {
    const meter = createMeter("prime192v1");
    const begin = edlSample();

    const lines = judge(Buffer.from(mennekesXml(meter, endOf(begin), begin)));
    expect(sessionOf(lines)?.reason).to.equal("SIGNED_SESSION_ORDER");
  });

  it("hold several sessions, each with its own energy", () => {
    const meter = createMeter("prime192v1");
    const first = edlSample();
    const second = edlSample({ counter: 90, value: 900_000n, seconds: first.seconds + 9_000 });
    const file = `<Billing>${[first, second].map((begin) => mennekesXml(meter, begin, endOf(begin))).join("")}</Billing>`;

    const energies = judge(Buffer.from(file)).filter(({ id }) => id.includes("#session-"));
    expect(energies.map(({ energyWh }) => energyWh)).to.deep.equal(["1419", "1419"]);
  });

  it("are of no known format with a document type, whatever its entities would grow to", () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><ChargingProcess>&b;</ChargingProcess>`;

    expect(judge(Buffer.from(bomb))[0]).to.include({ verdict: "unsupported", reason: "FORMAT_UNSUPPORTED" });
  });
});

describe("Texts of Alfen", () => {
  it("are refused in another length, unit or scale, and not judged in another version", () => {
    const meter = createMeter("prime192v1");
    const text = alfenText(meter, { type: 0, counter: 1, value: 5n });

    for (const [changed, reason] of [
      [text.replace("AP;0;3;", "AP;0;4;"), "FORMAT_UNSUPPORTED"],
      [`${text}AA;`, "SIGNED_VALUE_MALFORMED"],
      [text.split(";").with(4, "AAAA").join(";"), "SIGNED_VALUE_MALFORMED"],
      [alfenText(meter, { type: 0, counter: 1, value: 5n, unit: 27 }), "SIGNED_VALUE_UNIT_UNKNOWN"],
      [alfenText(meter, { type: 0, counter: 1, value: 5n, scaler: 99 }), "SIGNED_VALUE_NUMBER_INVALID"],
      [alfenText(meter, { type: 0, counter: 1, value: -5n }), "SIGNED_VALUE_NUMBER_INVALID"],
    ] as const) {
      expect(reasonsOf(judge(Buffer.from(changed)))).to.deep.equal([reason]);
    }
  });
});

describe("Sessions of Alfen", () => {
  it("are refused where the begin or the end is missing between intermediate values", () => {
    const meter = createMeter("prime192v1");
    const texts = [0, 2, 2, 1].map((type, index) => alfenText(meter, { type, counter: index, value: BigInt(index) }));

    for (const kept of [texts.slice(1), texts.slice(0, -1)]) {
      expect(sessionOf(judge(Buffer.from(kept.join("\n"))))?.reason).to.equal("SIGNED_SESSION_INCOMPLETE");
    }
    expect(sessionOf(judge(Buffer.from(texts.join("\n"))))?.energyWh).to.equal("3");
  });
});

describe("Containers of chargeIT", () => {
  it("carry texts of Alfen as well as values of their own", () => {
    const meter = createMeter("prime192v1");
    const texts = [0, 1].map((type) => alfenText(meter, { type, counter: type, value: BigInt(7 * type) }));
    const file = JSON.stringify({ signedMeterValues: texts.map((signedMeterValue) => ({ signedMeterValue })) });

    expect(sessionOf(judge(Buffer.from(file)))).to.include({ format: "ALFEN", energyWh: "7" });
  });
});

describe("Containers of the PTB", () => {
  it("hold records of OCMF in full, too, which keep their counter and their user", () => {
    const key = createTestKey("secp256r1");
    const records = [
      payloadText({ PG: '"T7"' }, [beginReading]),
      payloadText({ PG: '"T8"' }, [{ ...endReading, RV: "101.500" }]),
    ].map((text) => `OCMF|${text}|{"SD":"${signHex(key, bytesOf(text))}"}`);
    const container = (ocmfBegin = "", ocmfEnd = ""): Buffer => Buffer.from(JSON.stringify({ ocmfBegin, ocmfEnd }));

    const keyText = Buffer.from(encodePoint(key.publicKey)).toString("hex");
    const lines = judge(container(records[0], records[1]), keyText);
    expect(reasonsOf(lines)).to.deep.equal([null, null, null]);
    expect(sessionOf(lines)?.energyWh).to.equal("1500");
    const exchanged = judge(container(records[1], records[0]), keyText);
    expect(exchanged.every(({ energyWh }) => energyWh === null)).to.equal(true);
    expect(sessionOf(exchanged)?.verdict).to.equal("refused");
  });
});

describe("Sessions of PCDF", () => {
  it("are refused where they say themselves that they are not to be billed, and where a part is wrong or missing", () => {
    const meter = createMeter("prime256v1");
    for (const [overrides, reason] of [
      [{ SP: "0" }, "SIGNED_VALUE_NOT_FINAL"],
      [{ BV: "0" }, "SIGNED_VALUE_METER_ERROR"],
      [{ RV: "12.345*kWh" }, "SIGNED_VALUE_NUMBER_INVALID"],
      [{ RV: "0012.345*Wh" }, "SIGNED_VALUE_NUMBER_INVALID"],
      [{ CT: "260231000000" }, "SIGNED_VALUE_TIME_INVALID"],
      [{ CT: "260301080000" }, "SIGNED_VALUE_TIME_INVALID"],
      [{ CSC: "x" }, "SIGNED_VALUE_NUMBER_INVALID"],
    ] as const) {
      expect(reasonsOf(judge(Buffer.from(pcdfText(meter, overrides))))).to.deep.equal([reason]);
    }
    const twice = pcdfText(meter).replace("(RV:", "(RV:0000.000*kWh)(RV:");
    expect(reasonsOf(judge(Buffer.from(twice)))).to.deep.equal(["SIGNED_VALUE_FIELD_REPEATED"]);
  });

  it("are read with the frame characters that chargers leave around them", () => {
    const meter = createMeter("prime256v1");

    expect(judge(Buffer.from(`\u0002${pcdfText(meter)}\u0003\r\n`))[0]?.energyWh).to.equal("12345");
  });
});

describe("Receipts of ChargePoint", () => {
  it("are read in both units and refused backwards, in others and without their signature", () => {
    const meter = createMeter("secp224k1");
    const key = `304e301006072a8648ce3d020106052b81040020033a0004${meter.point}`;
    for (const [receipt, expected] of [
      [chargePointReceipt("1.5", "9.75", "kWh"), "8250"],
      [chargePointReceipt(9, 8), "SIGNED_VALUE_DECREASING"],
      [chargePointReceipt(8, 9, "MWh"), "SIGNED_VALUE_UNIT_UNKNOWN"],
      [chargePointReceipt(-8, 9), "SIGNED_VALUE_NUMBER_INVALID"],
    ] as const) {
      const [line] = judge(receipt, key, sign("sha256", receipt, meter.privateKey));
      expect(line?.energyWh ?? line?.reason).to.equal(expected);
    }
    expect(reasonsOf(judge(chargePointReceipt(8, 9), key))).to.deep.equal(["SIGNED_VALUE_SIGNATURE_MISSING"]);
  });
});

describe("A day that does not exist", () => {
  // Readers of dates take the 29th of February 2026 for the 1st of March, and the signed seconds would say the same.
  for (const [name, reason] of [
    ["Mennekes", "SIGNED_VALUE_TIME_INVALID"],
    ["BSM-WS36A", "SIGNED_VALUE_CONTRADICTED"],
  ] as const) {
    it(`is no time of ${name}`, () => {
      const sample = signedSamples().find((one) => one.name === name) ?? expect.fail("There is such a sample.");
      const text = Buffer.from(sample.file).toString();
      expect(text).to.contain("2026-03-01T");
      const lines = judge(Buffer.from(text.replaceAll("2026-03-01T", "2026-02-29T")), sample.key);
      expect(reasonsOf(lines)).to.include(reason);
      expect(lines.map(({ verdict }) => verdict)).to.not.include("accepted");
    });
  }
});

describe("Bytes of no known format", () => {
  it("are unsupported and never refused", () => {
    for (const file of ["", "hello", "{}", "[1]", "<a/>", "<values/>", "\u0000\u0001", "JVBERi0xLjcK", "{", "<"]) {
      const lines = judge(Buffer.from(file));
      expect(lines, file).to.have.length(1);
      expect(lines[0], file).to.include({ verdict: "unsupported", reason: "FORMAT_UNSUPPORTED" });
    }
    expect(judge(Buffer.alloc(5_000_000, "A"))[0]?.verdict).to.equal("unsupported");
  });
});
