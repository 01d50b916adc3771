import { writeFileSync } from "node:fs";

import { z } from "zod";

import { createSimulatedMeter } from "../../simulator/meter.ts";
import { openMeterFile, publicPemOf } from "../../simulator/meter-file.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";

/** The number that every simulated meter bears. */
export const simulatedSerial = "WPSIM1000";

export const demoMeter = defineVerb({
  path: ["demo", "meter"],
  summary: "makes a simulated meter: its key, and the record that proves possession",
  description:
    "A real meter keeps its private key sealed and prints the public one. This one keeps it in a file, so it is worth nothing.\n" +
    "With --tag it signs one record without energy under this tag, as a charger does that is started with it as idTag.",
  options: [
    { flags: "--key <file>", description: "the private key; made if it is not there" },
    { flags: "--public <file>", description: "where the public key is written, in PEM" },
    { flags: "--tag <idTag>", description: "sign a record under this tag" },
    { flags: "--record <file>", description: "where that record is written" },
  ],
  access: "none",
  examples: [
    "demo meter --key meter-private.pem --public meter.pem",
    "demo meter --key meter-private.pem --tag 3XK7Q0V9N2B4M6T8WZ1A --record possession.ocmf",
  ],
  input: z
    .object({
      key: z.string(),
      public: z.string().optional(),
      tag: z
        .string()
        .regex(/^[0-9A-Za-z]{1,36}$/u, "must be an idTag of at most 36 letters and digits")
        .optional(),
      record: z.string().optional(),
    })
    .refine(({ tag, record }) => (tag === undefined) === (record === undefined), {
      message: "--tag and --record belong together",
    }),
  run({ key: path, public: publicPath, tag, record }, { output }) {
    const { key, isNew } = openMeterFile(path);
    if (publicPath !== undefined) writeFileSync(publicPath, publicPemOf(key));
    if (tag !== undefined && record !== undefined) {
      const meter = createSimulatedMeter({ key, serial: simulatedSerial, evseId: "" });
      writeFileSync(record, meter.possessionRecord(tag, Math.floor(Date.now() / 1_000)));
    }
    output.json({ keyFile: path, isNew, curve: key.curve, publicKey: key.publicKeySpkiHex, record: record ?? null });
    output.line(`${isNew ? "made" : "read"} ${path}, on ${key.curve}`);
    if (publicPath !== undefined) output.line(`its public key is in ${publicPath}`);
    if (record !== undefined) output.line(`a record under ${tag ?? ""} is in ${record}`);

    return Promise.resolve(exitCode.done);
  },
});
