import { createServiceJudge, type Judge } from "../services/evidence/judge.ts";
import { judgeDocket, readManifest, readSingleRecord, type DocketLine } from "../services/evidence/manifest.ts";
import { nodeCryptography } from "../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../services/evidence/formats/ocmf/verifier.ts";
import { exitCodes, runCommand, UsageError } from "./command-line/command.ts";

const help = `
Judges signed meter values (OCMF). Writes one JSON object a line: id, verdict, reason, energyWh; for each record, then for
each session of the manifest.

Usage: npm run -s verify:ocmf -- <manifest.json> [options]
       npm run -s verify:ocmf -- <file> --key <text> [options]

  --key <text>  the meter's registered public key, in any form; <file> is then one record, otherwise a manifest
  --on-chain    lets the contract judge instead of this service
  --json        nothing but the lines; without it the sums follow on stderr
  --help        this text

Exit: 0 everything was judged (refused is a judgement), 2 something could not be read or understood.

Example:
  npm run -s verify:ocmf -- ../shared/ocmf/manifest.json
`;

await runCommand(
  { help, options: { key: { type: "string" }, "on-chain": { type: "boolean" } } },
  async ({ values, positionals }, output) => {
    const [path, ...others] = positionals;
    if (path === undefined || others.length > 0) throw new UsageError("Give one manifest, or one record and --key");
    const docket = values.key === undefined ? await readManifest(path) : await readSingleRecord(path, values.key);
    const judge = await openJudge(values["on-chain"] === true);
    try {
      const lines = await judgeDocket(docket, judge);
      process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      if (!output.isJson) process.stderr.write(`${sumsOf(lines)}\n`);
    } finally {
      await judge.close();
    }
    return exitCodes.asExpected;
  },
);

async function openJudge(isOnChain: boolean): Promise<Judge> {
  if (!isOnChain) return createServiceJudge(createOcmfVerifier({ cryptography: nodeCryptography }));
  // Only this way needs a chain, which takes a second to load.
  const { createContractJudge } = await import("./verify/contract-judge.ts");
  return createContractJudge();
}

function sumsOf(lines: readonly DocketLine[]): string {
  const count = (verdict: DocketLine["verdict"]): number => lines.filter((line) => line.verdict === verdict).length;
  return `${count("accepted")} accepted, ${count("refused")} refused, ${count("unsupported")} unsupported`;
}
