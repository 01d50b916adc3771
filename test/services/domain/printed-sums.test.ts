import { expect } from "chai";
import fc from "fast-check";

import { decimalsOf, roundParts } from "../../../services/domain/printed-sums.ts";

const sumOf = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);
const parts = fc.array(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), { maxLength: 8 });
const unit = fc.constantFrom(1n, 10n, 10_000n, 1_000_000n, 7n);

describe("Parts that are printed", function () {
  it("refuse a digit that is worth nothing", function () {
    expect(() => roundParts([1n], 0n)).to.throw(RangeError);
    expect(() => roundParts([1n], -1n)).to.throw(RangeError);
  });

  it("add up to the printed total, and each is one of its neighbours", function () {
    fc.assert(
      fc.property(parts, unit, (values, digit) => {
        const rounded = roundParts(values, digit);
        const total = sumOf(values);
        expect(rounded).to.have.lengthOf(values.length);
        expect(rounded.every((value) => value % digit === 0n)).to.equal(true);
        expect(sumOf(rounded) <= total && total < sumOf(rounded) + digit).to.equal(true);
        for (const [index, value] of rounded.entries()) {
          const difference = value - (values[index] ?? 0n);
          expect(difference < digit && -difference < digit).to.equal(true);
        }
      }),
    );
  });

  it("keep what needs no rounding, and never turn a part above zero into one below", function () {
    fc.assert(
      fc.property(parts, unit, (values, digit) => {
        const whole = values.map((value) => value * digit);
        expect(roundParts(whole, digit)).to.deep.equal(whole);
        const positive = values.map((value) => (value < 0n ? -value : value));
        expect(roundParts(positive, digit).every((value) => value >= 0n)).to.equal(true);
      }),
    );
  });

  it("round up those that lack least, in order", function () {
    // 5.437 and 14.563 of a hold of 20: cut off, one cent would be missing.
    expect(roundParts([5_437_430n, 14_562_570n], 10_000n)).to.deep.equal([5_440_000n, 14_560_000n]);
    expect(roundParts([5n, 5n, 5n, 5n], 10n)).to.deep.equal([10n, 10n, 0n, 0n]);
    expect(roundParts([], 10n)).to.deep.equal([]);
  });

  it("need as many decimals as leave nothing out", function () {
    expect(decimalsOf(20_000_000n, 6, 2)).to.equal(2);
    expect(decimalsOf(20_120_000n, 6, 2)).to.equal(2);
    expect(decimalsOf(20_123_400n, 6, 2)).to.equal(4);
    expect(decimalsOf(1n, 6, 2)).to.equal(6);
    expect(decimalsOf(0n, 6, 2)).to.equal(2);
  });
});
