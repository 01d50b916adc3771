import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect } from "chai";

import { judgeFile } from "../../../../../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../../../../../services/evidence/formats/values/node-value-cryptography.ts";

const folder = resolve(
  process.env["WATTPROOF_SHARED"] ?? resolve(import.meta.dirname, "../../../../../../shared"),
  "formats",
);

/** What each file of third parties proves: for each value, then for each session, its energy or why there is none. */
const expected: readonly (readonly [file: string, keyFile: string | null, lines: readonly string[]])[] = [
  ["alfen-03.xml", null, ["-", "-", "SIGNED_SESSION_REPLAY"]],
  ["alfen-05-intermediates.xml", null, ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "1900000"]],
  ["edl40-01.xml", null, ["-"]],
  ["edl40plus-01.xml", null, ["-", "-", "0"]],
  ["isa-edl40p-ok.xml", null, ["22329.4", "22329.4"]],
  ["isa-edl40p-sign-fail.xml", null, ["SIGNED_VALUE_KEY_INVALID"]],
  ["isa-edl40p-data-fail.xml", null, ["SIGNED_VALUE_CHECKSUM_WRONG"]],
  ["isa-edl40p-begin-fail.xml", null, ["SIGNED_VALUE_NOT_FINAL"]],
  ["mennekes-1.xml", null, ["-", "-", "141.9"]],
  ["mennekes-full.xml", null, ["-", "-", "141.9"]],
  ["metra-acu-good.xml", null, ["-", "-", "0.5"]],
  ["metra-acu-bad.xml", null, ["SIGNED_VALUE_SIGNATURE_MISMATCH", "-", "SIGNED_VALUE_SIGNATURE_MISMATCH"]],
  ["pcdf-01.pcdf", null, ["12345", "12345"]],
  ["ptb-simple.json", null, ["-", "-", "2500"]],
  ["chargeit-02.chargy", null, ["-", "-", "648.4"]],
  ["bsm-good.json", null, ["-", "-", "10"]],
  ["bsm-forged-measured-value.json", null, ["-", "SIGNED_VALUE_CONTRADICTED", "SIGNED_VALUE_CONTRADICTED"]],
  ["bsm-forged-meter-id.json", null, ["SIGNED_VALUE_CONTRADICTED", "-", "SIGNED_VALUE_CONTRADICTED"]],
  ["bsm-forged-time-end.json", null, ["-", "SIGNED_VALUE_CONTRADICTED", "SIGNED_VALUE_CONTRADICTED"]],
  ["bsm-forged-value-scale.json", null, ["SIGNED_VALUE_CONTRADICTED", "-", "SIGNED_VALUE_CONTRADICTED"]],
  ["chargepoint-flat/secrrct", "chargepoint-224k1.pem", ["0", "0"]],
  ["chargepoint-per-minute/secrrct", "chargepoint-224k1.pem", ["0", "0"]],
  ["safe-xml-ocmf-ebee.xml", null, ["-", "-", "0"]],
  ["safe-xml-two-values.xml", null, ["SIGNED_VALUE_MALFORMED", "SIGNED_VALUE_MALFORMED", "SIGNED_VALUE_MALFORMED"]],
  ["safe-xml-single-measurement.xml", null, ["-"]],
  ["ocmf-tt-001-01.ocmf", "ocmf-tt-publicKey.pem", ["7825", "7825"]],
  ["ocmf-tt-001-01_Ed25519.ocmf", "ocmf-tt-001-01_Ed25519.publicKey.pem", ["7825", "7825"]],
  ["ocmf-tt-001-01_Ed448.ocmf", "ocmf-tt-001-01_Ed448.publicKey.pem", ["7825", "7825"]],
  ["ocmf-tt-001-01_ML-DSA-65.ocmf", "ocmf-tt-001-01_ML-DSA-65.publicKey.pem", ["7825", "7825"]],
  ["ocmf-tt-001-01_Ed25519.ocmf", "ocmf-tt-publicKey.pem", ["OCMF_KEY_MALFORMED"]],
];

describe("Signed values of third parties", () => {
  if (!existsSync(folder)) {
    it("are not here: give their folder as WATTPROOF_SHARED to run these tests");
    return;
  }

  for (const [file, keyFile, lines] of expected) {
    it(`${file}${keyFile === null ? "" : ` with ${keyFile}`}: ${lines.join(", ")}`, () => {
      const path = resolve(folder, file);
      const signature = existsSync(`${path}.sign`) ? readFileSync(`${path}.sign`) : null;
      const key = keyFile === null ? null : readFileSync(resolve(folder, keyFile), "utf8");

      const judged = judgeFile(file, readFileSync(path), signature, key, nodeValueCryptography);

      expect(judged.map(({ reason, energyWh }) => reason ?? energyWh ?? "-")).to.deep.equal(lines);
    });
  }
});
