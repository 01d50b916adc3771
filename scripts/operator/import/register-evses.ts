import { z } from "zod";

import type { ChainAccess } from "../../command-line/chain-access.ts";
import { readLogs, type LogRun } from "../../command-line/logs.ts";
import { registryOf } from "../../command-line/registry.ts";
import type { Transaction, Writer } from "../../command-line/transact.ts";
import type { Run } from "../../command-line/verb.ts";
import { callTogether } from "./call-together.ts";
import type { ImportedPoint } from "./progress-of-line.ts";

/** Number, operator, id and power of an event `EvseRegistered`. */
const registeredArguments = z.tuple([z.bigint().transform(Number), z.string(), z.string(), z.bigint()]);

/** Registers the charging points that the operator has not registered yet, and learns the numbers of all. */
export async function registerEvses(
  points: readonly ImportedPoint[],
  writer: Writer,
  run: Run,
): Promise<readonly Transaction[]> {
  const { chain, address } = writer;
  const known = await evsesOf(run, chain, address);
  const reader = registryOf(chain);
  const missing: ImportedPoint[] = [];
  for (const point of points) {
    point.evse = known.get(point.line.evseId) ?? null;
    if (point.evse === null) {
      missing.push(point);
      continue;
    }
    const registered = await reader.readEvse(point.evse);
    if (registered !== null && registered.maximumPowerW !== point.line.maximumPowerW) {
      point.problems.push(`EVSE ${point.evse} has ${registered.maximumPowerW} W in the registry`);
    }
  }
  const calls = missing.map((point) => ({ point, parameters: [point.line.evseId, point.line.maximumPowerW] }));
  const { transactions } = await callTogether(writer, "registerEvse", calls, run);
  const fromBlock = transactions[0]?.blockNumber ?? null;
  if (fromBlock !== null) {
    const added = await evsesOf(run, chain, address, fromBlock);
    for (const point of missing) point.evse = added.get(point.line.evseId) ?? null;
  }
  return transactions;
}

/** The operator's charging points by their ids. */
async function evsesOf(
  run: LogRun,
  chain: ChainAccess,
  operator: string,
  fromBlock?: number,
): Promise<ReadonlyMap<string, number>> {
  const { meterRegistry } = chain.interfaces;
  const filter = {
    address: chain.deployment.contracts.meterRegistry,
    topics: meterRegistry.encodeFilterTopics("EvseRegistered", [null, operator]),
  };
  const logs = await readLogs(run, chain, filter, fromBlock === undefined ? {} : { fromBlock });
  const known = new Map<string, number>();
  for (const { topics, data } of logs) {
    const event = meterRegistry.parseLog({ topics, data });
    if (event === null) continue;
    const [evse, , evseId] = registeredArguments.parse(event.args.toArray());
    known.set(evseId, evse);
  }
  return known;
}
