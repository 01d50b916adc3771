import { expect } from "chai";
import { concat, keccak256, toUtf8Bytes, ZeroHash } from "ethers";

import type { BillingReadingStructOutput } from "../../../types/OcmfScanner.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { deployedOcmf, type OcmfFixture } from "../../helpers/ocmf-chain.ts";
import { beginReading, bytesOf, endReading, payloadText, type RawMembers } from "../../helpers/ocmf.ts";

const beginMs = BigInt(Date.UTC(2026, 2, 1, 9));
const endMs = BigInt(Date.UTC(2026, 2, 1, 10, 30));
const synchronised = "0x53";
const absent = [false, 0n, 0n, "0x00", false];

/** The characters of an OBIS code at the end of a word. */
function registerWord(code: string): string {
  return `0x${Buffer.from(code).toString("hex").padStart(64, "0")}`;
}

/** A reading as `PackedReading` has it. */
function wordOf(reading: BillingReadingStructOutput): bigint {
  if (!reading.isPresent) return 0n;
  const clock = BigInt.asUintN(64, reading.epochMs) | (BigInt(reading.synchronisation) << 64n);
  return reading.registerMicroWh | (clock << 64n) | ((reading.hasTimeError ? 3n : 2n) << 136n);
}

/** What stands for a register that only grows: 120 bits, never 0. */
function totalOf(register: string): bigint {
  return (BigInt(keccak256(register)) >> 136n) | 1n;
}

