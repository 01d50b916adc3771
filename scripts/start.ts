import { isIP } from "node:net";

import { z } from "zod";

import { withClosers } from "./command-line/closing.ts";
import { exitCode } from "./command-line/exit-codes.ts";
import { wholeInput } from "./command-line/inputs.ts";
import { runAlone } from "./command-line/program.ts";
import { UsageError } from "./command-line/usage.ts";
import { defineVerb } from "./command-line/verb.ts";
import { showPage } from "./demo/page.ts";
import { runDemo } from "./demo/run-demo.ts";
import { takeDataFolder } from "./local-world/data-folder.ts";
import { compileContracts } from "./local-world/compile-contracts.ts";

export const start = defineVerb({
  path: ["start"],
  summary: "starts the demo: a chain, the contracts, a service, and charging sessions from opening to receipt",
  description:
    "Deploys the contracts, registers an operator with its meters, funds drivers, starts the service and plays charging\n" +
    "sessions through its HTTP door; then reconciles the books and stays up until Ctrl-C.",
  options: [
    {
      flags: "--once",
      description: "ends when all is played: 0 only if every session ended as planned and the books reconcile",
    },
    {
      flags: "--records <manifest>",
      description: "plays the signed records of real meters that a manifest lists, too",
    },
    {
      flags: "--data <dir>",
      description: "keeps chain and service in this folder and goes on from there; default: a new temporary one",
    },
    {
      flags: "--empty",
      description: "plays no sessions: chain, contracts, service and page, for trying things yourself",
    },
    { flags: "--port <n>", description: "port of the service, 1 to 65535; default: a free one" },
    {
      flags: "--host <address>",
      description: "address of this machine at which others in its network, such as a phone, reach service and chain",
    },
    { flags: "--rpc-port <n>", description: "port of the chain's endpoint, 1 to 65535; default: a free one" },
  ],
  access: "none",
  examples: ["--once --records ../shared/ocmf/manifest.json"],
  input: z.object({
    once: z.boolean().default(false),
    records: z.string().optional(),
    data: z.string().optional(),
    empty: z.boolean().default(false),
    // 0: a free one.
    port: wholeInput(1, 65_535).default(0),
    rpcPort: wholeInput(1, 65_535).default(0),
    host: z
      .string()
      .refine(
        (text) => isIP(text) !== 0 && !/^[0:.]+$/u.test(text),
        "must be one address of this machine, like 192.168.1.10",
      )
      .default("127.0.0.1"),
  }),
  async run({ once, records, data, empty: isEmpty, port, rpcPort, host }, { output }) {
    if (isEmpty && records !== undefined) throw new UsageError("--records plays sessions, and --empty none");
    return withClosers(async ({ closers, interrupted, orInterrupted }) => {
      const folder = takeDataFolder(data);
      closers.push(() => {
        folder.release();
      });
      output.line("compiling    the contracts that changed");
      await compileContracts();
      const demo = await orInterrupted(
        runDemo({ folder, manifestPath: records, isEmpty, port, rpcPort, host }, closers, output),
      );
      if (demo === "interrupted") {
        return exitCode.notDone;
      }
      if (demo.exitCode === exitCode.done && !isEmpty) output.line("\nEverything went as planned.");
      if (!once) {
        output.line();
        output.line(
          `The service is at ${demo.serviceUrl}, the chain at ${demo.rpcUrl}, receipts in ${folder.receiptsPath}.`,
        );
        output.line(`Its deployment is in ${folder.deploymentPath}. Coins and play money for a wallet of your own:`);
        output.line(
          `  WATTPROOF_DEPLOYMENT=${folder.deploymentPath} npm run -s wattproof -- demo fund <address> --rpc ${demo.rpcUrl}`,
        );
        if (!isEmpty) output.line(`Check one: npm run verify:receipt -- <file> --rpc ${demo.rpcUrl}`);
        await showPage(output, await demo.openPage());
        output.line("Ctrl-C ends.");
        await interrupted;
      }

      return demo.exitCode;
    });
  },
});

if (import.meta.main) process.exitCode = await runAlone(start);
