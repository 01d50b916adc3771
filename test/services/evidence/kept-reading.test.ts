import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect } from "chai";

import { WattproofError } from "../../../services/errors.ts";
import { decodeReading, encodeReading, isBoundary } from "../../../services/evidence/kept-reading.ts";
import { toHex } from "../../../services/evidence/formats/ocmf/bytes.ts";
import type { VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { beginReading, endReading, payloadText, recordOf, testKey, verifier } from "../../helpers/ocmf.ts";

const vectors = resolve(import.meta.dirname, "../../vectors/ocmf");

function meterOf({ key }: VerifiedRecord) {
  const digits = Math.ceil(key.curve.includes("384") ? 96 : key.curve.includes("192") ? 48 : 64);
  const [x, y] = [key.x, key.y].map((coordinate) => coordinate.toString(16).padStart(digits, "0"));
  return { curve: key.curve, publicKey: `0x${x ?? ""}${y ?? ""}` } as const;
}

function accept(record: Uint8Array, key: string): VerifiedRecord | null {
  const verdict = verifier.verifyRecord(record, key);
  return verdict.verdict === "accepted" ? verdict : null;
}

describe("The kept reading of a record", function () {
  it("says all that the record said, but for the signed bytes", function () {
    const manifest: unknown = JSON.parse(readFileSync(resolve(vectors, "manifest.json"), "utf8"));
    const records = (manifest as { records: { file: string; publicKey: string | null }[] }).records;
    let compared = 0;
    for (const { file, publicKey } of records) {
      const verified = accept(readFileSync(resolve(vectors, file)), publicKey ?? "");
      if (verified === null) continue;
      const kept = decodeReading(encodeReading(verified), meterOf(verified));
      const { payload, signature } = verified;
      expect({ ...kept, payload, signature }, file).to.deep.equal(verified);
      compared += 1;
    }
    expect(compared).to.be.greaterThan(10);
  });

  it("knows begin and end of the register that is billed, among several", function () {
    const key = testKey("secp256r1");
    const readings = [beginReading, endReading].flatMap((reading) => [
      { ...reading, RI: '"1-b:1.8.0"' },
      { ...reading, RI: '"01-00:B3.08.00*FF"', RV: reading === beginReading ? "0.000" : "12.001" },
    ]);
    const verified = accept(recordOf(payloadText({}, readings), key), key.spkiHex);
    if (verified === null) throw new Error("The record is good.");
    const kept = decodeReading(encodeReading(verified), meterOf(verified));
    expect([kept.begin?.register, kept.end?.register]).to.deep.equal(["01-00:B3.08.00*FF", "01-00:B3.08.00*FF"]);
    expect(kept.energyWh).to.deep.equal(verified.energyWh);
  });

  it("knows whether a session may begin or end with it", function () {
    const key = testKey("secp256r1");
    const boundaries = ['"B"', '"C"', '"E"'].map((TX) => {
      const verified = accept(recordOf(payloadText({}, [{ ...beginReading, TX }]), key), key.spkiHex);
      return verified === null ? null : isBoundary(verified);
    });
    expect(boundaries).to.deep.equal([true, false, true]);
  });

  it("is refused where the text is not one", function () {
    for (const text of ["", "{}", "null", '{"registers":[]}']) {
      expect(() => decodeReading(text, { curve: "secp256r1", publicKey: `0x${toHex(new Uint8Array(64))}` }))
        .to.throw(WattproofError)
        .with.property("code", "STORE_CORRUPT");
    }
  });
});
