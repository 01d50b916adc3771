import { expect } from "chai";
import fc from "fast-check";

import type { ErrorCode } from "../../../../../services/errors.ts";
import { splitRecord } from "../../../../../services/evidence/formats/ocmf/framing.ts";
import { recordLimits } from "../../../../../services/evidence/formats/ocmf/limits.ts";
import { bytesOf, expectReason } from "../../../../helpers/ocmf.ts";

function refuses(what: string, text: string, reason: ErrorCode): void {
  it(`refuses ${what}`, () => {
    expectReason(() => splitRecord(bytesOf(text)), reason);
  });
}

describe("Framing of OCMF records", () => {
  refuses("a record above the limit", `OCMF|${"a".repeat(recordLimits.recordBytes)}|`, "OCMF_RECORD_TOO_LARGE");
  refuses("nothing", "", "OCMF_HEADER_INVALID");
  refuses("a header in lower case", "ocmf|{}|{}", "OCMF_HEADER_INVALID");
  refuses("another header", "OCMA|{}|{}", "OCMF_HEADER_INVALID");
  refuses("a header with a blank", "OCMF |{}|{}", "OCMF_HEADER_INVALID");
  refuses("a byte order mark", "\ufeffOCMF|{}|{}", "OCMF_HEADER_INVALID");
  refuses("white space before the header", "\nOCMF|{}|{}", "OCMF_HEADER_INVALID");
  refuses("a header alone", "OCMF", "OCMF_HEADER_INVALID");
  refuses("a record without signature section", "OCMF|{}", "OCMF_FRAMING_INVALID");
  refuses("a fourth section", "OCMF|{}|{}|3059", "OCMF_FRAMING_INVALID");
  refuses("an empty fourth section", "OCMF|{}|{}|", "OCMF_FRAMING_INVALID");
  refuses("a separator inside a text", 'OCMF|{"TT":"day|night"}|{}', "OCMF_FRAMING_INVALID");

  it("takes exactly what stands between the separators, whatever it is", () => {
    const section = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((byte) => byte !== 0x7c));
    fc.assert(
      fc.property(section, section, (payload, signature) => {
        const record = Uint8Array.of(...bytesOf("OCMF|"), ...payload, 0x7c, ...signature);
        expect(splitRecord(record)).to.deep.equal({ payload, signature });
      }),
    );
  });
});
