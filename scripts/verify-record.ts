import { readFile } from "node:fs/promises";

import { z } from "zod";

import { WattproofError } from "../services/errors.ts";
import { judgeFile, type FileLine } from "../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../services/evidence/formats/values/node-value-cryptography.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";

export const verifyRecord = defineVerb({
  path: ["verify", "record"],
  summary: "judges signed meter values in any format",
  description:
    "Finds every signed value in a file, whatever its format and container, and judges each, then each session of the file.\n" +
    "Writes one JSON object a line: id, format, verdict, reason, energyWh. Without --key the key that came along is used and\n" +
    'the line says "keyFrom":"file": nothing was changed then, but nobody vouches for who signed. A receipt of ChargePoint\n' +
    "has its signature in a file of the same name with .sign. Exit 0 if everything was judged: refused is a judgement.",
  arguments: [
    { syntax: "<file>", description: "OCMF, S.A.F.E. XML, ALFEN, EDL40, Mennekes, PCDF, chargeIT, PTB or ChargePoint" },
  ],
  options: [{ flags: "--key <text>", description: "the meter's registered public key, in any form" }],
  access: "none",
  writesResultsAlone: true,
  examples: ["receipt.xml"],
  input: z.object({ file: z.string(), key: z.string().optional() }),
  async run({ file, key }, { output }) {
    const lines = judgeFile(
      file,
      await read(file),
      await readIfThere(`${file}.sign`),
      key ?? null,
      nodeValueCryptography,
    );
    for (const line of lines) output.always(line);
    if (!output.isJson) output.remark(sumsOf(lines));
    return exitCode.done;
  },
});

if (import.meta.main) process.exitCode = await runAlone(verifyRecord);

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WattproofError("INPUT_UNREADABLE", path, { cause });
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch {
    // Only one format has its signature beside it.
    return null;
  }
}

function sumsOf(lines: readonly FileLine[]): string {
  const count = (verdict: FileLine["verdict"]): number => lines.filter((line) => line.verdict === verdict).length;
  return `${count("accepted")} accepted, ${count("refused")} refused, ${count("unsupported")} unsupported`;
}
