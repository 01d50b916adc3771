import { ZeroHash } from "ethers";

import { unpackSettlementResult, type SettlementResult } from "./metering.ts";

/** One session that a quorum settled, and where its claim is in the batch. */
export interface SettledInGroup {
  readonly sessionId: string;
  readonly index: number;
  /** The quorum says that the contract can read the records behind it. */
  readonly isReadable: boolean;
  readonly result: SettlementResult;
}

/**
 * The sessions that an event `GroupSettled` tells of, without those that were skipped.
 * @param field A member of the event by its name, as it was decoded.
 * @throws TypeError if it is no such event
 */
export function settledInGroup(field: (name: string) => unknown): readonly SettledInGroup[] {
  const isReadable = field("isReadable");
  const firstIndex = field("firstIndex");
  const results = listOf(field("results"));
  if (typeof isReadable !== "boolean" || typeof firstIndex !== "bigint") throw new TypeError("This is no group.");
  return listOf(field("sessionIds")).flatMap((sessionId, place): SettledInGroup[] => {
    const result = results[place];
    if (typeof sessionId !== "string" || typeof result !== "bigint") throw new TypeError("This is no group.");
    if (sessionId === ZeroHash) return [];
    return [{ sessionId, index: Number(firstIndex) + place, isReadable, result: unpackSettlementResult(result) }];
  });
}

/** A decoded list is no plain array. */
function listOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value))
    throw new TypeError("This is no list.");
  return Array.from(value as Iterable<unknown>);
}
