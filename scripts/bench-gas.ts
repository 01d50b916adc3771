import { z } from "zod";

import { exitCode } from "./command-line/exit-codes.ts";
import { runAlone } from "./command-line/program.ts";
import { defineVerb } from "./command-line/verb.ts";
import { measureEvidence } from "./gas/measure-evidence.ts";
import { measureGas, measuringSteps } from "./gas/measure-gas.ts";
import { peerFigures } from "./gas/peers.ts";

export const benchGas = defineVerb({
  path: ["bench", "gas"],
  summary: "measures what the settlement contracts cost, in gas, beside the figures of other systems",
  description: "On a fresh local chain in this process.",
  access: "none",
  examples: ["--json | jq .openPlusSettle"],
  input: z.object({}),
  async run(_input, { output, startProgress }) {
    const progress = startProgress("measuring", measuringSteps + 1);
    const measure = async () => {
      const settlement = await measureGas(undefined, () => {
        progress.advance();
      });
      return { ...settlement, rows: [...settlement.rows, ...(await measureEvidence())] };
    };
    const { rows, openPlusSettle } = await measure().finally(() => {
      progress.stop();
    });
    const peers = peerFigures.map((peer) => ({ ...peer, txCount: 1, source: "peer" as const }));
    const sums = Object.entries(openPlusSettle).map(([n, gasPerItem]) => ({
      entry: "openBatch + settleBatch",
      n: Number(n),
      gasPerItem,
      txCount: 2,
      source: "measured" as const,
    }));

    output.json({ rows: [...rows, ...peers], openPlusSettle });
    if (!output.isJson) {
      for (const { entry, n, gasPerItem, txCount, source } of [...rows, ...sums, ...peers]) {
        const figure = gasPerItem.toLocaleString("en").padStart(10);
        const transactions = txCount === 1 ? "" : `  in ${String(txCount)} transactions`;
        output.line(`${entry.padEnd(40)}${String(n).padStart(5)}${figure}  ${source}${transactions}`);
      }
    }
    return exitCode.done;
  },
});

if (import.meta.main) process.exitCode = await runAlone(benchGas);
