import { expect } from "chai";

import { simulatedCurveNames } from "../../../../../scripts/simulator/curves.ts";
import { demoMeterKey } from "../../../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../../../scripts/simulator/meter.ts";
import { formatDecimal } from "../../../../../services/domain/decimal.ts";
import { bytesOf, verifier } from "../../../../helpers/ocmf.ts";

const session = {
  idTag: "AAAABBBBCCCCDDDDEEEE",
  energyMicroWh: 5_123_400_001n,
  beginSeconds: 1_483_263_000,
  endSeconds: 1_483_266_600,
};

describe("Records of the simulated meter", () => {
  for (const curve of simulatedCurveNames) {
    it(`are accepted on ${curve} with the energy that flowed, in one record and in two`, () => {
      const key = demoMeterKey(curve, "verifier");
      const meter = createSimulatedMeter({ key, serial: "1SIM0000000001", evseId: "DE*WPF*E1" });
      const inputs = [[meter.record(session)], [...meter.recordPair(session)]];
      for (const records of inputs) {
        const verdict = verifier.verifySession(
          records.map((record) => ({ record: bytesOf(record), publicKey: key.publicKeySpkiHex })),
        );
        if (verdict.verdict !== "accepted") throw new Error(`${verdict.reason}: ${verdict.detail}`);
        expect(formatDecimal(verdict.energyWh)).to.equal("5123.400001");
        expect(verdict.records.map(({ identification }) => identification)).to.deep.equal(
          records.map(() => session.idTag),
        );
      }
    });
  }
});
