import { createHash, randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";

import { z } from "zod";

import { operatorRoles } from "../../../services/domain/operator-key.ts";
import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { keyAnswerSchema, keyNameInput } from "./key-schema.ts";

const keyBytes = 32;

export const operatorAddKey = defineVerb({
  path: ["operator", "add-key"],
  summary: "makes a key of the service for one person or program, valid at once",
  description:
    "Give everybody a key of their own: the log and the record of what operators did name the key that did it.\n" +
    "Writes the new key to a file that only this user can read; the service gets its SHA-256 alone. Whoever holds the file\n" +
    "sets WATTPROOF_OPERATOR_KEY_FILE to it. Asks with a key of the role money. A name is never used twice.",
  arguments: [{ syntax: "<name>", description: "who will hold the key, such as ada or billing-job" }],
  options: [
    { flags: "--out <file>", description: "where the new key is written; there must be no such file yet" },
    { flags: "--role <role>", description: "read: look; operate: command chargers; money: everything" },
    serviceOption,
    { flags: "--dry-run", description: "says whether the name is free; nothing is made" },
  ],
  access: "none",
  examples: ["operator add-key ada --role operate --out ada.key"],
  input: z.object({
    name: keyNameInput,
    out: z.string("must say where the key is written").transform((path) => resolve(path)),
    role: z.enum(operatorRoles, "must be read, operate or money"),
    service: serviceInput,
  }),
  async run({ name, out, role, service: given }, { output, environment, isDryRun }) {
    const service = openService(given, null, environment);
    if (existsSync(out)) throw new WattproofError("INPUT_UNREADABLE", `${out} is there already.`);
    const key = randomBytes(keyBytes).toString("base64url");
    const keySha256 = createHash("sha256").update(key).digest("hex");
    // The file comes first: a key that the service knows and nobody holds could only be revoked.
    if (!isDryRun) writePrivateFile(out, `${key}\n`, true);
    const answer = await service
      .post("/v1/operator/key-additions", keyAnswerSchema, { name, keySha256, role, isDryRun })
      .catch((error: unknown) => {
        // A service that gave no answer may have added it.
        const isRefused = error instanceof WattproofError && error.code !== "SERVICE_UNREACHABLE";
        if (!isDryRun && isRefused) rmSync(out, { force: true });
        throw error;
      });
    output.json({ isDryRun, file: out, ...answer.key });
    output.line(
      isDryRun ? `${name} is free; the key would be written to ${out}` : `${name} may ${role}: the key is in ${out}`,
    );

    return exitCode.done;
  },
});
