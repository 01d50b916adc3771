import { expect } from "chai";
import fc from "fast-check";

import {
  compareDecimals,
  formatDecimal,
  parseJsonDecimal,
  parsePaddedDecimal,
  shiftDecimal,
  subtractDecimals,
  toMicroWh,
} from "../../../services/domain/decimal.ts";
import type { Decimal } from "../../../services/domain/decimal.ts";

const anyDecimal: fc.Arbitrary<Decimal> = fc.record({
  unscaled: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  scale: fc.integer({ min: 0, max: 25 }),
});

describe("Exact decimals", () => {
  for (const text of [
    "",
    "-1",
    "-0",
    "-0.0",
    "+1",
    "01",
    "0112.345",
    ".5",
    "1.",
    "1e",
    "1e+",
    "1e1.5",
    "1e400",
    "1e-400",
    "1e31",
    "1e0031",
    "0x70",
    "NaN",
    "Infinity",
    "1 ",
    " 1",
    "1_000",
    "1,5",
    "1".repeat(101),
    `${"1".repeat(60)}.${"1".repeat(60)}`,
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 12))} as a JSON number that may be billed`, () => {
      expect(parseJsonDecimal(text)).to.equal(null);
    });
  }

  for (const text of [
    "",
    " ",
    "-1",
    "+1",
    "1 ",
    "\t1",
    "1 2",
    "1,5",
    ".5",
    "1.",
    "1e3",
    "0x10",
    "１２",
    "1kWh",
    "\u00a01",
    "1".repeat(101),
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 12))} as quoted digits`, () => {
      expect(parsePaddedDecimal(text)).to.equal(null);
    });
  }

  for (const [text, canonical] of [
    ["0", "0"],
    ["0.000", "0"],
    ["0e5", "0"],
    ["112.345", "112.345"],
    ["112.3450000000000000000", "112.345"],
    ["1.606848e7", "16068480"],
    ["1.12345E+2", "112.345"],
    ["112345e-3", "112.345"],
    ["1e-30", "0.000000000000000000000000000001"],
    ["9007199254740993", "9007199254740993"],
  ] as const) {
    it(`reads ${text} exactly`, () => {
      const value = parseJsonDecimal(text);
      expect(value === null ? null : formatDecimal(value)).to.equal(canonical);
    });
  }

  for (const [text, canonical] of [
    ["00000446.540", "446.54"],
    ["       9.038", "9.038"],
    ["  00.0", "0"],
    ["0.636", "0.636"],
  ] as const) {
    it(`reads the quoted digits ${JSON.stringify(text)} exactly`, () => {
      const value = parsePaddedDecimal(text);
      expect(value === null ? null : formatDecimal(value)).to.equal(canonical);
    });
  }

  it("formats without exponent, without trailing zeros and with a sign only below zero", () => {
    fc.assert(
      fc.property(anyDecimal, (value) => {
        const text = formatDecimal(value);
        expect(text).to.match(/^(0|-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?)$/);
        expect(text).not.to.equal("-0");
        const negative = text.startsWith("-");
        const read = parseJsonDecimal(negative ? text.slice(1) : text);
        if (read === null) throw new Error(text);
        const back = negative ? { ...read, unscaled: -read.unscaled } : read;
        expect(compareDecimals(back, value)).to.equal(0);
      }),
    );
  });

  it("subtracts, compares and shifts as integers of a common unit do", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, fc.integer({ min: 0, max: 9 }), (left, right, power) => {
        const atCommonScale = (value: Decimal): bigint => value.unscaled * 10n ** BigInt(25 - value.scale);
        const difference = atCommonScale(left) - atCommonScale(right);
        expect(atCommonScale(subtractDecimals(left, right))).to.equal(difference);
        expect(Math.sign(compareDecimals(left, right))).to.equal(difference < 0n ? -1 : difference > 0n ? 1 : 0);
        expect(atCommonScale(shiftDecimal(left, power))).to.equal(atCommonScale(left) * 10n ** BigInt(power));
      }),
    );
  });

  it("reads a hundred digits", () => {
    const text = `${"1".repeat(50)}.${"1".repeat(50)}`;
    const value = parseJsonDecimal(text);
    expect(value === null ? null : formatDecimal(value)).to.equal(text);
  });

  it("tells the smallest difference from none", () => {
    const value = { unscaled: 1_000n, scale: 3 };
    expect(compareDecimals(value, { unscaled: 1n, scale: 0 })).to.equal(0);
    expect(compareDecimals(value, { unscaled: 1_001n, scale: 3 })).to.equal(-1);
    expect(compareDecimals(value, { unscaled: 999n, scale: 3 })).to.equal(1);
  });

  it("rounds to 10^-6 Wh in the direction that is named", () => {
    fc.assert(
      fc.property(anyDecimal, (value) => {
        const scaled = value.unscaled * 10n ** 6n;
        const unit = 10n ** BigInt(value.scale);
        const [up, down] = [toMicroWh(value, "up"), toMicroWh(value, "down")];
        expect(down * unit <= scaled && scaled < (down + 1n) * unit).to.equal(true);
        expect((up - 1n) * unit < scaled && scaled <= up * unit).to.equal(true);
      }),
    );
  });

  it("keeps what 10^-6 Wh can hold", () => {
    expect(toMicroWh({ unscaled: 1_234_567n, scale: 6 }, "up")).to.equal(1_234_567n);
    expect(toMicroWh({ unscaled: 12n, scale: 0 }, "down")).to.equal(12_000_000n);
    expect(toMicroWh({ unscaled: 12_345_678_901n, scale: 10 }, "up")).to.equal(1_234_568n);
    expect(toMicroWh({ unscaled: 12_345_678_901n, scale: 10 }, "down")).to.equal(1_234_567n);
  });
});
