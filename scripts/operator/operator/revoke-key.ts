import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { keyAnswerSchema, keyNameInput } from "./key-schema.ts";

export const operatorRevokeKey = defineVerb({
  path: ["operator", "revoke-key"],
  summary: "has the service refuse a key from now on",
  description:
    "Takes effect with the answer, without a restart. The key named configured is WATTPROOF_OPERATOR_KEY of the service: start\n" +
    "the service with another one to end it. Asks with a key of the role money.",
  arguments: [{ syntax: "<name>", description: "the name that the key was added with" }],
  options: [serviceOption, { flags: "--dry-run", description: "says whether there is such a key" }],
  access: "none",
  examples: ["operator revoke-key ada"],
  input: z.object({ name: keyNameInput, service: serviceInput }),
  async run({ name, service: given }, { output, environment, isDryRun }) {
    const service = openService(given, null, environment);
    const { key } = await service.post("/v1/operator/key-revocations", keyAnswerSchema, { name, isDryRun });
    output.json({ isDryRun, ...key });
    output.line(`${name}, key ${key.keyId}, ${isDryRun ? "would be" : "is"} revoked`);

    return exitCode.done;
  },
});
