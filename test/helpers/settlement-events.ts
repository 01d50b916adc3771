import { settledInGroup } from "../../services/domain/settled-group.ts";
import type { IChargingSettlement } from "../../types/index.ts";

/** How often the chain says of each session that it was settled. */
export async function countSettlements(settlement: IChargingSettlement): Promise<ReadonlyMap<string, number>> {
  const { filters } = settlement;
  const single = await settlement.queryFilter(filters.SessionSettled());
  const groups = await settlement.queryFilter(filters.GroupSettled());
  const ids = [
    ...single.map(({ args }) => args.sessionId),
    ...groups.flatMap(({ args }) =>
      settledInGroup((name): unknown => Reflect.get(args, name)).map(({ sessionId }) => sessionId),
    ),
  ];
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
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
