import { exitCodes, runCommand } from "./command-line/command.ts";
import { measureGas } from "./gas/measure-gas.ts";
import { peerFigures } from "./gas/peers.ts";

const help = `
Measures what the settlement contracts cost, in gas, on a fresh local chain, beside the figures of other systems.

Usage: npm run bench:gas [-- --json]

  --json   JSON on stdout
  --help   this text

Exit: 0 measured, 2 could not be measured.

Example:
  npm run -s bench:gas -- --json | jq .openPlusSettle
`;

await runCommand({ help, options: {} }, async (_parsed, output) => {
  const { rows, openPlusSettle } = await measureGas();
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
  return exitCodes.asExpected;
});