describe("OcmfScanner.scan", () => {
  let fixture: OcmfFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedOcmf);
  });

  /** Begin and end of the register that is billed, in 10⁻⁶ Wh; `null` where absent. */
  async function registersOf(payload: string): Promise<(bigint | null)[]> {
    const { begin, end } = await fixture.scanner.scan(bytesOf(payload));
    return [begin, end].map((reading) => (reading.isPresent ? reading.registerMicroWh : null));
  }

  const both = (begin: RawMembers, end: RawMembers): string =>
    payloadText({}, [
      { ...beginReading, ...begin },
      { ...endReading, ...end },
    ]);

  it("reads all that a complete record says", async () => {
    const payload = payloadText();

    expect(await fixture.scanner.scan(bytesOf(payload))).to.deep.equal([
      7n,
      BigInt(payload.indexOf("AABBCCDD")),
      8n,
      keccak256(toUtf8Bytes("M1")),
      keccak256(toUtf8Bytes("G1")),
      registerWord("1-b:1.8.0"),
      [true, 100_000_000_000n, beginMs, synchronised, false],
      [true, 112_345_000_000n, endMs, synchronised, false],
    ]);
  });

  it("reads a begin alone, an end alone, and neither", async () => {
    const { scanner } = fixture;
    const withoutId = { ID: undefined, MS: undefined, GS: "null" };

    expect(await scanner.scan(bytesOf(payloadText(withoutId, [beginReading])))).to.deep.equal([
      7n,
      0n,
      0n,
      ZeroHash,
      ZeroHash,
      registerWord("1-b:1.8.0"),
      [true, 100_000_000_000n, beginMs, synchronised, false],
      absent,
    ]);
    expect(await registersOf(payloadText({}, [endReading]))).to.deep.equal([null, 112_345_000_000n]);
    expect(await registersOf(payloadText({}, [{ ...beginReading, TX: '"C"' }]))).to.deep.equal([null, null]);
  });

  it("carries fields forward, but never the value", async () => {
    expect(await registersOf(payloadText({}, [beginReading, { TX: '"E"', RV: "101" }]))).to.deep.equal([
      100_000_000_000n,
      101_000_000_000n,
    ]);
    // The marker too: as some meters list a register more after the end.
    expect(
      await registersOf(payloadText({}, [beginReading, endReading, { RV: "0.00", RI: '"1-b:1.9.0"', RU: '"kWh"' }])),
    ).to.deep.equal([100_000_000_000n, 112_345_000_000n]);
  });

  it("reads every way to write a value exactly, begin rounded up and end down", async () => {
    for (const [text, microWh] of [
      ["112.345", 112_345_000_000n],
      ["112.3450000000000000000", 112_345_000_000n],
      ["1.12345e2", 112_345_000_000n],
      ["1.12345E+2", 112_345_000_000n],
      ["112345e-3", 112_345_000_000n],
      ['"00000112.345"', 112_345_000_000n],
      ['"     112.345"', 112_345_000_000n],
      ["112.34567891", 112_345_678_910n],
      ["112.3456789999", 112_345_678_999n],
      ["9223372036.854775807", 9_223_372_036_854_775_807n],
    ] as const) {
      expect(await registersOf(both({}, { RV: text }))).to.deep.equal([100_000_000_000n, microWh]);
    }
    for (const [text, microWh] of [
      ["0", 0n],
      ["0.0000000001", 1n],
      ["99.9999999991", 100_000_000_000n],
      ["99.999999999", 99_999_999_999n],
      ["0e30", 0n],
      ["1e-30", 1n],
    ] as const) {
      expect(await registersOf(both({ RV: text }, {}))).to.deep.equal([microWh, 112_345_000_000n]);
    }
    expect(await registersOf(both({ RV: "100000", RU: '"Wh"' }, {}))).to.deep.equal([
      100_000_000_000n,
      112_345_000_000n,
    ]);
    expect(await registersOf(both({ RV: "0.0000001", RU: '"Wh"' }, {}))).to.deep.equal([1n, 112_345_000_000n]);
  });

  it("reads times with and without colon, of either sign, to the millisecond", async () => {
    for (const [text, epochMs, letter] of [
      ["2026-03-01T10:00:00,000+0100 S", Date.UTC(2026, 2, 1, 9), "S"],
      ["2026-03-01T10:00:00,007+01:30 R", Date.UTC(2026, 2, 1, 8, 30, 0, 7), "R"],
      ["2024-02-29T23:59:59,999-1400 I", Date.UTC(2024, 2, 1, 13, 59, 59, 999), "I"],
      ["2000-02-29T00:00:00,000+0000 U", Date.UTC(2000, 1, 29), "U"],
      ["1970-01-01T00:00:00,000+0200 U", -7_200_000, "U"],
      ["2099-12-31T12:00:00,000-0030 S", Date.UTC(2099, 11, 31, 12, 30), "S"],
      ["9999-12-31T23:59:59,999-1400 S", Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 14 * 3_600_000, "S"],
    ] as const) {
      const payload = payloadText({}, [{ ...endReading, TM: `"${text}"` }]);
      const { end } = await fixture.scanner.scan(bytesOf(payload));
      expect([end.epochMs, end.synchronisation]).to.deep.equal([
        BigInt(epochMs),
        `0x${letter.charCodeAt(0).toString(16)}`,
      ]);
    }
  });

  it("reads the days of four centuries as the calendar has them", async () => {
    const days = Array.from({ length: 48 }, (_, index) =>
      Date.UTC(1970 + index * 9, (index * 7) % 12, 1 + (index % 28)),
    );

    for (const day of days) {
      const text = new Date(day).toISOString().slice(0, 19);
      const { end } = await fixture.scanner.scan(
        bytesOf(payloadText({}, [{ ...endReading, TM: `"${text},000+0000 S"` }])),
      );
      expect(end.epochMs).to.equal(BigInt(day));
    }
  });

  it("takes every end marker and events in between", async () => {
    for (const marker of ["E", "L", "R", "A", "P"]) {
      expect(await registersOf(both({}, { TX: `"${marker}"` }))).to.deep.equal([100_000_000_000n, 112_345_000_000n]);
    }
    const event = { TX: '"S"', RV: undefined };
    const events = ["C", "S", "T"].map((marker) => ({ TX: `"${marker}"`, RV: "101" }));
    expect(await registersOf(payloadText({}, [beginReading, ...events, event, endReading]))).to.deep.equal([
      100_000_000_000n,
      112_345_000_000n,
    ]);
  });

  it("marks times that the meter itself calls unusable, and does not compare them", async () => {
    const payload = both({}, { EF: '"t"', TM: '"2026-02-01T10:00:00,000+0100 S"' });

    const { begin, end } = await fixture.scanner.scan(bytesOf(payload));

    expect([begin.hasTimeError, end.hasTimeError]).to.deep.equal([false, true]);
  });

  it("bills the transaction's register before a total, then the vehicle's energy before the mains'", async () => {
    const registers = ["B0", "B1", "B2", "B3"];
    for (let best = 1; best < registers.length; best += 1) {
      for (const codes of [registers.slice(0, best + 1), registers.slice(0, best + 1).reverse()]) {
        const readings = (reading: RawMembers): RawMembers[] =>
          codes.map((quantity) => ({
            ...reading,
            RI: `"01-00:${quantity}.08.00*FF"`,
            RV: `${Number(reading["RV"]) + registers.indexOf(quantity)}`,
          }));
        const payload = payloadText({}, [...readings(beginReading), ...readings(endReading)]);

        const { register, begin, end } = await fixture.scanner.scan(bytesOf(payload));

        expect([register, begin.registerMicroWh, end.registerMicroWh]).to.deep.equal([
          registerWord(`01-00:${registers[best] ?? ""}.08.00*FF`),
          100_000_000_000n + BigInt(best) * 1_000_000_000n,
          112_345_000_000n + BigInt(best) * 1_000_000_000n,
        ]);
      }
    }
  });

  it("knows the spellings of import registers and passes over the others", async () => {
    for (const code of [
      "1-b:1.8.0",
      "1-0:1.8.0",
      "1-0:1.8.0*198",
      "1-0:1.8.0*255",
      "01-00:01.08.00.FF",
      "01-00:98.08.00.FF",
      "1-b:1.8.e",
      "1-0:1.8.1",
      "01-00:b3.08.00*ff",
    ]) {
      const other = { RI: '"1-b:2.8.0"', RV: "900", RU: '"kWh"' };
      const duration = { RI: '"01-00:00.08.06.FF"', RV: '"      30"', RU: '"sec"' };
      const payload = payloadText({}, [
        { ...beginReading, RI: `"${code}"` },
        { ...other, TX: '"B"' },
        { ...endReading, RI: `"${code}"` },
        other,
        duration,
        { ...duration, RV: "null" },
      ]);
      expect(await registersOf(payload)).to.deep.equal([100_000_000_000n, 112_345_000_000n]);
    }
  });

  it("reads only the list of readings of the payload itself, whatever extensions look like", async () => {
    const decoy = '[{"TX":"B","RV":0,"RI":"1-b:1.8.0"},{"TX":"E","RV":9999,"RI":"1-b:1.8.0"}]';
    const payload = payloadText({ U: decoy, TT: '"\\"RD\\":[{\\"RV\\":1}]\\\\"', ZZ: `{"RD":${decoy}}` }, [
      beginReading,
      { ...endReading, UC: '{"RV":99999,"TX":"E","ST":"E"}', RZ: decoy },
    ]);

    expect(await registersOf(payload)).to.deep.equal([100_000_000_000n, 112_345_000_000n]);
  });

  it("takes white space wherever JSON allows it, and text of every kind where it is not read", async () => {
    const spaced = payloadText({ GI: '"Ökostrom 0,39 €/kWh 😀 \\u00e9 \\/ \\b\\f\\n\\r\\t\u007f"', MF: "-1.5E-7" })
      .replaceAll('":', '" \t:\r\n ')
      .replaceAll(',"', ' \n,\n "')
      .replaceAll("},{", "} , {");

    expect(await registersOf(`\r\n ${spaced} \t`)).to.deep.equal([100_000_000_000n, 112_345_000_000n]);
  });

  it("says the same in four words", async () => {
    const { scanner } = fixture;
    const origin = { MS: '"Zähler 5"', GS: undefined };
    for (const payload of [
      payloadText(),
      payloadText({ ...origin, ID: undefined, PG: '"T123456789012345678"' }, [beginReading]),
      payloadText(origin, [{ ...endReading, EF: '"t"', TM: '"1970-01-01T00:00:00,000+0200 U"' }]),
      payloadText({}, [{ ...beginReading, TX: '"C"' }]),
      both({ RV: "9223372036.8" }, { RV: "9223372036.854775807" }),
      both({ RI: '"1-0:B0.8.0"' }, { RI: '"1-0:B0.8.0"' }),
    ]) {
      const content = await scanner.scan(bytesOf(payload));
      const { identificationLength, identificationPosition, pagination } = content;
      const { meterSerialHash, gatewaySerialHash, register } = content;

      expect([...(await scanner.scanPacked(bytesOf(payload)))]).to.deep.equal([
        identificationLength | (identificationPosition << 32n) | (pagination << 64n) | (totalOf(register) << 128n),
        keccak256(concat([meterSerialHash, gatewaySerialHash, register])),
        wordOf(content.begin),
        wordOf(content.end),
      ]);
    }
  });

  it("says nothing of a register that starts over with each transaction", async () => {
    for (const register of ["1-0:B2.8.0", "01-00:B3.08.00*FF", "1-0:98.8.0", "1-0:1.8.0*198"]) {
      const RI = `"${register}"`;
      const [identification] = await fixture.scanner.scanPacked(bytesOf(both({ RI }, { RI })));

      expect(identification >> 128n, register).to.equal(0n);
    }
  });

  it("takes what lies exactly at its limits", async () => {
    const nested = "[".repeat(7) + "]".repeat(7);
    const keys = Array.from({ length: 16 }, (_, index) => `"k${index}":1`).join();
    const events = Array.from({ length: 62 }, () => ({ TX: '"C"', RV: "100" }));
    const atLimits = payloadText({ GI: nested, MV: `{${keys}}`, MM: "1".repeat(64), PG: '"T123456789012345678"' });
    const full = payloadText({ XP: `"${"x".repeat(3072 - payloadText({ XP: '""' }).length)}"` });

    expect(full.length).to.equal(3072);
    for (const payload of [atLimits, full, payloadText({ ["k".repeat(31)]: "1" })]) {
      expect(await registersOf(payload)).to.deep.equal([100_000_000_000n, 112_345_000_000n]);
    }
    const many = payloadText({}, [beginReading, ...events, { TX: '"E"', RV: "101" }]);
    expect(await registersOf(many)).to.deep.equal([100_000_000_000n, 101_000_000_000n]);
  });
});
