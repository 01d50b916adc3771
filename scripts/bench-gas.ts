import { parseArgs } from "node:util";

import { measureGas } from "./gas/measure-gas.ts";
import { peerFigures } from "./gas/peers.ts";

const HELP = `Measures what the settlement contracts cost, in gas, on a fresh local chain.

Usage: npm run bench:gas [-- --json]

  --json   one JSON object on standard output
  --help   this text

Example: npm run -s bench:gas -- --json | jq .openPlusSettle
`;

const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
if (values.help) {
  process.stdout.write(HELP);
} else {
  const { rows, openPlusSettle } = await measureGas();
  const allRows = [...rows, ...peerFigures.map((peer) => ({ ...peer, txCount: 1, source: "peer" as const }))];
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ rows: allRows, openPlusSettle })}\n`);
  } else {
    for (const row of allRows) {
      process.stdout.write(
        `${row.entry.padEnd(26)}${String(row.n).padStart(5)}${row.gasPerItem.toLocaleString("en").padStart(10)}  ${row.source}\n`,
      );
    }
    for (const [n, gas] of Object.entries(openPlusSettle)) {
      process.stdout.write(
        `${"open + settle".padEnd(26)}${n.padStart(5)}${gas.toLocaleString("en").padStart(10)}  measured\n`,
      );
    }
  }
}
