import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { endMeter, meterArguments, meterInput } from "./end-meter.ts";

export const meterRevoke = defineVerb({
  path: ["meter", "revoke"],
  summary: "declares a meter's key no longer trusted, for ever",
  description:
    "The key's records count until now, and the key can never be registered again. For a key that is known to others. A\n" +
    "meter that is only taken down is retired. A key that oracles attested is not revoked without them.",
  arguments: meterArguments,
  options: [{ flags: "--yes", description: "it cannot be undone, and is to be done all the same" }],
  access: "write",
  account: "OPERATOR",
  examples: ["meter revoke 12 --dry-run", "meter revoke 12 --yes"],
  input: meterInput.extend({ yes: z.boolean().default(false) }),
  run({ meter, yes }, run) {
    if (!yes && !run.isDryRun) {
      throw new WattproofError("USAGE_INVALID", "Revoking a key cannot be undone. Say --yes, or use meter retire.");
    }
    return endMeter({ meter }, run, "revokeMeter");
  },
});
