import { z } from "zod";

import { createServiceJudge, type Judge } from "../services/evidence/judge.ts";
import { judgeDocket, readManifest, readSingleRecord, type DocketLine } from "../services/evidence/manifest.ts";
import { nodeCryptography } from "../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../services/evidence/formats/ocmf/verifier.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb, type Run } from "./command-line/verb.ts";

export const verifyOcmf = defineVerb({
  path: ["verify", "ocmf"],
  summary: "judges signed meter values (OCMF)",
  description:
    "Writes one JSON object a line: id, verdict, reason, energyWh; for each record, then for each session of the manifest.\n" +
    "Without --json the sums follow on stderr. Exit 0 if everything was judged: refused is a judgement.",
  arguments: [{ syntax: "<manifest>", description: "manifest.json, or with --key one record" }],
  options: [
    { flags: "--key <text>", description: "the meter's registered public key, in any form" },
    {
      flags: "--on-chain",
      description: "lets the contract judge instead of this service; compiles the contracts where that was not done",
    },
  ],
  access: "none",
  writesResultsAlone: true,
  examples: ["../shared/ocmf/manifest.json"],
  input: z.object({ manifest: z.string(), key: z.string().optional(), onChain: z.boolean().default(false) }),
  async run({ manifest: path, key, onChain }, { output }) {
    const docket = key === undefined ? await readManifest(path) : await readSingleRecord(path, key);
    const judge = await openJudge(onChain, output);
    try {
      const lines = await judgeDocket(docket, judge);
      for (const line of lines) output.always(line);
      if (!output.isJson) output.remark(sumsOf(lines));
    } finally {
      await judge.close();
    }
    return exitCode.done;
  },
});

if (import.meta.main) process.exitCode = await runAlone(verifyOcmf);

async function openJudge(isOnChain: boolean, output: Run["output"]): Promise<Judge> {
  if (!isOnChain) return createServiceJudge(createOcmfVerifier({ cryptography: nodeCryptography }));
  // Only this way needs a chain, which takes a second to load.
  const { createContractJudge } = await import("./verify/contract-judge.ts");
  return createContractJudge((text) => {
    output.remark(text);
  });
}

function sumsOf(lines: readonly DocketLine[]): string {
  const count = (verdict: DocketLine["verdict"]): number => lines.filter((line) => line.verdict === verdict).length;
  return `${count("accepted")} accepted, ${count("refused")} refused, ${count("unsupported")} unsupported`;
}
