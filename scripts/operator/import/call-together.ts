import { toCatalogueError } from "../../command-line/contract-refusal.ts";
import type { Transaction, Writer } from "../../command-line/transact.ts";
import type { Run } from "../../command-line/verb.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ImportedPoint } from "./progress-of-line.ts";

/** Calls of the registry in one transaction: five million gas at most, a third of what a chain takes of one transaction. */
const callsAtOnce = 40;

/** A call of the registry for a charging point. */
export interface PointCall {
  readonly point: ImportedPoint;
  readonly parameters: readonly unknown[];
}

/**
 * Makes a call of the registry for many charging points, in few transactions. Each call is asked alone first: one that the
 * contract refuses becomes a problem of its charging point and keeps no other from going on.
 * @returns the transactions, and the charging points for which the call was made or, in a dry run, would be.
 * @throws CHAIN_UNAVAILABLE, GAS_MONEY_LACKING, TRANSACTION_FAILED; what was sent before stays
 */
export async function callTogether(
  writer: Writer,
  method: string,
  calls: readonly PointCall[],
  run: Pick<Run, "startProgress" | "signal">,
): Promise<{ readonly transactions: readonly Transaction[]; readonly made: readonly ImportedPoint[] }> {
  const { meterRegistry } = writer.chain.interfaces;
  const transactions: Transaction[] = [];
  const made: ImportedPoint[] = [];
  const progress = run.startProgress(method, calls.length);
  try {
    for (let start = 0; start < calls.length; start += callsAtOnce) {
      const part: PointCall[] = [];
      for (const call of calls.slice(start, start + callsAtOnce)) {
        if (run.signal.aborted) throw new WattproofError("INTERRUPTED", `${method}: run it again to go on.`);
        if (await isTaken(writer, method, call)) part.push(call);
      }
      if (part.length > 0) {
        const data = part.map(({ parameters }) => meterRegistry.encodeFunctionData(method, [...parameters]));
        const intent = { contract: "meterRegistry", method: "multicall", parameters: [data] } as const;
        transactions.push((await writer.call(intent)).transaction);
        made.push(...part.map(({ point }) => point));
      }
      progress.advance(Math.min(callsAtOnce, calls.length - start));
    }
  } finally {
    progress.stop();
  }
  return { transactions, made };
}

async function isTaken(writer: Writer, method: string, { point, parameters }: PointCall): Promise<boolean> {
  try {
    await writer.ask({ contract: "meterRegistry", method, parameters });
    return true;
  } catch (error) {
    const known = toCatalogueError(error);
    if (!(known instanceof WattproofError) || known.code !== "CONTRACT_REFUSED") throw error;
    point.problems.push(`${method}: ${known.detail}`);
    return false;
  }
}
