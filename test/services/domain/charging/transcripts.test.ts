import { expect } from "chai";

import { assessTransaction } from "../../../../services/domain/charging/assess-transaction.ts";
import {
  readTranscript,
  replayOffline,
  transcriptNames,
  transcriptPath,
  verifySigned,
} from "../../../helpers/ocpp-transcript.ts";
import { expectations, names } from "../../../helpers/transcript-outcomes.ts";

describe("Recorded transcripts, translated and assessed", function () {
  for (const name of names) {
    it(`end with the right energy, grade and reasons: ${name}`, async function () {
      const path = transcriptPath(name);
      if (path === null) {
        console.warn(`skipped: ${name}.jsonl is not there; name its folder with WATTPROOF_SHARED`);
        return this.skip();
      }
      const { ratedPowerW, sessions } = expectations[name];
      const transactions = replayOffline(await readTranscript(path), transcriptNames[name], "CS-1");
      const outcomes = transactions.map(({ messages, recordedTransactionId }) => {
        const station = { ratedPowerW, registerModulusWh: null };
        const assessment = assessTransaction({ messages, station, signed: verifySigned(messages), sessionIdTag: null });
        expect(assessment.isEnded).to.equal(true);
        expect(messages.flatMap(({ faults }) => faults)).to.deep.equal([]);
        const { grade, energyWh, claimedEnergyWh, reasons, flags } = assessment;
        return { recordedTransactionId, grade, energyWh, claimedEnergyWh, reasons, flags };
      });
      expect(outcomes).to.deep.equal(sessions);
    });
  }

  it("are bound where the tag that the meter signed is the session's own", async function () {
    const path = transcriptPath("VCP16.ocpp1.6");
    if (path === null) return this.skip();
    const [transaction] = replayOffline(await readTranscript(path), "ocpp1.6", "CS-1");
    const messages = transaction?.messages ?? [];
    const station = { ratedPowerW: 50_000, registerModulusWh: null };
    const input = { messages, station, signed: verifySigned(messages), sessionIdTag: "AABBCCDD" };
    expect(assessTransaction(input).grade).to.equal("meter-signed-bound");
    expect(assessTransaction(input).energyMicroWh).to.equal(382_420_000n);
  });
});
