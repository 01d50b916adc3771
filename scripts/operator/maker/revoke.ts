import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const makerRevoke = defineVerb({
  path: ["maker", "revoke"],
  summary: "ends the trust in a maker's key at once and for ever, as the owner of the oracle committee",
  description:
    "Meters that the key vouched for keep measuring, at the level below, until the maker vouches for them with another key.\n" +
    "What they settled before stands.",
  arguments: [{ syntax: "<maker>", description: "number of the maker's key" }],
  options: [{ flags: "--yes", description: "confirms it, because it cannot be undone" }],
  access: "write",
  account: "OWNER",
  examples: ["maker revoke 2 --dry-run", "maker revoke 2 --yes"],
  input: z.object({ maker: registryNumberInput, yes: z.boolean().default(false) }),
  async run({ maker, yes }, { openWriter, output, isDryRun }) {
    if (!yes && !isDryRun) throw new WattproofError("USAGE_INVALID", "Revoking a key cannot be undone. Say --yes.");
    const writer = await openWriter("OWNER");
    const { transaction } = await writer.call({
      contract: "meterRegistry",
      method: "revokeMaker",
      parameters: [maker],
    });
    output.json({ isDryRun, maker, status: isDryRun ? "planned" : "revoked", transactions: [transaction] });
    output.line(`maker ${maker}: ${isDryRun ? "would be revoked" : "revoked"}`);

    return exitCode.done;
  },
});
