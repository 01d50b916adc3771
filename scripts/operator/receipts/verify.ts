import { z } from "zod";

import { deploymentPathOf } from "../../deploy/deployment-file.ts";
import { checkReceipt } from "../../verify/check-receipt.ts";
import { shown } from "../../command-line/amounts.ts";
import { connect } from "../../command-line/chain-access.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const receiptsVerify = defineVerb({
  path: ["receipts", "verify"],
  summary: "checks receipts by the chain and the meters' signatures, without the service that wrote them",
  description:
    "The terms are those of the session, the registered meter signed the records for it, the price follows from them at the\n" +
    "agreed tariff, and the chain did what the receipt says. The receipt's contracts have to be those of the deployment\n" +
    "file. npm run verify:receipt is this with --any-contracts, for those who have no deployment file. Exit 1 if a receipt\n" +
    "does not hold.",
  arguments: [{ syntax: "<file...>", description: "receipts as JSON" }],
  options: [
    {
      flags: "--any-contracts",
      description: "take the contracts that the receipt names, unless --deployment is given",
    },
  ],
  access: "chain",
  examples: ["receipts verify receipt.json --rpc https://rpc.example"],
  input: z.object({
    file: z.array(z.string()).min(1),
    anyContracts: z.boolean().default(false),
    rpc: z.string().optional(),
    deployment: z.string().optional(),
  }),
  async run({ file: files, anyContracts, rpc, deployment }, { output, environment, startProgress, signal }) {
    const { chainId, provider } = await connect({
      rpcUrl: rpc ?? environment["WATTPROOF_RPC_URL"],
      deploymentPath: undefined,
    });
    try {
      const usual = anyContracts ? undefined : (environment["WATTPROOF_DEPLOYMENT"] ?? deploymentPathOf(chainId));
      const progress = startProgress("receipts", files.length);
      const receipts = [];
      for (const file of files) {
        if (signal.aborted) break;
        receipts.push({ file, ...(await checkReceipt(file, provider, deployment ?? usual)) });
        progress.advance();
      }
      progress.stop();
      const isGood = receipts.length === files.length && receipts.every((receipt) => receipt.isGood);
      const [only, ...others] = receipts;
      const single = only !== undefined && others.length === 0 ? only : null;
      // Of a single receipt its session and checks stand in front, for programs that ask for one.
      output.json({
        isGood,
        ...(single === null ? {} : { sessionId: single.sessionId, checks: single.checks }),
        receipts,
      });
      if (single !== null) {
        for (const { name, outcome, detail } of single.checks) {
          output.line(`${outcome.padEnd(8)} ${name}: ${shown(detail)}`);
        }
        output.line(isGood ? "The receipt holds." : "The receipt does NOT hold.");
      }
      for (const { file, isGood: holds, checks } of single === null ? receipts : []) {
        output.line(`${holds ? "holds" : "FAILS"}  ${file}`);
        for (const { name, outcome, detail } of checks) {
          if (outcome !== "holds") output.line(`  ${outcome.padEnd(8)} ${name}: ${shown(detail)}`);
        }
      }

      return isGood ? exitCode.done : exitCode.differs;
    } finally {
      provider.destroy();
    }
  },
});
