import { expect } from "chai";
import type { BaseContract } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { deployedSettlement, type SettlementFixture, type Signer } from "../../helpers/settlement-fixture.ts";
import { deployModel, type ModelName, playOn, type SourceOf, valueIn } from "./models.ts";

export interface World extends SettlementFixture {
  /** The contract for challenges, to act as it does when it was shown a meter's records. */
  readonly asChallenges: Signer;
  readonly models: Readonly<Record<Exclude<ModelName, "OnceModel">, BaseContract>>;
  /** One for each account, in their order. */
  readonly once: readonly BaseContract[];
  /** What the sessions of each account hold, by its number. */
  readonly heldMicro: bigint[];
  /** What the contract of bonds owed and had when the game began: the committee's own bonds. */
  readonly bondsOwedMicro: bigint;
  readonly bondsBalanceMicro: bigint;
}

export const ACCOUNTS = 3;

/** Accounts of which the models keep books, by their numbers. */
export function accountsOf({ driver, otherDriver }: SettlementFixture) {
  return [
    { person: driver, lane: 0n },
    { person: driver, lane: 1n },
    { person: otherDriver, lane: 0n },
  ];
}

/** Operators by the numbers of their credits. */
export function operatorsOf({ operator, otherOperator }: SettlementFixture) {
  return [operator, otherOperator];
}

/**
 * Who has to do with bonds: oracles that left and answer for nothing, and whoever is compensated. No other money is
 * theirs, so that the model of bonds has all of it.
 */
export function bondPeopleOf({ payer, thief, guardian }: SettlementFixture) {
  return { oracles: [payer, thief], compensated: guardian };
}

export async function worldOf(sourceOf: SourceOf): Promise<World> {
  const fixture = await networkHelpers.loadFixture(deployedSettlement);
  const address = fixture.addresses.Challenges;
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 18n);
  const deploy = (name: ModelName) => deployModel(name, sourceOf, fixture.relayer);
  const once: BaseContract[] = [];
  while (once.length < ACCOUNTS) once.push(await deploy("OnceModel"));
  await fixture.erc20.connect(fixture.payer).approve(fixture.addresses.OracleBonds, 10n ** 15n);
  return {
    ...fixture,
    bondsOwedMicro: await fixture.oracleBonds.owedMicro(),
    bondsBalanceMicro: await fixture.erc20.balanceOf(fixture.addresses.OracleBonds),
    asChallenges: await ethers.getSigner(address),
    models: {
      SolvencyModel: await deploy("SolvencyModel"),
      SplitModel: await deploy("SplitModel"),
      CreditModel: await deploy("CreditModel"),
      BondModel: await deploy("BondModel"),
    },
    once,
    heldMicro: Array.from({ length: ACCOUNTS }, () => 0n),
  };
}

/** Every amount of the contract is that of the models, and so is every account's nonce and live session. */
export async function expectSameBooks(world: World): Promise<void> {
  const { settlement, oracleBonds, erc20, models } = world;
  const { SolvencyModel: solvency, BondModel: bonds } = models;
  expect(await valueIn(solvency, "owedMicro"), "owed").to.equal(await settlement.owedMicro());
  expect(await valueIn(solvency, "balanceMicro"), "balance").to.equal(await erc20.balanceOf(settlement));
  const { bondsOwedMicro, bondsBalanceMicro } = world;
  expect(await valueIn(bonds, "owedMicro"), "owed by bonds").to.equal((await oracleBonds.owedMicro()) - bondsOwedMicro);
  expect(await valueIn(bonds, "burntMicro"), "burnt").to.equal(await oracleBonds.burntMicro());
  const balance = (await erc20.balanceOf(oracleBonds)) - bondsBalanceMicro;
  expect(await valueIn(bonds, "balanceMicro"), "balance of bonds").to.equal(balance);
  await expectSameAccounts(world);
  await expectSameCredits(world);
  await expectSameBonds(world);
}

async function expectSameAccounts(world: World): Promise<void> {
  const { settlement, models, once, heldMicro } = world;
  for (const [number, { person, lane }] of accountsOf(world).entries()) {
    const { freeMicro, nonce, commitment } = await settlement.accountOf(person.address, lane);
    for (const model of [models.SolvencyModel, models.SplitModel]) {
      expect(await valueIn(model, "freeMicro", number), "free").to.equal(freeMicro);
      expect(await valueIn(model, "commitment", number), "commitment").to.equal(commitment);
      if (commitment !== 0n) expect(await valueIn(model, "heldMicro", number), "held").to.equal(heldMicro[number]);
    }
    // That model knows no holds: what is held is the driver's until it is charged.
    const unchargedMicro = freeMicro + (heldMicro[number] ?? 0n);
    expect(await valueIn(models.CreditModel, "freeMicro", number), "not charged").to.equal(unchargedMicro);
    const sessions = once[number];
    if (sessions === undefined) throw new RangeError("There is no model of this account");
    expect(await valueIn(sessions, "nonce"), "nonce").to.equal(nonce);
    expect(await valueIn(sessions, "commitment"), "session").to.equal(commitment);
  }
}

async function expectSameCredits(world: World): Promise<void> {
  const { settlement, models } = world;
  for (const [number, { address }] of operatorsOf(world).entries()) {
    const { finalMicro, provisionalMicro } = await settlement.creditOf(address, 0);
    const withdrawable = await settlement.withdrawableOf(address, 0, address);
    for (const model of [models.SolvencyModel, models.SplitModel]) {
      const credit = await valueIn(model, "creditMicro", number);
      expect(credit, "credit").to.equal(withdrawable + provisionalMicro);
    }
    const withdrawnMicro = finalMicro - withdrawable;
    const matured = finalMicro - withdrawnMicro - (await valueIn(models.CreditModel, "finalMicro", number));
    // Time makes credits final; the model is told to.
    if (matured > 0n) expect(await playOn(models.CreditModel, ["makeFinal", number, matured]), "final").to.equal(true);
    expect(await valueIn(models.CreditModel, "finalMicro", number), "final credit").to.equal(withdrawable);
    expect(await valueIn(models.CreditModel, "provisionalMicro", number), "provisional").to.equal(provisionalMicro);
  }
  const creditOwed = await valueIn(models.CreditModel, "owedMicro");
  expect(creditOwed, "owed for credits").to.equal(await valueIn(models.SolvencyModel, "owedMicro"));
  const creditBalance = await valueIn(models.CreditModel, "balanceMicro");
  expect(creditBalance, "balance for credits").to.equal(await valueIn(models.SolvencyModel, "balanceMicro"));
}

async function expectSameBonds(world: World): Promise<void> {
  const { oracleBonds, models } = world;
  const { oracles, compensated } = bondPeopleOf(world);
  const bonds = models.BondModel;
  for (const [number, { address }] of oracles.entries()) {
    expect(await valueIn(bonds, "bondMicro", number), "bond").to.equal(await oracleBonds.bondOf(address));
  }
  const credit = await oracleBonds.withdrawableOf(compensated.address, 0, compensated.address);
  expect(await valueIn(bonds, "creditMicro"), "compensation").to.equal(credit);
}
