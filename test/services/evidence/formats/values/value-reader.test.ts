import { expect } from "chai";

import { recordOfSample, signedSamples } from "../../../../../scripts/simulator/formats/signed-samples.ts";
import { nodeCryptography } from "../../../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createValueReader } from "../../../../../services/evidence/formats/values/value-record.ts";

describe("The reader of one record after the other", function () {
  for (const sample of signedSamples()) {
    it(`reads ${sample.name} anew when its bytes changed in their place`, function () {
      const reader = createValueReader(nodeCryptography);
      const half = sample.point.length / 2;
      const [x, y] = [sample.point.slice(0, half), sample.point.slice(half)].map((part) => BigInt(`0x${part}`));
      const key = { curve: sample.curve, x: x ?? 0n, y: y ?? 0n };
      const record = Buffer.from(recordOfSample(sample));
      const whole = Buffer.from(record);
      expect(reader.isOfFormat(record)).to.equal(true);
      expect(reader.verify(record, key).verdict).to.equal("accepted");
      record.fill(0x20);
      expect(reader.isOfFormat(record)).to.equal(false);
      expect(reader.verify(record, key)).to.include({ verdict: "unsupported", reason: "FORMAT_UNSUPPORTED" });
      expect(reader.readIdentification(record)).to.include({ verdict: "unsupported" });
      whole.copy(record);
      expect(reader.verify(record, key).verdict).to.equal("accepted");
    });
  }
});
