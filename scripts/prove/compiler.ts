import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { z } from "zod";

/** How the compiler ended: with its answer, or stopped because its time was over. */
export type CompilerRun =
  { readonly outcome: "answered"; readonly answer: CompilerAnswer } | { readonly outcome: "time exceeded" };

const diagnosticSchema = z.object({
  severity: z.enum(["error", "warning", "info"]),
  errorCode: z.string().default(""),
  message: z.string(),
});

const answerSchema = z.object({
  errors: z.array(diagnosticSchema).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.record(z.string(), z.unknown())).default([]),
          evm: z.object({ bytecode: z.object({ object: z.string() }) }).optional(),
        }),
      ),
    )
    .default({}),
});

/** What the compiler says that is of use here. */
export type CompilerAnswer = z.infer<typeof answerSchema>;

/** The name under which the one source is compiled. */
export const sourceName = "model.sol";

/** The largest answer of a model is a few hundred kilobytes. */
const longestAnswerCharacters = 16 * 1024 * 1024;

/**
 * Compiles one source, in a process of its own so that it can be stopped: the solver knows no time limit that gives the
 * same answer on every machine.
 *
 * @throws Error if the compiler itself fails, or answers something that is not its answer.
 */
export async function compile(
  source: string,
  settings: Readonly<Record<string, unknown>>,
  timeLimitMs: number,
): Promise<CompilerRun> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve("solc/solc.js")), "--standard-json"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (stdout.length > longestAnswerCharacters) child.kill("SIGKILL");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = `${stderr}${text}`.slice(-4_096);
  });
  const time = AbortSignal.timeout(timeLimitMs);
  time.addEventListener("abort", () => child.kill("SIGKILL"));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
    // A compiler that ended early is told by its exit, not by the pipe that broke.
    child.stdin.once("error", () => undefined);
    child.stdin.end(JSON.stringify({ language: "Solidity", sources: { [sourceName]: { content: source } }, settings }));
  });
  if (time.aborted) return { outcome: "time exceeded" };
  if (code !== 0) throw new Error(`The compiler ended with ${String(code)}: ${stderr}`);

  return { outcome: "answered", answer: answerSchema.parse(JSON.parse(answerIn(stdout))) };
}

/** The command writes a line about the solvers it looks for before its answer. */
function answerIn(stdout: string): string {
  return stdout.slice(Math.max(0, stdout.indexOf("{")));
}
