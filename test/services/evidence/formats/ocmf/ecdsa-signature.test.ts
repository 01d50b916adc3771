import { expect } from "chai";
import fc from "fast-check";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { fromInteger } from "../../../../../services/evidence/formats/ocmf/bytes.ts";
import { curveParameters } from "../../../../../services/evidence/formats/ocmf/curves.ts";
import { readEcdsaSignature } from "../../../../../services/evidence/formats/ocmf/ecdsa-signature.ts";
import { curves, expectReason } from "../../../../helpers/ocmf.ts";

const { n } = curveParameters.secp256r1;
const hexOf = (value: bigint, bytes = 32): string => Buffer.from(fromInteger(value, bytes)).toString("hex");
const integer = (content: string): string => `02${(content.length / 2).toString(16).padStart(2, "0")}${content}`;
const sequence = (content: string): string => `30${(content.length / 2).toString(16).padStart(2, "0")}${content}`;
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const r = hexOf(0x95f2n << 240n);
const s = hexOf(0x1234n);

function refuses(what: string, text: string, reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expectReason(() => readEcdsaSignature("secp256r1", hex(text)), reason);
  });
}

describe("ECDSA signature of OCMF", () => {
  refuses("nothing", "", "OCMF_SIGNATURE_MALFORMED");
  refuses("DER that is cut off", sequence(integer(r) + integer(s)).slice(0, -2), "OCMF_SIGNATURE_MALFORMED");
  refuses("bytes after DER", `${sequence(integer(r) + integer(s))}00`, "OCMF_SIGNATURE_MALFORMED");
  refuses("bytes after s", sequence(`${integer(r)}${integer(s)}0500`), "OCMF_SIGNATURE_MALFORMED");
  refuses("a single INTEGER", sequence(integer(r)), "OCMF_SIGNATURE_MALFORMED");
  refuses("an empty INTEGER", sequence(`${integer(r)}0200`), "OCMF_SIGNATURE_MALFORMED");
  refuses("another tag", sequence(`${integer(r)}0401aa`), "OCMF_SIGNATURE_MALFORMED");
  refuses("an indefinite length", `3080${integer(r)}${integer(s)}0000`, "OCMF_SIGNATURE_MALFORMED");
  refuses("r and s of another curve", hexOf(5n, 24) + hexOf(6n, 24), "OCMF_SIGNATURE_MALFORMED");
  refuses("r and s with a prefix", `04${r}${s}`, "OCMF_SIGNATURE_MALFORMED");
  refuses("r of zero", sequence(integer("00") + integer(s)), "OCMF_SIGNATURE_OUT_OF_RANGE");
  refuses("s of zero", r + hexOf(0n), "OCMF_SIGNATURE_OUT_OF_RANGE");
  refuses("r of n", hexOf(n) + s, "OCMF_SIGNATURE_OUT_OF_RANGE");
  refuses("s of n", sequence(integer(r) + integer(`00${hexOf(n)}`)), "OCMF_SIGNATURE_OUT_OF_RANGE");
  refuses("s plus n", sequence(integer(r) + integer(hexOf(n + 0x1234n, 33))), "OCMF_SIGNATURE_OUT_OF_RANGE");
  refuses("r plus n", sequence(integer(hexOf(n + 5n, 33)) + integer(s)), "OCMF_SIGNATURE_OUT_OF_RANGE");

  const forms: readonly (readonly [string, string])[] = [
    ["strict DER", sequence(integer(`00${r}`) + integer("1234"))],
    ["INTEGERs without the zero byte", sequence(integer(r) + integer(s))],
    ["INTEGERs with too many zero bytes", sequence(integer(`000000${r}`) + integer(`000000${s}`))],
    ["lengths that are longer than needed", `308144${integer(r)}${integer(s)}`],
    ["bare r and s", r + s],
  ];
  for (const [what, text] of forms) {
    it(`reads ${what}`, () => {
      expect(readEcdsaSignature("secp256r1", hex(text))).to.deep.equal({ r: 0x95f2n << 240n, s: 0x1234n });
    });
  }

  it("keeps an s of just below half of n and turns one of just above", () => {
    const half = n / 2n;
    for (const each of [half, half + 1n]) {
      expect(readEcdsaSignature("secp256r1", hex(r + hexOf(each)))).to.deep.equal({ r: 0x95f2n << 240n, s: half });
    }
  });

  for (const curve of curves) {
    it(`reads both twins of a signature on ${curve} as the one with the lower s, in every form`, () => {
      const { n: order, coordinateBytes } = curveParameters[curve];
      const scalar = fc.bigInt({ min: 1n, max: order - 1n });
      fc.assert(
        fc.property(scalar, scalar, (first, second) => {
          const expected = { r: first, s: second > order / 2n ? order - second : second };
          for (const twin of [second, order - second]) {
            const [left, right] = [hexOf(first, coordinateBytes), hexOf(twin, coordinateBytes)];
            expect(readEcdsaSignature(curve, hex(left + right))).to.deep.equal(expected);
            expect(readEcdsaSignature(curve, hex(sequence(integer(left) + integer(right))))).to.deep.equal(expected);
          }
        }),
      );
    });
  }

  it("answers every byte string with a signature in range or a refusal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          const read = readEcdsaSignature("secp256r1", bytes);
          expect(read.r >= 1n && read.r < n && read.s >= 1n && read.s <= n / 2n).to.equal(true);
        } catch (error) {
          expect(error).to.have.property("name", "VerdictSignal");
        }
      }),
    );
  });
});
