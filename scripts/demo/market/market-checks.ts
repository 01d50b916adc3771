import { check, sumOf, type BookCheck } from "../../local-world/books.ts";
import type { MarketOutcome } from "./market-act.ts";
import { demoAgreements, findShare, type Stands } from "./stands.ts";

/** What has to be equal once dossier, claim, sale and shares are paid. Amounts in 10⁻⁶ token, energy in 10⁻⁶ Wh. */
export async function checkMarket(
  stands: Stands,
  { provenMicroWh, root }: MarketOutcome,
): Promise<readonly BookCheck[]> {
  const { claims, sales, world } = stands;
  const { erc20, chargingSettlement } = world.contracts;
  const unit = await chargingSettlement.unit();
  const sold = await sales.queryFilter(sales.filters.DossierSold(undefined, undefined, root));
  const priceMicro = sumOf(sold, ({ args }) => args.priceMicro);
  const driversMicro = sumOf(sold, ({ args }) => args.driversMicro);
  const operator = world.operator.address;
  const operatorsMicro = await sales.withdrawableOf(operator, demoAgreements.pool, operator);
  const collected = await sales.queryFilter(sales.filters.PoolCollected());
  const credited = await sales.queryFilter(sales.filters.PartCredited());
  const share = await findShare(stands);
  const backing = await share?.backing();
  const paid = share === null ? [] : await share.queryFilter(share.filters.RevenuePaid());
  const owed = share === null ? [] : await Promise.all(stands.holders.map(({ address }) => share.owedMicroOf(address)));
  const salesBalance = await erc20.balanceOf(await sales.getAddress());
  const owedByHolders = sumOf(owed, (amount) => amount);
  return [
    check("claimed energy = energy of the dossier", (await claims.claimOf(1)).energyMicroWh, provenMicroWh),
    check("price = drivers' part + operator's part", priceMicro, driversMicro + operatorsMicro),
    check(
      "paid to drivers = their part of the sale + of sessions",
      sumOf(credited, ({ args }) => args.amountMicro),
      driversMicro + sumOf(collected, ({ args }) => args.amountMicro) - (await sales.unallottedMicro()),
    ),
    check("the sales' token balance = owed", salesBalance, (await sales.owedMicro()) * unit),
    check(
      "what the share earned = paid + owed + undivided",
      backing?.pulledMicro ?? 0n,
      sumOf(paid, ({ args }) => args.amountMicro) + owedByHolders + (backing?.undividedMicro ?? 0n),
    ),
  ];
}
