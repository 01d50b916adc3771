import { AbiCoder, hexlify, keccak256, randomBytes } from "ethers";
import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { requireSettledClaim } from "./settled-claim.ts";

export const challengeDemand = defineVerb({
  path: ["challenge", "demand"],
  summary: "demands the records behind a settlement by oracles; their bonds pay if they show none",
  description:
    "Anybody can demand. The deposit is what an answer costs: whoever answers gets it, and it comes back where nobody does.\n" +
    "The demand is promised one block before it is made, so that nobody who sees it can take its reward.",
  arguments: [{ syntax: "<session-id>", description: "a session that oracles settled within the challenge window" }],
  options: [],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["challenge demand 0x… --dry-run"],
  input: z.object({ sessionId: sessionIdInput }),
  async run({ sessionId }, run) {
    const { output, isDryRun } = run;
    const writer = await run.openWriter("OPERATOR");
    const { chain } = writer;
    const claim = await requireSettledClaim(run, chain, sessionId);
    const salt = hexlify(randomBytes(32));
    const types = ["address", "uint256", "uint256", "bytes32"];
    const commitment = keccak256(
      AbiCoder.defaultAbiCoder().encode(types, [writer.address, claim.batch, claim.index, salt]),
    );
    const depositMicro = await chain.contracts.challenges.demandDepositMicro();
    const unit = await chain.contracts.oracleBonds.unit();
    const spender = chain.deployment.contracts.oracleBonds;
    const approval = await writer.call({
      contract: "erc20",
      method: "approve",
      parameters: [spender, depositMicro * unit],
    });
    const promise = await writer.call({ contract: "challenges", method: "commit", parameters: [commitment] });
    const transactions = [approval.transaction, promise.transaction];
    // Before the promise is on the chain, nobody can say what the demand would cost.
    if (!isDryRun) {
      const demand = await writer.call({ contract: "challenges", method: "demandEvidence", parameters: [claim, salt] });
      transactions.push(demand.transaction);
    }
    output.json({ isDryRun, sessionId, batch: claim.batch, index: claim.index, depositMicro, transactions });
    output.line(`${isDryRun ? "would be demanded" : "demanded"}, deposit ${tokens(depositMicro)}`);

    return exitCode.done;
  },
});
