import { unpackSettlementResult } from "../../services/domain/metering.ts";
import { settledInGroup } from "../../services/domain/settled-group.ts";
import type { IChargingSettlement } from "../../types/index.ts";

/** What each settlement of each session charged, in 10⁻⁶ token, by the events of the chain. */
export async function readChargesOnChain(
  settlement: IChargingSettlement,
): Promise<ReadonlyMap<string, readonly bigint[]>> {
  const { filters } = settlement;
  const single = await settlement.queryFilter(filters.SessionSettled());
  const groups = await settlement.queryFilter(filters.GroupSettled());
  const settled = [
    ...single.map(({ args }) => ({ sessionId: args.sessionId, result: unpackSettlementResult(args.result) })),
    ...groups.flatMap(({ args }) => settledInGroup((name): unknown => Reflect.get(args, name))),
  ];
  const charges = new Map<string, bigint[]>();
  for (const { sessionId, result } of settled) {
    charges.set(sessionId, [...(charges.get(sessionId) ?? []), result.chargedMicro]);
  }
  return charges;
}

/** How often the chain says of each session that it was settled. */
export async function countSettlements(settlement: IChargingSettlement): Promise<ReadonlyMap<string, number>> {
  const charges = await readChargesOnChain(settlement);
  return new Map([...charges].map(([sessionId, { length }]) => [sessionId, length]));
}

/** The transactions that settled a session, by a quorum or by its meter: one, unless the contract settled it twice. */
export async function settlementsOf(
  settlement: IChargingSettlement,
  sessionId: string,
): Promise<readonly { readonly transactionHash: string }[]> {
  const { filters } = settlement;
  const single = await settlement.queryFilter(filters.SessionSettled(sessionId));
  const groups = await settlement.queryFilter(filters.GroupSettled());
  const among = groups.filter(({ args }) =>
    settledInGroup((name): unknown => Reflect.get(args, name)).some((settled) => settled.sessionId === sessionId),
  );
  return [...single, ...among];
}
