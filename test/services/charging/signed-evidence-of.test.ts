import { expect } from "chai";

import { createSignedEvidenceReader } from "../../../services/charging/signed-evidence-of.ts";
import { createOcmfFormat } from "../../../services/evidence/formats/ocmf/ocmf-format.ts";
import { createRecordVerifier, type RecordVerifier } from "../../../services/evidence/verify-record.ts";
import { verifier } from "../../helpers/ocmf.ts";
import { meter, record, rowOf } from "../../helpers/session-records.ts";

const begin = record(1, { TX: "B", RV: "100.000" });
const end = record(2, { TX: "E", RV: "112.345" });

/** A reader over these stored records, and how often it verified. */
function world(isKept: boolean) {
  const rows = [begin, end].map((verified) => rowOf(verified, isKept));
  const asked = { verified: 0 };
  const whole = createRecordVerifier(() => createOcmfFormat(verifier));
  const counting: Pick<RecordVerifier, "verify"> = {
    verify(bytes, by) {
      asked.verified += 1;
      return whole.verify(bytes, by);
    },
  };
  const read = createSignedEvidenceReader({
    verifier: counting,
    meters: {
      readMeter: () => Promise.resolve(meter),
      readEvse: () => Promise.resolve(null),
      forgetMeter: () => undefined,
      forgetEvse: () => undefined,
      forgetAll: () => undefined,
      findObstacle: () => Promise.resolve(null),
    },
    store: {
      listRecords: () => Promise.resolve(rows),
      listBoundaryRecords: () => Promise.resolve(rows),
      readRecordRange: () => Promise.resolve(null),
      keepReading: () => Promise.resolve(),
      findRecord: () => Promise.resolve(null),
      readGreatestPaginationBefore: () => Promise.resolve(null),
    },
  });
  return { asked, read: () => read({ sessionId: "0x01", meter: 1 }, []) };
}

describe("What was signed for a session", function () {
  it("is not verified again where it counts already", async function () {
    const { asked, read } = world(true);
    const evidence = await read();
    expect(evidence?.judgement).to.include({ kind: "complete", energyWh: "12345" });
    expect(evidence?.records.map(({ verdict }) => verdict)).to.deep.equal(["accepted", "accepted"]);
    expect(asked.verified).to.equal(0);
  });

  it("is verified where it came before readings were kept", async function () {
    const { asked, read } = world(false);
    expect((await read())?.judgement).to.include({ kind: "complete", energyWh: "12345" });
    expect(asked.verified).to.equal(2);
  });
});
