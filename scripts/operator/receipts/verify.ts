import { z } from "zod";

import { checkReceipt } from "../../verify/check-receipt.ts";
import { shown } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const receiptsVerify = defineVerb({
  path: ["receipts", "verify"],
  summary: "checks receipts by the chain and the meters' signatures, without the service",
  description:
    "Its contracts have to be those of the deployment file. Exit 1 if one does not hold. npm run verify:receipt is for who\n" +
    "has no deployment file.",
  arguments: [{ syntax: "<file...>", description: "receipts as JSON" }],
  access: "chain",
  examples: ["receipts verify receipt.json", "receipts verify receipts/*.json --json"],
  input: z.object({ file: z.array(z.string()).min(1) }),
  async run({ file: files }, { output, openChain, startProgress, signal }) {
    const { provider, deploymentPath } = await openChain();
    const progress = startProgress("receipts", files.length);
    const receipts = [];
    for (const file of files) {
      if (signal.aborted) break;
      receipts.push({ file, ...(await checkReceipt(file, provider, deploymentPath)) });
      progress.advance();
    }
    progress.stop();
    const isGood = receipts.length === files.length && receipts.every((receipt) => receipt.isGood);
    output.json({ isGood, receipts });
    for (const { file, isGood: holds, checks } of receipts) {
      output.line(`${holds ? "holds" : "FAILS"}  ${file}`);
      for (const { name, outcome, detail } of checks) {
        if (outcome !== "holds") output.line(`  ${outcome.padEnd(8)} ${name}: ${shown(detail)}`);
      }
    }

    return isGood ? exitCode.done : exitCode.refused;
  },
});
