import type { BenchSessions } from "./bench-sessions.ts";
import { AGREEMENT, benchRules, type BenchWorld, receiptOf, UNIT } from "./bench-world.ts";
import type { GasRows } from "./gas-rows.ts";

/** What operator, partners and oracles do with their money. */
export async function measurePayouts({
  world,
  sessions,
  gas,
}: {
  readonly world: BenchWorld;
  readonly sessions: BenchSessions;
  readonly gas: GasRows;
}): Promise<void> {
  const { settlement, oracleBonds, oracleCommittee, erc20, operator, oracles, partners } = world;
  const [partner] = partners;
  const [oracle] = oracles;
  if (partner === undefined || oracle === undefined) throw new Error("there is no partner or no oracle");
  await world.pass(2 * benchRules.epochSeconds);
  for (const account of [partner, oracle]) await erc20.mint(account, UNIT);

  // The second withdrawal of each: what was withdrawn before is in use.
  for (const isFirst of [true, false]) {
    const own = await receiptOf(settlement.withdrawCredit(operator, AGREEMENT, UNIT, operator));
    const shared = await receiptOf(settlement.connect(partner).withdrawCredit(operator, AGREEMENT, UNIT, partner));
    if (isFirst) continue;
    gas.add("withdrawCredit (operator)", 1, own);
    gas.add("withdrawCredit (partner)", 1, shared);
  }
  const { terms } = await sessions.planSession(30);
  gas.add("refund", 1, await receiptOf(settlement.refund(terms, UNIT)));

  gas.add("postBond", 1, await receiptOf(oracleBonds.postBond(oracle, UNIT)));
  gas.add("OracleCommittee.resign", 1, await receiptOf(oracleCommittee.connect(oracle).resign()));
  await world.pass(benchRules.liabilitySeconds);
  gas.add("withdrawBond", 1, await receiptOf(oracleBonds.connect(oracle).withdrawBond(UNIT, oracle)));
}
