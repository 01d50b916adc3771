import type { PoolHistory } from "../../chain/evidence-market.ts";
import { WattproofError } from "../../errors.ts";

/** What one driver gets of one sale. */
export interface SaleShare {
  readonly driver: string;
  /** Of the dossier that was sold. */
  readonly root: string;
  readonly amountMicro: bigint;
}

/**
 * Divides what sales brought into the drivers' pool since the last round. Each sale's part goes to the drivers of the dossier
 * that was sold, by energy, rounded down; what does not divide goes to those with most energy, 10⁻⁶ token each. What the pool
 * earned as a partner of sessions is divided as the first sale of the same operator in the round.
 *
 * Rounds take whole sales, in the order of the chain, so that sums alone tell which sales were divided before.
 *
 * @param driversOf Energy by driver of the dossier with this root; `null` if it is not at hand
 * @throws ROUND_DIFFERS if the round is not the next, or does not end with a sale
 * @throws ROUND_DOSSIER_MISSING if a dossier that was sold is not at hand
 * @throws CHAIN_EVENTS_MISSING if the events do not add up to what the contract holds
 */
export function divideRound(
  { events, rounds, unallottedMicro }: PoolHistory,
  { round, totalMicro }: { readonly round: number; readonly totalMicro: bigint },
  driversOf: (root: string) => ReadonlyMap<string, bigint> | null,
): readonly SaleShare[] {
  const incomes = events.flatMap((event) => (event.kind === "allotted" || event.amountMicro === 0n ? [] : [event]));
  const sum = (list: readonly { readonly amountMicro: bigint }[]): bigint =>
    list.reduce((total, { amountMicro }) => total + amountMicro, 0n);
  const allottedMicro = sum(events.filter(({ kind }) => kind === "allotted"));
  if (sum(incomes) - allottedMicro !== unallottedMicro) {
    throw new WattproofError("CHAIN_EVENTS_MISSING", "Sales and rounds do not add up to the drivers' pool.");
  }
  if (round !== rounds + 1) throw new WattproofError("ROUND_DIFFERS", `The next round is ${rounds + 1}.`);

  let reachedMicro = 0n;
  const own = incomes.filter(({ amountMicro }) => {
    const isBefore = reachedMicro < allottedMicro;
    const isIn = !isBefore && reachedMicro < allottedMicro + totalMicro;
    reachedMicro += amountMicro;
    return isIn;
  });
  if (sum(own) !== totalMicro) throw new WattproofError("ROUND_DIFFERS", "The round does not end with a sale.");

  return own.flatMap(({ operator, amountMicro, ...income }) => {
    const sale = income.kind === "sold" ? income : own.find((one) => one.kind === "sold" && one.operator === operator);
    const root = sale !== undefined && "root" in sale ? sale.root : null;
    const drivers = root === null ? null : driversOf(root);
    if (root === null || drivers === null || drivers.size === 0) {
      throw new WattproofError("ROUND_DOSSIER_MISSING", root ?? `operator ${operator} has sold none`);
    }
    return divide(amountMicro, drivers).map((share) => ({ ...share, root }));
  });
}

function divide(amountMicro: bigint, drivers: ReadonlyMap<string, bigint>): Omit<SaleShare, "root">[] {
  const ordered = [...drivers].toSorted(
    ([left, leftEnergy], [right, rightEnergy]) =>
      Number(rightEnergy > leftEnergy) - Number(rightEnergy < leftEnergy) || (left < right ? -1 : 1),
  );
  const total = ordered.reduce((sum, [, energy]) => sum + energy, 0n);
  // A dossier without energy has drivers all the same, who share alike.
  const weights = ordered.map(([driver, energy]) => ({ driver, weight: total === 0n ? 1n : energy }));
  const whole = total === 0n ? BigInt(weights.length) : total;
  const shares = weights.map(({ driver, weight }) => ({ driver, amountMicro: (amountMicro * weight) / whole }));
  let rest = amountMicro - shares.reduce((sum, share) => sum + share.amountMicro, 0n);
  return shares.map(({ driver, amountMicro: own }) => {
    const more = rest > 0n ? 1n : 0n;
    rest -= more;
    return { driver, amountMicro: own + more };
  });
}
