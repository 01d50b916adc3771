import { runProgram } from "../command-line/program.ts";
import { verbs } from "./verbs.ts";

/** The operator's program as a task of Hardhat. Its exit code becomes that of the process. */
export default async function runTask({
  arguments: parameters,
}: {
  readonly arguments: readonly string[];
}): Promise<void> {
  process.exitCode = await runProgram(verbs, parameters, process.env);
}
