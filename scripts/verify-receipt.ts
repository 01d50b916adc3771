import { readFileSync } from "node:fs";

import { WattproofError } from "../services/errors.ts";
import { verifyReceipt } from "../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../services/verify/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../services/verify/ocmf/verifier.ts";
import { connectToChain } from "./command-line/chain-endpoint.ts";
import { exitCodes, runCommand, UsageError } from "./command-line/command.ts";
import { readDeployment } from "./deploy/deployment-file.ts";

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

/** A receipt with the most records that a session can have stays below this. */
const longestReceiptBytes = 128 * 1024 * 1024;

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
    const receipt = readReceipt(path);
    const { provider } = await connectToChain(rpcUrl);
    try {
      const verdict = await verifyReceipt(receipt, {
        chain: { request: (method, parameters) => provider.send(method, [...parameters]) },
        verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
      });
      const checks = [...verdict.checks, ...deploymentChecks(receipt, values.deployment)];
      const isGood = checks.every(({ outcome }) => outcome !== "fails");

      output.json({ isGood, sessionId: verdict.sessionId, checks });
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

function readReceipt(path: string): unknown {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > longestReceiptBytes) {
      throw new RangeError(`${bytes.length} bytes`);
    }

    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new WattproofError("RECEIPT_UNREADABLE", path, { cause: error });
  }
}

function deploymentChecks(
  receipt: unknown,
  path: string | undefined,
): { readonly name: string; readonly outcome: "holds" | "fails"; readonly detail: string }[] {
  if (path === undefined) {
    return [];
  }
  const trusted = readDeployment(path);
  if (trusted === undefined) {
    throw new UsageError(`There is no deployment file ${path}`);
  }
  const stated = typeof receipt === "object" && receipt !== null && "contracts" in receipt ? receipt.contracts : null;
  const isSame = JSON.stringify(stated).toLowerCase() === JSON.stringify(trusted.contracts).toLowerCase();

  return [{ name: "trusted contracts", outcome: isSame ? "holds" : "fails", detail: path }];
}
