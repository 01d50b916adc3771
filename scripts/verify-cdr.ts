import { z } from "zod";

import { nodeCryptography } from "../services/evidence/formats/ocmf/node-cryptography.ts";
import { createRecordJudge } from "../services/evidence/formats/all-formats.ts";
import { WattproofError } from "../services/errors.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { readJson } from "./command-line/files.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import type { OcpiTariff } from "./operator/ocpi/tariff-schema.ts";
import { checkCdrs } from "./verify/cdr/check-cdr.ts";
import { readTariffDocument } from "./verify/cdr/find-tariff.ts";

/** An answer of OCPI. */
const answer = z.looseObject({ data: z.unknown() });

export const verifyCdr = defineVerb({
  path: ["verify", "cdr"],
  summary: "checks charge detail records of OCPI 2.2.1 and 2.3.0",
  description:
    "Recomputes each record from its tariff and charging periods, compares its totals, and verifies its signed data. Asks\n" +
    "neither chain nor service. One line of JSON for each record: id, verdict, reasons, energyWh, totalCost, recomputed.\n" +
    "Exit 1 if one is refused.",
  arguments: [{ syntax: "<file>", description: "one record, a list, or an answer of OCPI" }],
  options: [
    { flags: "--tariff <file>", description: "the tariff, or a list, to price by instead of the records' own copies" },
  ],
  access: "none",
  writesResultsAlone: true,
  examples: ["january.json", "january.json --tariff tariff.json"],
  input: z.object({ file: z.string(), tariff: z.string().optional() }),
  run({ file, tariff: tariffPath }, { output }) {
    const contents = listIn(readJson(file));
    if (contents.length === 0) throw new WattproofError("INPUT_UNREADABLE", `${file} has no record.`);
    const tariffs = tariffPath === undefined ? null : readTariffs(tariffPath);
    const verifier = createRecordJudge({ cryptography: nodeCryptography });
    const verdicts = checkCdrs(contents, tariffs, verifier);
    for (const verdict of verdicts) output.always(verdict);
    const refused = verdicts.filter(({ verdict }) => verdict === "refused").length;
    if (!output.isJson) output.remark(`${verdicts.length - refused} accepted, ${refused} refused`);
    return Promise.resolve(refused > 0 ? exitCode.differs : exitCode.done);
  },
});

if (import.meta.main) process.exitCode = await runAlone(verifyCdr);

function listIn(content: unknown): readonly unknown[] {
  const given = answer.safeParse(content).data?.data ?? content;
  return Array.isArray(given) ? given : [given];
}

function readTariffs(path: string): readonly OcpiTariff[] {
  return listIn(readJson(path)).map((content) => {
    const tariff = readTariffDocument(content);
    if (tariff === null) throw new WattproofError("INPUT_UNREADABLE", `${path} is no tariff of OCPI.`);
    return tariff;
  });
}
