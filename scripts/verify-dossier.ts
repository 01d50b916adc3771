import { statSync } from "node:fs";

import { z } from "zod";

import type { DossierVerdict } from "../services/dossier/verify/verify-dossier.ts";
import { errorCatalogue, WattproofError } from "../services/errors.ts";
import type { ReceiptChain } from "../services/receipts/receipt-chain.ts";
import { shown } from "./command-line/amounts.ts";
import { connectToChain } from "./command-line/chain-endpoint.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import type { Output } from "./command-line/output.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { kilowattHours } from "./local-world/figures.ts";
import { judgeDossier } from "./verify/judge-dossier.ts";

const mostSessions = 100_000_000;
/** For people; programs get all. */
const reasonsShown = 20;

export const verifyDossierVerb = defineVerb({
  path: ["verify", "dossier"],
  summary: "checks a dossier of proven energy, without the service that wrote it",
  description:
    "Form, leaves and root, who signed, registers and their continuity, power by time, validity and calibration of the keys,\n" +
    "totals, exclusions, and the meter's signature on every record. With --rpc also the registry, the oracles' committee, and\n" +
    "that each session was settled as it is counted and neither expired nor was corrected, and that a claim of this energy\n" +
    "says the same and stands alone in its group; without it these are named as skipped. --sample looks at the records and settlements of n sessions that the hash of the newest block draws, and at\n" +
    "everything else in full. Answers with verdict, reasons, totals, sessions, sampled and skipped. Exit 1 if it is refused.",
  arguments: [{ syntax: "<file>", description: "the dossier" }],
  options: [
    { flags: "--rpc <url>", description: "JSON-RPC endpoint of the dossier's chain" },
    { flags: "--sample <n>", description: "records and settlements of n sessions alone" },
    { flags: "--by-risk", description: "what is unusual is likelier in the sample (wattproof insight); with --sample" },
    { flags: "--claimed", description: "refuse a dossier whose energy nobody has claimed; with --rpc" },
  ],
  access: "none",
  examples: ["dossier.json", "dossier.json --rpc https://rpc.example --sample 100"],
  input: z
    .object({
      file: z.string(),
      rpc: z.url("must be an endpoint's address").optional(),
      sample: wholeInput(1, mostSessions).optional(),
      byRisk: z.boolean().default(false),
      claimed: z.boolean().default(false),
    })
    .refine(({ sample, byRisk }) => !byRisk || sample !== undefined, { message: "needs --sample", path: ["byRisk"] })
    .refine(({ rpc, claimed }) => !claimed || rpc !== undefined, { message: "needs --rpc", path: ["claimed"] }),
  async run({ file, rpc, sample, byRisk, claimed }, { output, startProgress }) {
    const bytes = lengthOf(file);
    const connection = rpc === undefined ? null : await connectToChain(rpc);
    const progress = startProgress("bytes", 2 * bytes);
    try {
      const chain: ReceiptChain | null =
        connection === null
          ? null
          : { request: (method, parameters) => connection.provider.send(method, [...parameters]) };
      const verdict = await judgeDossier(file, chain, {
        sampleCount: sample ?? null,
        isClaimNeeded: claimed,
        isByRisk: byRisk,
        onRead: (count) => {
          progress.advance(count);
        },
      });
      progress.stop();
      output.json(verdict);
      if (!output.isJson) show(output, verdict);

      return verdict.verdict === "accepted" ? exitCode.done : exitCode.differs;
    } finally {
      progress.stop();
      connection?.provider.destroy();
    }
  },
});

if (import.meta.main) process.exitCode = await runAlone(verifyDossierVerb);

/** @throws INPUT_UNREADABLE */
function lengthOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw new WattproofError("INPUT_UNREADABLE", path, { cause });
  }
}

function show(output: Output, { verdict, reasons, totals, sessions, sampled, skipped }: DossierVerdict): void {
  for (const { code, where } of reasons.slice(0, reasonsShown)) {
    output.line(`${code}: ${errorCatalogue[code].title}`);
    output.line(`  ${shown(where)}`);
  }
  if (reasons.length > reasonsShown) output.line(`and ${reasons.length - reasonsShown} more`);
  output.line(`sessions    ${sessions}${sampled === 0 ? "" : `, ${sampled} drawn`}`);
  output.line(`claimable   ${kilowattHours(BigInt(totals.claimableMicroWh))} kWh`);
  output.line(`excluded    ${kilowattHours(BigInt(totals.excludedMicroWh))} kWh`);
  for (const one of skipped) output.line(`skipped     ${one}`);
  output.line(verdict === "accepted" ? "The dossier holds." : "The dossier does NOT hold.");
}
