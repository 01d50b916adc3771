import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { usualThreshold } from "../../deploy/check-rules.ts";
import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const oracleRotate = defineVerb({
  path: ["oracle", "rotate"],
  summary: "schedules another committee, as the owner",
  description:
    "It is in force after a delay that is longer than the longest session, and replaces one that was scheduled before. Where\n" +
    "the owner is a multi-signature account, take --dry-run --from <owner> --json: it gives the `to` and `data` to be signed.",
  options: [
    { flags: "--oracle <address>", description: "a member, 1 to 16, the ones that stay included", isRepeated: true },
    { flags: "--threshold <n>", description: "signatures that a batch needs; default: more than half" },
  ],
  access: "write",
  account: "OWNER",
  examples: ["oracle rotate --oracle 0x… --oracle 0x… --oracle 0x… --threshold 2 --dry-run --from 0x… --json"],
  input: z.object({
    oracle: z.array(addressInput).min(1, "has to be given").max(16, "can be given sixteen times"),
    threshold: wholeInput(1, 16).optional(),
  }),
  async run({ oracle: oracles, threshold: given }, { openWriter, output, isDryRun }) {
    const threshold = given ?? usualThreshold(oracles);
    if (threshold > oracles.length) {
      throw new WattproofError("USAGE_INVALID", `${oracles.length} oracles cannot give ${threshold} signatures.`);
    }
    const writer = await openWriter("OWNER");
    const { oracleCommittee } = writer.chain.contracts;
    const delaySeconds = Number(await oracleCommittee.changeDelaySeconds());
    const intent = { contract: "oracleCommittee", method: "schedule", parameters: [oracles, threshold] } as const;
    const { transaction } = await writer.call(intent);
    const nowSeconds = (await writer.chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const [version, scheduledFrom] = await oracleCommittee.scheduledVersion();
    const activeFrom = isDryRun ? nowSeconds + delaySeconds : Number(scheduledFrom);
    output.json({
      isDryRun,
      version: isDryRun ? null : Number(version),
      oracles,
      threshold,
      activeFrom,
      transactions: [transaction],
    });
    output.line(`${isDryRun ? "would be" : "is"} in force from ${utc(activeFrom)}; new members should bond before`);

    return exitCode.done;
  },
});
