import { Signature } from "ethers";
import { z } from "zod";

import { accountFromEnvironment } from "../../command-line/account-key.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireMeter } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const oracleAgree = defineVerb({
  path: ["oracle", "agree"],
  summary: "signs, as an oracle, that the key of an attested meter may be revoked",
  description:
    "Ask the operator why first: a revoked key is never registered again. Nothing is sent: the operator takes the signature\n" +
    "to meter revoke --agreement.",
  arguments: [{ syntax: "<meter>", description: "number of the meter" }],
  options: [{ flags: "--account <name>", description: "whose key signs; default: ORACLE" }],
  access: "chain",
  examples: ["oracle agree 12"],
  input: z.object({ meter: registryNumberInput, account: z.string().default("ORACLE") }),
  async run({ meter, account }, { output, openChain, environment }) {
    const chain = await openChain();
    await requireMeter(chain, meter);
    const wallet = await accountFromEnvironment(account, environment);
    const digest = await chain.contracts.meterRegistry.revocationDigestOf(meter);
    const signature = Signature.from(wallet.signingKey.sign(digest)).serialized;
    output.json({ meter, oracle: wallet.address, digest, signature });
    output.line(signature);

    return exitCode.done;
  },
});
