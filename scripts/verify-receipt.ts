import { connectToChain } from "./command-line/chain-endpoint.ts";
import { exitCodes, runCommand, UsageError } from "./command-line/command.ts";
import { checkReceipt } from "./verify/check-receipt.ts";

const help = `
Checks a receipt from its file and any endpoint of the chain, without the service that wrote it: the terms are those of
the session, the registered meter signed the records for it, the price follows from them at the agreed tariff, and the
chain did what the receipt says.

Usage: npm run verify:receipt -- <file> --rpc <url> [options]

  --rpc <url>            JSON-RPC endpoint of the chain; default: WATTPROOF_RPC_URL
  --deployment <path>    a deployment file you trust: the receipt's contracts must be its contracts
  --json                 JSON on stdout
  --help                 this text

Exit: 0 everything holds, 1 something does not, 2 it could not be checked.

Example:
  npm run verify:receipt -- receipt.json --rpc http://127.0.0.1:8545
`;

await runCommand(
  { help, options: { rpc: { type: "string" }, deployment: { type: "string" } } },
  async ({ values, positionals }, output) => {
    const [path, ...others] = positionals;
    const rpcUrl = values.rpc ?? process.env["WATTPROOF_RPC_URL"];
    if (path === undefined || others.length > 0) {
      throw new UsageError("Give one receipt");
    }
    if (rpcUrl === undefined) {
      throw new UsageError("Say which chain: --rpc <url>");
    }
    const { provider } = await connectToChain(rpcUrl);
    try {
      const { isGood, sessionId, checks } = await checkReceipt(path, provider, values.deployment);

      output.json({ isGood, sessionId, checks });
      if (!output.isJson) {
        for (const { name, outcome, detail } of checks) {
          // What a record says may be anything; what could move a terminal's cursor is not shown.
          output.line(`${outcome.padEnd(8)} ${name}: ${detail.replace(/\p{C}/gu, "?")}`);
        }
        output.line(isGood ? "The receipt holds." : "The receipt does NOT hold.");
      }

      return isGood ? exitCodes.asExpected : exitCodes.differs;
    } finally {
      provider.destroy();
    }
  },
);
