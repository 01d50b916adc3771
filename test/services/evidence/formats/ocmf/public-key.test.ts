import { createPublicKey, generateKeyPairSync } from "node:crypto";

import { expect } from "chai";
import fc from "fast-check";

import type { ErrorCode } from "../../../../../services/errors.ts";
import {
  encodePoint,
  encodeSubjectPublicKeyInfo,
  parsePublicKey,
} from "../../../../../services/evidence/formats/ocmf/public-key.ts";
import { createTestKey, curves, testKey } from "../../../../helpers/ocmf.ts";

const { publicKey, spkiHex } = testKey("secp256r1");
const pointHex = Buffer.from(encodePoint(publicKey)).toString("hex");
const compressedHex = (publicKey.y & 1n ? "03" : "02") + pointHex.slice(2, 66);
const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");
const base64OfHex = (text: string): string => Buffer.from(text, "hex").toString("base64");

/** Base32 of RFC 4648 section 6 without padding. */
function base32(hex: string): string {
  let bits = "";
  for (const byte of Buffer.from(hex, "hex")) bits += byte.toString(2).padStart(8, "0");
  bits = bits.padEnd(Math.ceil(bits.length / 5) * 5, "0");
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(Number.parseInt(five, 2)))
    .join("");
}

function refuses(what: string, text: string | null, reason: ErrorCode, verdict = "refused"): void {
  it(`answers "${verdict}" to ${what}`, () => {
    const answer = parsePublicKey(text, "secp256r1");
    expect({ ...answer, detail: undefined }).to.deep.equal({ verdict, reason, detail: undefined });
  });
}

