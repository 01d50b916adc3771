import { withClosers } from "./command-line/closing.ts";
import { exitCodes, runCommand, UsageError, wholeNumber } from "./command-line/command.ts";
import { takeDataFolder } from "./local-world/data-folder.ts";
import { showPage } from "./demo/page.ts";
import { runDemo } from "./demo/run-demo.ts";
import { compileContracts } from "./local-world/world.ts";

const help = `
Starts a chain, deploys the contracts, registers an operator with its meters, funds drivers, starts the service and
plays charging sessions through its HTTP door; then reconciles the books and stays up until Ctrl-C.

Usage: npm start -- [options]

  --once                 ends when all is played: 0 only if every session ended as planned and the books reconcile
  --records <manifest>   plays the signed records of real meters that a manifest lists, too
  --data <dir>           keeps chain and service in this folder and goes on from there; default: a new temporary one
  --empty                plays no sessions: chain, contracts, service and page, for trying things yourself
  --port <n>             port of the service, 1 to 65535; default: a free one
  --rpc-port <n>         port of the chain's endpoint, 1 to 65535; default: a free one
  --json                 JSON on stdout, everything else on stderr
  --help                 this text

Exit: 0 as planned, 1 something differs, 2 could not be done.

Example:
  npm start -- --once --records ../shared/ocmf/manifest.json
`;

await runCommand(
  {
    help,
    options: {
      once: { type: "boolean" },
      records: { type: "string" },
      data: { type: "string" },
      empty: { type: "boolean" },
      port: { type: "string" },
      "rpc-port": { type: "string" },
    },
  },
  async ({ values, positionals }, output) => {
    if (positionals[0] !== undefined) {
      throw new UsageError(`There is nothing to do with "${positionals[0]}"`);
    }
    const port = portOf("--port", values.port);
    const rpcPort = portOf("--rpc-port", values["rpc-port"]);
    const isEmpty = values.empty === true;
    if (isEmpty && values.records !== undefined) {
      throw new UsageError("--records plays sessions, and --empty none");
    }

    return withClosers(async ({ closers, interrupted, orInterrupted }) => {
      const folder = takeDataFolder(values.data);
      closers.push(() => {
        folder.release();
      });
      await compileContracts();
      const demo = await orInterrupted(
        runDemo({ folder, manifestPath: values.records, isEmpty, port, rpcPort }, closers, output),
      );
      if (demo === "interrupted") {
        return exitCodes.notDone;
      }
      if (values.once !== true) {
        output.line();
        output.line(
          `The service is at ${demo.serviceUrl}, the chain at ${demo.rpcUrl}, receipts in ${folder.receiptsPath}.`,
        );
        if (!isEmpty) output.line(`Check one: npm run verify:receipt -- <file> --rpc ${demo.rpcUrl}`);
        await showPage(output, await demo.openPage());
        output.line("Ctrl-C ends.");
        await interrupted;
      }

      return demo.exitCode;
    });
  },
);

/** 0: a free one. */
function portOf(option: string, text: string | undefined): number {
  return text === undefined ? 0 : wholeNumber(option, text, 1, 65_535);
}
