import { expect } from "chai";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { curveParameters } from "../../../../../services/evidence/formats/ocmf/curves.ts";
import { formatDecimal } from "../../../../../services/domain/decimal.ts";
import { openEnvelope } from "../../../../../services/evidence/formats/ocmf/envelope.ts";
import { nodeCryptography } from "../../../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { recordIdentity } from "../../../../../services/evidence/formats/ocmf/record-identity.ts";
import {
  bytesOf,
  concat,
  createTestKey,
  curves,
  payloadText,
  recordOf,
  signHex,
  signScalars,
  testKey,
  verifier,
} from "../../../../helpers/ocmf.ts";

const key = testKey("secp256r1");
const payload = payloadText();

function refuses(what: string, record: () => Uint8Array, publicKey: () => string | null, reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expect(verifier.verifyRecord(record(), publicKey())).to.include({ verdict: "refused", reason });
  });
}

describe("OCMF verifier", () => {
  refuses(
    "a record that is no record",
    () => bytesOf("hello"),
    () => key.spkiHex,
    "OCMF_HEADER_INVALID",
  );
  refuses(
    "a broken signature section before a missing key",
    () => bytesOf("OCMF|{}|{"),
    () => null,
    "OCMF_JSON_SYNTAX",
  );
  refuses(
    "a missing key",
    () => recordOf(payload, key),
    () => null,
    "OCMF_KEY_MISSING",
  );
  refuses(
    "a key of another curve than SA names",
    () => recordOf(payload, key, { SA: '"ECDSA-secp256k1-SHA256"' }),
    () => key.spkiHex,
    "OCMF_KEY_CURVE_MISMATCH",
  );
  refuses(
    "a secp256k1 key where SA is missing, because that means secp256r1",
    () => recordOf(payload, testKey("secp256k1"), { SA: undefined }),
    () => testKey("secp256k1").spkiHex,
    "OCMF_KEY_CURVE_MISMATCH",
  );
  refuses(
    "a signature out of range before it is computed with",
    () => recordOf(payload, key, { SD: `"${"00".repeat(64)}"` }),
    () => key.spkiHex,
    "OCMF_SIGNATURE_OUT_OF_RANGE",
  );
  refuses(
    "the key of another meter",
    () => recordOf(payload, key),
    () => createTestKey("secp256r1").spkiHex,
    "OCMF_SIGNATURE_MISMATCH",
  );
  refuses(
    "a payload with one more blank than was signed",
    () => recordOf(payload.replace(",", ", "), key, { SD: `"${signHex(key, bytesOf(payload))}"` }),
    () => key.spkiHex,
    "OCMF_SIGNATURE_MISMATCH",
  );
  refuses(
    "a payload that was written anew as JSON",
    () => recordOf(payload.replace("112.345", "112.3450"), key, { SD: `"${signHex(key, bytesOf(payload))}"` }),
    () => key.spkiHex,
    "OCMF_SIGNATURE_MISMATCH",
  );
  refuses(
    "a payload that was signed in Latin-1 and carried in UTF-8",
    () => {
      const text = payloadText({ TT: '"Ökostrom"' });
      return recordOf(text, key, { SD: `"${signHex(key, Uint8Array.from(Buffer.from(text, "latin1")))}"` });
    },
    () => key.spkiHex,
    "OCMF_SIGNATURE_MISMATCH",
  );
  refuses(
    "a tampered payload before looking into it",
    () => recordOf("{", key, { SD: `"${signHex(key, bytesOf("["))}"` }),
    () => key.spkiHex,
    "OCMF_SIGNATURE_MISMATCH",
  );
  refuses(
    "a signed payload that is no JSON",
    () => recordOf("", key),
    () => key.spkiHex,
    "OCMF_JSON_SYNTAX",
  );

  it("refuses a key object whose point is not on its curve", () => {
    const { publicKey } = key;
    const verdict = verifier.verifyRecord(recordOf(payload, key), { ...publicKey, y: publicKey.y ^ 1n });
    expect(verdict).to.include({ verdict: "refused", reason: "OCMF_KEY_NOT_ON_CURVE" });
  });

  it("answers that a curve is not supported, not that the record is wrong", () => {
    const verdict = verifier.verifyRecord(recordOf(payload, key, { SA: '"ECDSA-secp521r1-SHA256"' }), key.spkiHex);
    expect(verdict).to.include({ verdict: "unsupported", reason: "OCMF_CURVE_UNSUPPORTED" });
  });

  for (const curve of curves) {
    it(`accepts both twins of a signature on ${curve}, bare or in loose DER, as one record`, () => {
      const meter = testKey(curve);
      const { r, s } = signScalars(meter, bytesOf(payload));
      const { s: lowS } = openedSignature(recordOf(payload, meter, { SD: `"${r}${s}"` }), meter.spkiHex);
      const order = curveParameters[curve].n;
      const twins = [lowS, order - lowS].map((each) => each.toString(16).padStart(s.length, "0"));
      const identities = twins.flatMap((twin) => {
        const length = (r.length / 2).toString(16).padStart(2, "0");
        const body = `02${length}${r}02${length}${twin}`;
        const der = `30${(body.length / 2).toString(16).padStart(2, "0")}${body}`;
        return [`${r}${twin}`, der].map((data) =>
          identityOf(recordOf(payload, meter, { SD: `"${data}"` }), meter.spkiHex),
        );
      });
      expect(new Set(identities).size).to.equal(1);
    });
  }

  it("tells what a record says, and gives the payload byte for byte", () => {
    const verdict = verifier.verifyRecord(recordOf(payload, key), key.publicKey);
    if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
    const { begin, end, energyWh, registers, signature, ...rest } = verdict;
    expect(rest).to.deep.equal({
      verdict: "accepted",
      payload: bytesOf(payload),
      payloadSha256: Buffer.from(nodeCryptography.sha256(bytesOf(payload))).toString("hex"),
      key: key.publicKey,
      pagination: { context: "T", number: 7n },
      formatVersion: "1.0",
      identification: "AABBCCDD",
      isAssigned: true,
      identificationLevel: "TRUSTED",
      identificationType: "ISO14443",
      identificationFlags: ["RFID_PLAIN"],
      gatewayIdentification: "Test gateway",
      gatewaySerial: "G1",
      meterVendor: "Test",
      meterModel: "M",
      meterSerial: "M1",
      meterFirmware: null,
      tariffText: null,
      chargePointIdentification: null,
    });
    expect(begin).to.deep.equal({
      transaction: "B",
      registerWh: { unscaled: 100_000n, scale: 0 },
      register: "1-b:1.8.0",
      time: {
        text: "2026-03-01T10:00:00,000+0100 S",
        epochMs: Date.parse("2026-03-01T09:00:00Z"),
        synchronisation: "S",
        hasTimeError: false,
      },
    });
    expect(end?.transaction).to.equal("E");
    expect(energyWh === null ? null : formatDecimal(energyWh)).to.equal("12345");
    expect(registers.map(({ register, rank, readings }) => [register, rank, readings.length])).to.deep.equal([
      ["1-b:1.8.0", 6, 2],
    ]);
    expect(signature.s <= curveParameters.secp256r1.n / 2n).to.equal(true);
  });

  it("does not change a verdict when the caller writes into the record afterwards", () => {
    const record = recordOf(payload, key);
    const verdict = verifier.verifyRecord(record, key.spkiHex);
    record.fill(0);
    expect(verdict.verdict === "accepted" ? verdict.payload : null).to.deep.equal(bytesOf(payload));
  });

  it("accepts white space inside and around the sections, as signed", () => {
    const pretty = `\n  ${payload.replaceAll(":{", " : {").replaceAll(',"', ',\r\n\t"')}  \n`;
    const record = concat(recordOf(pretty, key), bytesOf("\r\n"));
    expect(verifier.verifyRecord(record, key.spkiHex).verdict).to.equal("accepted");
  });

  it("names a record by registered key and pagination alone", () => {
    const same = payloadText({ ID: '"OTHER"' });
    const one = identityOf(recordOf(payload, key), key.spkiHex);
    expect(identityOf(recordOf(same, key), key.spkiHex)).to.equal(one);
    expect(one).to.equal(recordIdentity(key.publicKey, { context: "T", number: 7n }));
    expect(one).to.match(/^secp256r1:04[0-9a-f]{128}:T7$/);
    expect(recordIdentity(key.publicKey, { context: "T", number: 70n })).not.to.equal(one);
    expect(recordIdentity(createTestKey("secp256r1").publicKey, { context: "T", number: 7n })).not.to.equal(one);
  });
});