describe("Public keys of meters", () => {
  refuses("no key", null, "OCMF_KEY_MISSING");
  refuses("an empty text", "", "OCMF_KEY_MISSING");
  refuses("a blank text", " \n", "OCMF_KEY_MISSING");
  refuses("a text that is too long", "00".repeat(2_049), "OCMF_KEY_MALFORMED");
  refuses("a word", "hello", "OCMF_KEY_MALFORMED");
  refuses("junk in front of a key", `\${jndi:ldap://example.invalid/a}${spkiHex}`, "OCMF_KEY_MALFORMED");
  refuses("junk behind a key", `${spkiHex};`, "OCMF_KEY_MALFORMED");
  refuses("a byte behind a key", `${spkiHex}00`, "OCMF_KEY_MALFORMED");
  refuses("a key that is cut off", spkiHex.slice(0, -2), "OCMF_KEY_MALFORMED");
  refuses("the point at infinity", "301906072a8648ce3d020106082a8648ce3d03010703020000", "OCMF_KEY_MALFORMED");
  refuses(
    "the point at infinity as SubjectPublicKeyInfo",
    `3019301306072a8648ce3d020106082a8648ce3d03010703020000`,
    "OCMF_KEY_MALFORMED",
  );
  refuses("a signature in place of a key", "3006020101020102", "OCMF_KEY_MALFORMED");
  refuses("a point that is not of whole bytes", spkiHex.replace("034200", "034201"), "OCMF_KEY_MALFORMED");
  refuses("a hybrid point", `06${pointHex.slice(2)}`, "OCMF_KEY_MALFORMED");
  refuses("a point of another length", `${pointHex}00`, "OCMF_KEY_MALFORMED");
  refuses(
    "a bare point inside SubjectPublicKeyInfo",
    spkiHex.replace("3059", "3058").replace("03420004", "034100"),
    "OCMF_KEY_MALFORMED",
  );
  refuses("a JSON object without UK", '{"PK":"00"}', "OCMF_KEY_MALFORMED");
  refuses("a JSON object with UK twice", `{"UK":"${spkiHex}","UK":"${spkiHex}"}`, "OCMF_KEY_MALFORMED");
  refuses("a key wrapped too often", base64(base64(base64(base64(base64(spkiHex))))), "OCMF_KEY_MALFORMED");
  refuses("SubjectPublicKeyInfo with one bit of y flipped", flipLastBit(spkiHex), "OCMF_KEY_NOT_ON_CURVE");
  refuses("a bare point with one bit of y flipped", flipLastBit(pointHex.slice(2)), "OCMF_KEY_NOT_ON_CURVE");
  refuses("coordinates of zero", "00".repeat(64), "OCMF_KEY_NOT_ON_CURVE");
  refuses("coordinates above p", "ff".repeat(64), "OCMF_KEY_NOT_ON_CURVE");
  refuses("a bare point of another curve", pointOf("secp256k1").slice(2), "OCMF_KEY_NOT_ON_CURVE");
  refuses("a key of secp521r1", exported("secp521r1"), "OCMF_CURVE_UNSUPPORTED", "unsupported");
  refuses("a key of secp224r1", exported("secp224r1"), "OCMF_CURVE_UNSUPPORTED", "unsupported");
  refuses("a key of brainpoolP512r1", exported("brainpoolP512r1"), "OCMF_CURVE_UNSUPPORTED", "unsupported");
  refuses(
    "a key that spells its curve out",
    exported("prime256v1", "explicit"),
    "OCMF_KEY_FORMAT_UNSUPPORTED",
    "unsupported",
  );
  it('answers "unsupported" to a key of Ed25519', () => {
    const key = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" }).toString("hex");
    expect(parsePublicKey(key, "secp256r1")).to.have.property("reason", "OCMF_KEY_FORMAT_UNSUPPORTED");
  });

  const forms: Readonly<Record<string, string>> = {
    "SubjectPublicKeyInfo in hex": spkiHex,
    "upper case hex": spkiHex.toUpperCase(),
    "hex in groups of four": (spkiHex.match(/.{1,4}/g) ?? []).join(" "),
    "hex in pairs with colons": (spkiHex.match(/../g) ?? []).join(":"),
    "hex over several lines": (spkiHex.match(/.{1,32}/g) ?? []).join("\r\n"),
    "hex with 0x": `0x${spkiHex}`,
    "SubjectPublicKeyInfo in base64": base64OfHex(spkiHex),
    "base64 over several lines": (base64OfHex(spkiHex).match(/.{1,64}/g) ?? []).join("\n"),
    "SubjectPublicKeyInfo in base32": base32(spkiHex),
    PEM: `-----BEGIN PUBLIC KEY-----\n${base64OfHex(spkiHex)}\n-----END PUBLIC KEY-----\n`,
    "base64 of hex": base64(spkiHex),
    "base64 of hex over several lines": base64((spkiHex.match(/.{1,32}/g) ?? []).join("\r\n")),
    "base64 of base64": base64(base64OfHex(spkiHex)),
    "a SEC1 point in hex": pointHex,
    "a SEC1 point in base64": base64OfHex(pointHex),
    "a bare point in hex": pointHex.slice(2),
    "a bare point in base64": base64OfHex(pointHex.slice(2)),
    "a compressed point in hex": compressedHex,
    "a compressed point in base64": base64OfHex(compressedHex),
    "a compressed point in base32": base32(compressedHex),
    "a compressed point inside SubjectPublicKeyInfo": `3039${spkiHex.slice(4, 46)}032200${compressedHex}`,
    "oca base16": `oca:base16:asn1:0x${(spkiHex.toUpperCase().match(/.{1,8}/g) ?? []).join(" - ")}`,
    "oca base64": `oca:base64:asn1:${base64OfHex(spkiHex)}`,
    "base64 of oca base16": base64(`oca:base16:asn1:${(spkiHex.match(/.{1,8}/g) ?? []).join(" ")}`),
    "base64 of oca base64": base64(`OCA:BASE64:asn1:${base64OfHex(spkiHex)}`),
    "JSON with UK": `{"UK":"${spkiHex}"}`,
    "base64 of JSON with UK": base64(`{ "UK" : "${spkiHex.toUpperCase()}", "X": 1 }`),
  };
  for (const [what, text] of Object.entries(forms)) {
    it(`reads ${what}`, () => {
      expect(parsePublicKey(text, "secp256r1")).to.deep.equal(publicKey);
    });
  }

  for (const curve of curves) {
    it(`reads every form of a key of ${curve}, and writes SubjectPublicKeyInfo as OpenSSL does`, () => {
      const key = createTestKey(curve);
      const written = Buffer.from(encodeSubjectPublicKeyInfo(key.publicKey)).toString("hex");
      expect(written).to.equal(key.spkiHex);
      const point = Buffer.from(encodePoint(key.publicKey)).toString("hex");
      const compressed = (key.publicKey.y & 1n ? "03" : "02") + point.slice(2, 1 + point.length / 2);
      for (const text of [
        key.spkiHex,
        point,
        point.slice(2),
        compressed,
        base32(compressed),
        base64OfHex(point.slice(2)),
      ]) {
        expect(parsePublicKey(text, curve)).to.deep.equal(key.publicKey);
      }
    });
  }

  it("keeps the curve that a key names, whatever SA says", () => {
    expect(parsePublicKey(testKey("secp256k1").spkiHex, "secp256r1")).to.deep.equal(testKey("secp256k1").publicKey);
  });

  it("answers every text with a point of its curve or a reason", () => {
    const mutated = fc
      .tuple(fc.nat(spkiHex.length), fc.string({ maxLength: 3 }))
      .map(([at, inserted]) => spkiHex.slice(0, at) + inserted + spkiHex.slice(at + inserted.length));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), mutated), (text) => {
        const answer = parsePublicKey(text, "secp256r1");
        if ("curve" in answer)
          expect(() =>
            createPublicKey({ key: Buffer.from(encodeSubjectPublicKeyInfo(answer)), format: "der", type: "spki" }),
          ).not.to.throw();
        else expect(answer.reason).to.match(/^OCMF_/);
      }),
    );
  });
});

function flipLastBit(hex: string): string {
  return hex.slice(0, -1) + (Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16);
}

function pointOf(curve: "secp256k1"): string {
  return Buffer.from(encodePoint(testKey(curve).publicKey)).toString("hex");
}

function exported(namedCurve: string, paramEncoding: "named" | "explicit" = "named"): string {
  const { publicKey: der } = generateKeyPairSync("ec", {
    namedCurve,
    paramEncoding,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  return der.toString("hex");
}
