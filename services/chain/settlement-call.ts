import type { Interface } from "ethers";

import type { Claim } from "../domain/claims.ts";
import { packMetering } from "../domain/metering.ts";
import { packTariff } from "../domain/packed-tariff.ts";
import type { SettlementDomain } from "../domain/terms.ts";
import { packTerms, sessionIdOf } from "../domain/terms.ts";
import type { OracleSignature, SettlementItem } from "./chain.ts";

/** What the oracles claim with these sessions, in the order in which `encodeSettlement` puts them. */
export function claimsOf(items: readonly SettlementItem[], domain: SettlementDomain): readonly Claim[] {
  return groupsOf(items)
    .flat()
    .map((item) => ({
      sessionId: sessionIdOf(item.terms, domain),
      metering: packMetering({ ...item, ...item.opening }),
      isReadable: item.isReadable,
    }));
}

/**
 * The call `settleBatch`, with the sessions grouped by operator, agreement, tariff and kind of evidence in the order of their first member.
 * @param evidenceRoot As the oracles signed it, over the evidence in the order of `claimsOf`.
 * @param signatures In any order; the contract wants them by the address of the signer.
 */
export function encodeSettlement(
  settlement: Interface,
  items: readonly SettlementItem[],
  evidenceRoot: string,
  signatures: readonly OracleSignature[],
): string {
  const groups = groupsOf(items).map((members) => ({
    operator: members[0].terms.operator,
    agreement: members[0].terms.agreement,
    isReadable: members[0].isReadable,
    tariff: packTariff(members[0].tariff),
    settlements: members.map((member) => ({
      driver: member.terms.driver,
      terms: packTerms(member.terms),
      metering: packMetering({ ...member, ...member.opening }),
    })),
  }));
  return settlement.encodeFunctionData("settleBatch", [groups, evidenceRoot, bySigner(signatures)]);
}

/** Signatures as the contract wants them. */
export function bySigner(signatures: readonly OracleSignature[]): readonly object[] {
  return signatures
    .toSorted((left, right) => (BigInt(left.signer) < BigInt(right.signer) ? -1 : 1))
    .map(({ r, vs }) => ({ r, vs }));
}

function groupsOf(items: readonly SettlementItem[]): readonly (readonly [SettlementItem, ...SettlementItem[]])[] {
  const groups = new Map<string, [SettlementItem, ...SettlementItem[]]>();
  for (const item of items) {
    const { operator, agreement, tariffId } = item.terms;
    const key = `${operator}:${agreement}:${tariffId}:${item.isReadable}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
