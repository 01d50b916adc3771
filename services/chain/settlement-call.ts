import type { Interface } from "ethers";

import { packMetering } from "../domain/metering.ts";
import { packTerms } from "../domain/terms.ts";
import type { SettlementItem } from "./chain.ts";

/** The call `settleBatch`, with the sessions grouped by operator and tariff in the order of their first member. */
export function encodeSettlement(settlement: Interface, items: readonly SettlementItem[]): string {
  const groups = new Map<string, SettlementItem[]>();
  for (const item of items) {
    const key = `${item.terms.operator}:${item.terms.tariffId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }

  const content = [...groups.values()].map((members) => ({
    operator: members[0]?.terms.operator,
    tariff: members[0]?.tariff,
    settlements: members.map((member) => ({
      driver: member.terms.driver,
      terms: packTerms(member.terms),
      metering: packMetering(member),
    })),
  }));
  return settlement.encodeFunctionData("settleBatch", [content]);
}
