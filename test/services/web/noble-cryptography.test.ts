import { createECDH, generateKeyPairSync, sign } from "node:crypto";

import { expect } from "chai";

import { fromInteger, toInteger } from "../../../services/evidence/formats/ocmf/bytes.ts";
import { curveParameters } from "../../../services/evidence/formats/ocmf/curves.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import type { Curve, EcdsaSignature, PublicKey } from "../../../services/evidence/formats/ocmf/types.ts";
import { basePoints, nobleCryptography } from "../../../services/web/page/receipt/noble-cryptography.ts";

const opensslNames: Readonly<Record<Curve, string>> = {
  secp192k1: "secp192k1",
  secp192r1: "prime192v1",
  secp256k1: "secp256k1",
  secp256r1: "prime256v1",
  secp384r1: "secp384r1",
  brainpoolP256r1: "brainpoolP256r1",
  brainpoolP384r1: "brainpoolP384r1",
  secp224k1: "secp224k1",
};
const curves = Object.values(curveParameters).map(({ curve }) => curve);
const message = new TextEncoder().encode('{"PG":"T1"}');

function signOn(curve: Curve): { readonly key: PublicKey; readonly signature: EcdsaSignature } {
  const { coordinateBytes, scalarBytes } = curveParameters[curve];
  const pair = generateKeyPairSync("ec", { namedCurve: opensslNames[curve] });
  const point = pair.publicKey.export({ type: "spki", format: "der" }).subarray(-2 * coordinateBytes);
  const bytes = sign("sha256", message, { key: pair.privateKey, dsaEncoding: "ieee-p1363" });
  return {
    key: { curve, x: toInteger(point.subarray(0, coordinateBytes)), y: toInteger(point.subarray(coordinateBytes)) },
    signature: { r: toInteger(bytes.subarray(0, scalarBytes)), s: toInteger(bytes.subarray(scalarBytes)) },
  };
}

describe("The browser's cryptography", function () {
  for (const curve of curves) {
    it(`has the base point of ${curve} that OpenSSL has`, function () {
      const ecdh = createECDH(opensslNames[curve]);
      ecdh.setPrivateKey(fromInteger(1n, curveParameters[curve].scalarBytes));
      const half = curveParameters[curve].coordinateBytes;
      const point = ecdh.getPublicKey().subarray(1);
      expect({ x: toInteger(point.subarray(0, half)), y: toInteger(point.subarray(half)) }).to.deep.equal(
        basePoints[curve],
      );
    });

    it(`says of signatures on ${curve} what OpenSSL says`, function () {
      const { n } = curveParameters[curve];
      for (let round = 0; round < 4; round += 1) {
        const { key, signature } = signOn(curve);
        const other = signOn(curve);
        const cases: readonly (readonly [PublicKey, Uint8Array, EcdsaSignature])[] = [
          [key, message, signature],
          [key, message, { r: signature.r, s: n - signature.s }],
          [key, message.subarray(1), signature],
          [other.key, message, signature],
          [key, message, { r: signature.s, s: signature.r }],
          [key, message, { r: 1n, s: 1n }],
          [key, message, { r: n - 1n, s: n - 1n }],
        ];
        const verdicts = cases.map((example) => nobleCryptography.verifyEcdsaSha256(...example));
        expect(verdicts).to.deep.equal(cases.map((example) => nodeCryptography.verifyEcdsaSha256(...example)));
        expect(verdicts.slice(0, 4)).to.deep.equal([true, true, false, false]);
      }
    });
  }

  it("has the same SHA-256", function () {
    expect(nobleCryptography.sha256(message)).to.deep.equal(nodeCryptography.sha256(message));
  });
});
