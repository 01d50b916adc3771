import { readFileSync } from "node:fs";

import type { JsonRpcProvider } from "ethers";
import { z } from "zod";

import { contractRoles } from "../../services/contracts.ts";
import { WattproofError } from "../../services/errors.ts";
import type { ReceiptCheck } from "../../services/receipts/receipt-check.ts";
import { verifyReceipt, type ReceiptVerdict } from "../../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createRecordJudge } from "../../services/evidence/formats/all-formats.ts";
import { UsageError } from "../command-line/usage.ts";
import { readDeployment } from "../deploy/deployment-file.ts";

/** What a receipt of any form says of its contracts. */
const statedSchema = z.object({ contracts: z.record(z.string(), z.string()) });
/** A receipt with the most records that a session can have stays below this. */
const longestReceiptBytes = 128 * 1024 * 1024;

/**
 * Checks a receipt by the chain, and its contracts by a deployment file that is trusted.
 * @throws RECEIPT_UNREADABLE, UsageError if there is no such deployment file
 */
export async function checkReceipt(
  path: string,
  provider: JsonRpcProvider,
  trustedDeployment: string | undefined,
): Promise<ReceiptVerdict> {
  const receipt = readReceipt(path);
  const verdict = await verifyReceipt(receipt, {
    chain: { request: (method, parameters) => provider.send(method, [...parameters]) },
    verifier: createRecordJudge({ cryptography: nodeCryptography }),
  });
  const checks = [...verdict.checks, ...deploymentChecks(receipt, trustedDeployment)];

  return { isGood: checks.every(({ outcome }) => outcome !== "fails"), sessionId: verdict.sessionId, checks };
}

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

function deploymentChecks(receipt: unknown, path: string | undefined): readonly ReceiptCheck[] {
  if (path === undefined) {
    return [];
  }
  const trusted = readDeployment(path);
  if (trusted === undefined) {
    throw new UsageError(`There is no deployment file ${path}`);
  }
  const stated = statedSchema.safeParse(receipt).data?.contracts ?? {};
  const isSame = contractRoles.every((role) => stated[role]?.toLowerCase() === trusted.contracts[role].toLowerCase());

  return [{ name: "trusted contracts", outcome: isSame ? "holds" : "fails", detail: path }];
}
