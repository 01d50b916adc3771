import { expect } from "chai";

import { evidenceInterface } from "../../../services/dossier/format/evidence-interface.ts";
import { checkClaims } from "../../../services/dossier/verify/check-claims.ts";
import { createFindings } from "../../../services/dossier/verify/findings.ts";
import { findBlockSince } from "../../../services/receipts/receipt-chain.ts";
import { manifestOf, yearSeconds } from "../../helpers/dossier-world.ts";

const head = 20_000_000;
const blockSeconds = 12;
const genesisSeconds = yearSeconds - head * blockSeconds;
/** A public chain: old headers are there, and many blocks. @param asked Fills with what was asked */
function publicChain(
  asked: { method: string; parameters: readonly unknown[] }[],
  answers: Record<string, string> = {},
) {
  return {
    request(method: string, parameters: readonly unknown[]): Promise<unknown> {
      asked.push({ method, parameters });
      const [first] = parameters;
      if (method === "eth_getBlockByNumber") {
        const number = first === "latest" ? head : Number(first);
        const timestamp = `0x${(genesisSeconds + number * blockSeconds).toString(16)}`;
        return Promise.resolve({ hash: `0x${"ab".repeat(32)}`, number: `0x${number.toString(16)}`, timestamp });
      }
      if (method === "eth_getLogs") return Promise.resolve([]);
      const { data } = first as { data: string };
      return Promise.resolve(answers[data.slice(0, 10)] ?? "0x");
    },
  };
}

describe("The oldest block that a verifier asks for", function () {
  it("is the first of a second or later, found in as many questions as the number of blocks has digits in base two", async function () {
    for (const [seconds, block] of [
      [genesisSeconds, 0],
      [genesisSeconds + 1, 1],
      [genesisSeconds + 12, 1],
      [genesisSeconds + 7_654_321 * 12 - 5, 7_654_321],
      [yearSeconds, head],
      [yearSeconds + 1, head + 1],
    ] as const) {
      const asked: { method: string; parameters: readonly unknown[] }[] = [];
      expect(await findBlockSince(publicChain(asked), seconds)).to.equal(block);
      expect(asked.length).to.be.at.most(1 + Math.ceil(Math.log2(head)));
    }
  });

  it("of claims is that from which on the contract takes any", async function () {
    const manifest = { ...manifestOf([]), energyClaims: `0x${"c1".repeat(20)}` };
    const activeFrom = yearSeconds - 25_000 * blockSeconds;
    const purpose = [1, activeFrom, 0, 0, manifest.operator, manifest.operator, "NL-ERE-2026"];
    const answerOf = (name: string, value: unknown): Record<string, string> => ({
      [evidenceInterface.getFunction(name)?.selector ?? ""]: evidenceInterface.encodeFunctionResult(name, [value]),
    });
    const answers = {
      ...answerOf("settlement", manifest.contracts.chargingSettlement),
      ...answerOf("purposeOf", purpose),
    };
    const asked: { method: string; parameters: readonly unknown[] }[] = [];
    const skipped: string[] = [];
    await checkClaims(
      { chain: publicChain(asked, answers), findings: createFindings(), skipped, isClaimNeeded: false },
      { manifest, root: `0x${"12".repeat(32)}`, claimableMicroWh: 0n, spans: null },
    );
    const ranges = asked.filter(({ method }) => method === "eth_getLogs").map(({ parameters }) => parameters[0]);
    const from = (block: number): string => `0x${block.toString(16)}`;
    expect(ranges.map((range) => (range as { fromBlock: string }).fromBlock)).to.deep.equal([
      from(head - 25_000),
      from(head - 15_000),
      from(head - 5_000),
    ]);
    expect(skipped).to.deep.equal(["claim: nobody has claimed the energy of this dossier"]);
  });
});
