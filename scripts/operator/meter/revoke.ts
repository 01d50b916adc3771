import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { endMeter, meterArguments, meterInput } from "./end-meter.ts";
import { sortAttestations } from "./possession.ts";

export const meterRevoke = defineVerb({
  path: ["meter", "revoke"],
  summary: "declares a meter's key no longer trusted, for ever",
  description:
    "The key's records count until now, and the key can never be registered again. Use it for a key that others know; a\n" +
    "meter that is only taken down is retired. A key that oracles attested is revoked together with a quorum of them: without\n" +
    "--agreement it says what they have to sign, and the exit code is 1.",
  arguments: meterArguments,
  options: [
    { flags: "--yes", description: "it cannot be undone, and is to be done all the same" },
    {
      flags: "--agreement <signature>",
      description: "an oracle's, for a key that oracles attested; once for each oracle (see oracle agree)",
      isRepeated: true,
    },
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "meter revoke 12 --dry-run",
    "meter revoke 12 --yes",
    "meter revoke 13 --agreement 0x… --agreement 0x… --yes",
  ],
  input: meterInput.extend({ yes: z.boolean().default(false), agreement: z.array(z.string()).default([]) }),
  async run({ meter, yes, agreement }, run) {
    if (!yes && !run.isDryRun) {
      throw new WattproofError("USAGE_INVALID", "Revoking a key cannot be undone. Say --yes, or use meter retire.");
    }
    return endMeter({ meter }, run, async ({ chain }, { possession }) => {
      if (possession !== "attested-by-oracle" && agreement.length === 0) {
        return { method: "revokeMeter", parameters: [meter], status: "revoked" };
      }
      const digest = await chain.contracts.meterRegistry.revocationDigestOf(meter);
      if (agreement.length === 0) {
        run.output.json({ isDryRun: run.isDryRun, meter, status: "agreements-missing", revocationDigest: digest });
        run.output.line(`oracles attested meter ${meter}. Have a quorum of them run`);
        run.output.line(`  wattproof oracle agree ${meter}`);
        run.output.line("and run this again with --agreement for each signature.");
        return exitCode.differs;
      }
      const parameters = [meter, sortAttestations(agreement, digest, "--agreement")];
      return { method: "revokeAttestedMeter", parameters, status: "revoked" };
    });
  },
});
