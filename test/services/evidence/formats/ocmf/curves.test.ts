import { createPublicKey, generateKeyPairSync } from "node:crypto";

import { expect } from "chai";

import { toInteger } from "../../../../../services/evidence/formats/ocmf/bytes.ts";
import { curveParameters, decompressY, isOnCurve } from "../../../../../services/evidence/formats/ocmf/curves.ts";
import { readDerElement } from "../../../../../services/evidence/formats/ocmf/der.ts";
import { createTestKey, curveNames, curves } from "../../../../helpers/ocmf.ts";

/** The contents of the elements that follow each other in `bytes`. */
function elements(bytes: Uint8Array): Uint8Array[] {
  const contents: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = readDerElement(bytes, at);
    if (element === null) throw new RangeError("not DER");
    contents.push(element.content);
    at = element.end;
  }
  return contents;
}

function descend(bytes: Uint8Array, ...path: readonly number[]): Uint8Array {
  return path.reduce((inner, index) => elements(inner)[index] ?? new Uint8Array(), bytes);
}

describe("Curves of meters' keys", () => {
  for (const curve of Object.values(curveParameters).map((one) => one.curve)) {
    it(`has the parameters of ${curve} that OpenSSL has`, () => {
      const { publicKey } = generateKeyPairSync("ec", {
        namedCurve: curveNames[curve].openSsl,
        paramEncoding: "explicit",
        publicKeyEncoding: { type: "spki", format: "der" },
        privateKeyEncoding: { type: "pkcs8", format: "der" },
      });
      // SubjectPublicKeyInfo, AlgorithmIdentifier, ECParameters of RFC 3279.
      const parameters = descend(publicKey, 0, 0, 1);
      const { p, a, b, n, coordinateBytes, scalarBytes } = curveParameters[curve];
      expect({
        p: toInteger(descend(parameters, 1, 1)),
        a: toInteger(descend(parameters, 2, 0)),
        b: toInteger(descend(parameters, 2, 1)),
        n: toInteger(descend(parameters, 4)),
        cofactor: toInteger(descend(parameters, 5)),
      }).to.deep.equal({ p, a, b, n, cofactor: 1n });
      expect(p.toString(16).length).to.equal(2 * coordinateBytes);
      expect(Math.ceil(n.toString(16).length / 2)).to.equal(scalarBytes);
      expect([p % 4n, p % 8n]).to.deep.equal(curve === "secp224k1" ? [1n, 5n] : [3n, p % 8n]);
    });

    it(`tells points of ${curve} from others`, () => {
      const { x, y } = createTestKey(curve).publicKey;
      const { p } = curveParameters[curve];
      expect(isOnCurve(curve, x, y)).to.equal(true);
      expect(isOnCurve(curve, x, y ^ 1n)).to.equal(false);
      expect(isOnCurve(curve, x, y + p)).to.equal(false);
      expect(isOnCurve(curve, x + p, y)).to.equal(false);
      expect(isOnCurve(curve, x, y - p)).to.equal(false);
      expect(isOnCurve(curve, x - p, y)).to.equal(false);
      expect(isOnCurve(curve, 0n, 0n)).to.equal(false);
      const yOfZero = decompressY(curve, 0n, true);
      if (yOfZero !== null) expect(isOnCurve(curve, 0n, yOfZero)).to.equal(true);
    });

    it(`finds both y of an x of ${curve}, and none where there is none`, () => {
      const { x, y } = createTestKey(curve).publicKey;
      const { p } = curveParameters[curve];
      expect(decompressY(curve, x, (y & 1n) === 1n)).to.equal(y);
      expect(decompressY(curve, x, (y & 1n) === 0n)).to.equal(p - y);
      expect(decompressY(curve, x + p, true)).to.equal(null);
      const withoutPoint = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n].find(
        (each) => decompressY(curve, each, true) === null,
      );
      expect(withoutPoint).to.be.a("bigint");
    });
  }

  it("names keys as OpenSSL does", () => {
    for (const curve of curves) {
      const { privateKey } = createTestKey(curve);
      expect(createPublicKey(privateKey).asymmetricKeyDetails?.namedCurve).to.equal(curveNames[curve].openSsl);
    }
  });
});