describe("Envelope of OCMF records", () => {
  it("refuses what the verifier refuses before the signature", () => {
    expect(openEnvelope(bytesOf("OCMF|{}|{}"), key.spkiHex)).to.include({ reason: "OCMF_SIGNATURE_MISSING" });
    expect(openEnvelope(recordOf(payload, key), null)).to.include({ reason: "OCMF_KEY_MISSING" });
  });

  it("opens a record without judging it", () => {
    const envelope = openEnvelope(recordOf("[not JSON", key, { SD: `"${"01".repeat(64)}"` }), key.spkiHex);
    expect(envelope).to.deep.equal({
      verdict: "opened",
      payload: bytesOf("[not JSON"),
      key: key.publicKey,
      signature: { r: BigInt(`0x${"01".repeat(32)}`), s: BigInt(`0x${"01".repeat(32)}`) },
    });
  });
});

function openedSignature(record: Uint8Array, publicKey: string): { readonly r: bigint; readonly s: bigint } {
  const envelope = openEnvelope(record, publicKey);
  if (envelope.verdict !== "opened") throw new Error(envelope.reason);
  return envelope.signature;
}

function identityOf(record: Uint8Array, publicKey: string): string {
  const verdict = verifier.verifyRecord(record, publicKey);
  if (verdict.verdict !== "accepted") throw new Error(`${verdict.reason}: ${verdict.detail}`);
  return recordIdentity(verdict.key, verdict.pagination);
}
