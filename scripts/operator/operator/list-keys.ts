import { z } from "zod";

import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { keySchema } from "./key-schema.ts";

export const operatorListKeys = defineVerb({
  path: ["operator", "list-keys"],
  summary: "lists who holds, or held, a key of the service, and what it allows",
  description: "The key of the service's own configuration is not in the list. Asks with any valid key.",
  options: [serviceOption],
  access: "none",
  examples: ["operator list-keys", "operator list-keys --json"],
  input: z.object({ service: serviceInput }),
  async run({ service: given }, { output, environment }) {
    const service = openService(given, null, environment);
    const { keys } = await service.getAsOperator("/v1/operator/keys", z.object({ keys: z.array(keySchema) }));
    output.json({ keys });
    for (const { name, keyId, role, addedAtMs, addedBy, revokedAtMs, revokedBy } of keys) {
      const end = revokedAtMs === null ? "valid" : `revoked ${dateOf(revokedAtMs)} by ${revokedBy ?? "?"}`;
      output.line(
        `${name.padEnd(24)}  ${role.padEnd(7)}  key ${keyId}  added ${dateOf(addedAtMs)} by ${addedBy}  ${end}`,
      );
    }
    output.line(`${keys.length} keys`);

    return exitCode.done;
  },
});

function dateOf(atMs: number): string {
  return utc(Math.floor(atMs / 1_000));
}
