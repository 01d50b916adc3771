import { parseArgs } from "node:util";

import { WattproofError } from "../services/errors.ts";
import { createServiceJudge, type Judge } from "../services/verify/judge.ts";
import { judgeDocket, readManifest, readSingleRecord, type DocketLine } from "../services/verify/manifest.ts";
import { nodeCryptography } from "../services/verify/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../services/verify/ocmf/verifier.ts";

const usage = `Judges signed meter values (OCMF).

  npm run -s verify:ocmf -- <manifest.json> [--json] [--on-chain]
  npm run -s verify:ocmf -- <file> --key <text> [--json] [--on-chain]

  --key <text>  the meter's registered public key, in any form; <file> is then one record, otherwise a manifest
  --json        one JSON object per line: id, verdict, reason, energyWh
  --on-chain    let the contract judge instead of this service
  --help        this text

Exit code: 0 everything was judged (refused is a judgement), 2 something could not be read or understood.
`;

interface Arguments {
  readonly path: string;
  readonly key: string | undefined;
  readonly isJson: boolean;
  readonly isOnChain: boolean;
}

function readArguments(): Arguments | "help" {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        key: { type: "string" },
        json: { type: "boolean", default: false },
        "on-chain": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return "help";
    const [path, ...others] = positionals;
    if (path === undefined || others.length > 0) throw new TypeError("exactly one file is needed");
    return { path, key: values.key, isJson: values.json, isOnChain: values["on-chain"] };
  } catch (cause) {
    throw new WattproofError("OCMF_ARGUMENTS_INVALID", cause instanceof Error ? cause.message : "", { cause });
  }
}

async function openJudge(isOnChain: boolean): Promise<Judge> {
  if (!isOnChain) return createServiceJudge(createOcmfVerifier({ cryptography: nodeCryptography }));
  // Only this way needs a chain, which takes a second to load.
  const { createContractJudge } = await import("./verify/contract-judge.ts");
  return createContractJudge();
}

/** Names of files come from outside: what could move a terminal's cursor is shown as `?`. */
function formatTable(lines: readonly DocketLine[]): string {
  const rows = lines.map(({ id, verdict, reason, energyWh }) =>
    [verdict.padEnd(11), (energyWh ?? "-").padStart(14), (reason ?? "-").padEnd(38), id.replace(/\p{C}/gu, "?")].join(
      "  ",
    ),
  );
  const count = (verdict: DocketLine["verdict"]): number => lines.filter((line) => line.verdict === verdict).length;
  const heading = ["verdict".padEnd(11), "energy / Wh".padStart(14), "reason".padEnd(38), "record or session"].join(
    "  ",
  );
  const sum = `${count("accepted")} accepted, ${count("refused")} refused, ${count("unsupported")} unsupported`;
  return [heading, ...rows, "", sum, ""].join("\n");
}

async function run(): Promise<void> {
  const parsed = readArguments();
  if (parsed === "help") {
    process.stdout.write(usage);
    return;
  }
  const { path, key, isJson, isOnChain } = parsed;
  const docket = key === undefined ? await readManifest(path) : await readSingleRecord(path, key);
  const judge = await openJudge(isOnChain);
  try {
    const lines = await judgeDocket(docket, judge);
    process.stdout.write(isJson ? lines.map((line) => `${JSON.stringify(line)}\n`).join("") : formatTable(lines));
  } finally {
    await judge.close();
  }
}

try {
  await run();
} catch (error) {
  process.exitCode = 2;
  process.stderr.write(`${error instanceof WattproofError ? error.message : String(error)}\n`);
}
