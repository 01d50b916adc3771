import { runProgram } from "./command-line/program.ts";
import { verbs } from "./operator/verbs.ts";

process.exitCode = await runProgram(verbs, process.argv.slice(2), process.env);
