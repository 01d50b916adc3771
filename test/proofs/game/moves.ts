import { ZeroHash } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { commitmentOf, type LiveTerms, type Terms } from "../../helpers/session-terms.ts";
import {
  afterCharge,
  batchOf,
  DAY,
  EPOCH_SECONDS,
  HOUR,
  settlementGroup,
  settlementOf,
  TARIFF,
  termsOf,
  USUAL,
} from "../../helpers/settlement-fixture.ts";
import { type ModelCall, type ModelName, tookEffect } from "./models.ts";
import { accountsOf, bondPeopleOf, operatorsOf, type World } from "./world.ts";

/** Random choices of one step, each a number that the step reduces to what it needs. */
export type Step = readonly [action: number, account: number, amount: number];

export const ACTIONS = 24;

/** One step on the contract and the same on the models. Where a model has no such call, there is none to compare. */
export interface Move {
  readonly name: string;
  readonly play: () => Promise<boolean>;
  readonly calls?: Partial<Record<Exclude<ModelName, "OnceModel">, readonly ModelCall[]>>;
  readonly once?: readonly [accountNumber: number, call: ModelCall];
  /** The contract may refuse it for what the models leave out. */
  readonly isComparedIfDone?: boolean;
}

/** A session that was opened in the game, by how much its hold was raised, and with what session that ends. */
export interface Opened {
  readonly terms: LiveTerms;
  toppedUpMicro: bigint;
}

/** What a step works with. */
interface Scene {
  readonly world: World;
  readonly number: number;
  readonly amount: number;
  readonly opened: Opened[];
}

export async function moveOf(world: World, [action, number, amount]: Step, opened: Opened[]): Promise<Move> {
  const scene: Scene = { world, number, amount, opened };
  if (action < 2) return depositMove(scene);
  if (action === 2) return await withdrawMove(scene);
  if (action === 3) return advanceMove(scene);
  if (action < 7) return await openMove(scene);
  if (action === 7) return await topUpMove(scene);
  if (action < 10) return await settleMove(scene);
  if (action === 10) return await expireMove(scene);
  if (action === 11) return await withdrawCreditMove(scene);
  if (action === 12) return await refundMove(scene);
  if (action === 13) return await takeBackMove(scene);
  if (action === 14) return postBondMove(scene);
  if (action === 15) return await withdrawBondMove(scene);
  if (action === 16) return lossMove(scene);
  if (action === 17) return await bondMoneyOutMove(scene);
  if (action === 18) return await topUpMove(scene);
  if (action < 21) return await takeBackMove(scene);
  return waitMove(scene);
}

function accountIn({ world, number }: Scene) {
  const account = accountsOf(world)[number];
  if (account === undefined) throw new RangeError("There is no such account");
  return account;
}

/** Often the account's last session, sometimes any other, live or not. */
function oldSessionIn(scene: Scene): Opened | undefined {
  const { person, lane } = accountIn(scene);
  const own = scene.opened.filter(({ terms }) => terms.driver === person.address && terms.lane === lane);
  return (
    (scene.amount % 4 === 0 ? scene.opened[scene.amount % Math.max(1, scene.opened.length)] : own.at(-1)) ?? own[0]
  );
}

function numberOf(world: World, { driver, lane }: Terms): number {
  return accountsOf(world).findIndex(({ person, lane: other }) => person.address === driver && other === lane);
}

function sessionOf({ terms, toppedUpMicro }: Opened): bigint {
  return commitmentOf(terms, toppedUpMicro);
}

async function latestTime(): Promise<bigint> {
  return BigInt(await networkHelpers.time.latest());
}

function depositMove(scene: Scene): Move {
  const { world, number } = scene;
  const { person, lane } = accountIn(scene);
  const amount = scene.amount % 9 === 0 ? 0 : scene.amount;
  const call: ModelCall = ["deposit", number, amount];
  return {
    name: "deposit",
    play: () => tookEffect(() => world.settlement.connect(world.payer).deposit(person.address, lane, amount)),
    calls: { SolvencyModel: [call], SplitModel: [call], CreditModel: [call] },
  };
}

async function withdrawMove(scene: Scene): Promise<Move> {
  const { world, number, amount } = scene;
  const { person, lane } = accountIn(scene);
  const { freeMicro } = await world.settlement.accountOf(person.address, lane);
  const part = amount % 3 === 0 ? BigInt(amount) : freeMicro / 3n;
  const call: ModelCall = ["withdraw", number, part];
  return {
    name: "withdraw",
    play: () => tookEffect(() => world.settlement.connect(person).withdraw(lane, part, world.thief.address)),
    // The model of credits takes what is held for free: only what took effect is played on it.
    calls: { SolvencyModel: [call], SplitModel: [call], ...(part <= freeMicro ? { CreditModel: [call] } : {}) },
  };
}

function advanceMove(scene: Scene): Move {
  const { person, lane } = accountIn(scene);
  return {
    name: "advance nonce",
    play: () => tookEffect(() => scene.world.settlement.connect(person).advanceNonce(lane)),
    once: [scene.number, ["advanceNonce"]],
  };
}

async function openMove(scene: Scene): Promise<Move> {
  const { world, number, amount, opened } = scene;
  const { person, lane } = accountIn(scene);
  const { freeMicro, nonce } = await world.settlement.accountOf(person.address, lane);
  const time = (await latestTime()) + 1n;
  const lifetime = [DAY, DAY, DAY, 2n * DAY + 1n, 0n][amount % 5] ?? DAY;
  const operators = operatorsOf(world);
  const terms = termsOf(world, {
    driver: person.address,
    lane,
    nonce: amount % 11 === 0 ? nonce + 1n : nonce,
    operator: operators[amount % 2]?.address ?? "",
    holdMicro: BigInt(amount % 3 === 0 ? amount : amount % 5_000_000),
    expiresAt: time + lifetime,
  });
  const { holdMicro, expiresAt } = terms;
  const parentHash = (await ethers.provider.getBlock("latest"))?.hash ?? ZeroHash;
  const opening = { openedAt: time, salt: BigInt.asUintN(24, BigInt(parentHash)) };
  const entry: Opened = { terms: { ...terms, opening }, toppedUpMicro: 0n };
  const session = sessionOf(entry);
  const call: ModelCall = ["open", number, session, holdMicro, expiresAt, time];
  return {
    name: "open",
    play: async () => {
      await networkHelpers.time.setNextBlockTimestamp(time);
      const isOpen = await tookEffect(() => world.settlement.connect(person).open(terms));
      if (isOpen) {
        opened.push(entry);
        world.heldMicro[number] = holdMicro;
      }
      return isOpen;
    },
    ...(terms.nonce === nonce ? { calls: { SolvencyModel: [call], SplitModel: [call] } } : {}),
    ...(holdMicro <= freeMicro ? { once: [number, ["open", session, terms.nonce, holdMicro, expiresAt, time]] } : {}),
  };
}

async function topUpMove(scene: Scene): Promise<Move> {
  const { world, amount } = scene;
  const old = oldSessionIn(scene);
  if (old === undefined) return idleMove;
  const number = numberOf(world, old.terms);
  const { person, lane } = accountIn({ ...scene, number });
  const { freeMicro } = await world.settlement.accountOf(person.address, lane);
  const part = amount % 5 === 0 ? BigInt(amount) : freeMicro / 4n;
  const raised: Opened = { terms: old.terms, toppedUpMicro: old.toppedUpMicro + part };
  const [before, after] = [sessionOf(old), sessionOf(raised)];
  const call: ModelCall = ["topUp", number, before, after, part];
  const isInTime = (await latestTime()) + 2n * HOUR < old.terms.expiresAt;
  return {
    name: "top up",
    play: async () => {
      const isDone = await tookEffect(() =>
        world.settlement.connect(person).topUp(old.terms, old.terms.opening, old.toppedUpMicro, part),
      );
      if (isDone) {
        old.toppedUpMicro = raised.toppedUpMicro;
        world.heldMicro[number] = (world.heldMicro[number] ?? 0n) + part;
      }
      return isDone;
    },
    // The models know no end of top-ups, and the one of sessions no balance.
    ...(isInTime ? { calls: { SolvencyModel: [call], SplitModel: [call] } } : {}),
    ...(isInTime && part !== 0n && part <= freeMicro ? { once: [number, ["topUp", before, after]] } : {}),
  };
}

async function settleMove(scene: Scene): Promise<Move> {
  const { world, amount } = scene;
  const { settlement } = world;
  const old = oldSessionIn(scene);
  if (old === undefined) return idleMove;
  const number = numberOf(world, old.terms);
  const metering = { ...USUAL, energyMicroWh: BigInt(amount % 4) * 2_000_000_000n };
  const price = await world.tariffRegistry.priceOf(
    TARIFF,
    metering.energyMicroWh,
    metering.chargingSeconds,
    metering.connectedSeconds,
  );
  const group = settlementGroup(old.terms, [settlementOf(old.terms, metering, old.toppedUpMicro)], TARIFF);
  const batch = await batchOf(world, [group]);
  const isLive = await settlement.isLive(old.terms, old.terms.opening, old.toppedUpMicro);
  const hold = world.heldMicro[number] ?? 0n;
  const charged = price.grossMicro < hold ? price.grossMicro : hold;
  const session = sessionOf(old);
  const credit = operatorsOf(world).findIndex(({ address }) => address === old.terms.operator);
  const call: ModelCall = ["settle", number, session, credit, price.grossMicro];
  return {
    name: "settle",
    // A batch skips what it does not settle.
    play: async () => {
      await afterCharge();
      const isSent = await tookEffect(() => settlement.connect(world.thief).settleBatch(...batch));
      const isSettled = isSent && isLive && !(await settlement.isLive(old.terms, old.terms.opening, old.toppedUpMicro));
      if (isSettled) world.heldMicro[number] = 0n;
      return isSettled;
    },
    calls: {
      SolvencyModel: [call],
      SplitModel: [call],
      ...(isLive ? { CreditModel: [["charge", number, credit, charged]] } : {}),
    },
    once: [number, ["settle", session]],
    // Power, the quorum's time and the epoch's limit are not in the models.
    isComparedIfDone: isLive,
  };
}

async function expireMove(scene: Scene): Promise<Move> {
  const { world } = scene;
  const old = oldSessionIn(scene);
  if (old === undefined) return idleMove;
  const number = numberOf(world, old.terms);
  const session = sessionOf(old);
  const time = (await latestTime()) + 1n;
  const { expiresAt } = old.terms;
  const call: ModelCall = ["expire", number, session, expiresAt, time];
  return {
    name: "expire",
    play: async () => {
      await networkHelpers.time.setNextBlockTimestamp(time);
      const isDone = await tookEffect(() =>
        world.settlement.connect(world.thief).expire(old.terms, old.terms.opening, old.toppedUpMicro),
      );
      if (isDone) world.heldMicro[number] = 0n;
      return isDone;
    },
    calls: { SolvencyModel: [call], SplitModel: [call] },
    once: [number, ["expire", session, expiresAt, time]],
  };
}

async function withdrawCreditMove({ world, amount }: Scene): Promise<Move> {
  const credit = amount % 2;
  const payee = operatorsOf(world)[credit] ?? world.operator;
  const withdrawable = await world.settlement.withdrawableOf(payee.address, 0, payee.address);
  const part = amount % 3 === 0 ? BigInt(amount) : withdrawable / 2n;
  const call: ModelCall = ["withdrawCredit", credit, part];
  const isFinal = part <= withdrawable;
  return {
    name: "withdraw credit",
    play: () =>
      tookEffect(() => world.settlement.connect(payee).withdrawCredit(payee.address, 0, part, world.owner.address)),
    // Two of the models do not tell final credit from the rest.
    calls: { CreditModel: [call], ...(isFinal ? { SolvencyModel: [call], SplitModel: [call] } : {}) },
  };
}

async function refundMove(scene: Scene): Promise<Move> {
  const { world, amount } = scene;
  const old = oldSessionIn(scene);
  if (old === undefined) return idleMove;
  const number = numberOf(world, old.terms);
  const credit = operatorsOf(world).findIndex(({ address }) => address === old.terms.operator);
  const payee = operatorsOf(world)[credit] ?? world.operator;
  const withdrawable = await world.settlement.withdrawableOf(payee.address, 0, payee.address);
  const part = BigInt(amount % 5 === 0 ? amount : 1 + (amount % 50_000));
  const both: readonly ModelCall[] = [
    ["withdrawCredit", credit, part],
    ["deposit", number, part],
  ];
  const isFinal = part <= withdrawable;
  return {
    name: "refund",
    play: () => tookEffect(() => world.settlement.connect(payee).refund(old.terms, part)),
    calls: {
      CreditModel: [["refund", credit, number, part]],
      ...(isFinal ? { SolvencyModel: both, SplitModel: both } : {}),
    },
  };
}

/** What a challenge does that shows that too much was charged, in this epoch or the one before. */
async function takeBackMove(scene: Scene): Promise<Move> {
  const { world, amount } = scene;
  const old = oldSessionIn(scene);
  if (old === undefined) return idleMove;
  const number = numberOf(world, old.terms);
  const credit = operatorsOf(world).findIndex(({ address }) => address === old.terms.operator);
  const { provisionalMicro } = await world.settlement.creditOf(old.terms.operator, 0);
  const part = amount % 3 === 0 ? BigInt(1 + amount) : provisionalMicro / 4n;
  const settledAt = (await latestTime()) - (amount % 2 === 0 ? 0n : EPOCH_SECONDS);
  const both: readonly ModelCall[] = [
    ["withdrawCredit", credit, part],
    ["deposit", number, part],
  ];
  const correction = { ...correctionOf(world, old.terms), settledAt, refundedMicro: part };
  if (part === 0n) return idleMove;
  return {
    name: "take back",
    play: () => tookEffect(() => world.settlement.connect(world.asChallenges).correct(correction)),
    calls: { CreditModel: [["takeBack", credit, number, part]], SolvencyModel: both, SplitModel: both },
    // The models do not tell the epochs apart.
    isComparedIfDone: part <= provisionalMicro,
    ...(part > provisionalMicro ? { calls: { CreditModel: [["takeBack", credit, number, part]] } } : {}),
  };
}

function correctionOf(world: World, terms: Terms) {
  return {
    sessionId: ZeroHash,
    driver: terms.driver,
    lane: terms.lane,
    operator: terms.operator,
    agreement: 0,
    settledAt: 0n,
    refundedMicro: 0n,
    challenger: world.payer.address,
    isByQuorum: false,
  };
}

function postBondMove({ world, amount }: Scene): Move {
  const oracle = amount % 2;
  const { oracles } = bondPeopleOf(world);
  const part = BigInt(amount % 7 === 0 ? 0 : amount % 1_000_000);
  const bonds = world.oracleBonds.connect(world.payer);
  return {
    name: "post bond",
    play: () => tookEffect(() => bonds.postBond(oracles[oracle]?.address ?? "", part)),
    calls: { BondModel: [["postBond", oracle, part]] },
  };
}

async function withdrawBondMove({ world, amount }: Scene): Promise<Move> {
  const oracle = amount % 2;
  const person = bondPeopleOf(world).oracles[oracle] ?? world.payer;
  const bond = await world.oracleBonds.bondOf(person.address);
  const part = amount % 3 === 0 ? BigInt(amount) : bond / 3n;
  return {
    name: "withdraw bond",
    play: () => tookEffect(() => world.oracleBonds.connect(person).withdrawBond(part, world.owner.address)),
    calls: { BondModel: [["withdrawBond", oracle, part]] },
  };
}

/** What a demand does that nobody answered. */
function lossMove({ world, amount }: Scene): Move {
  const oracle = amount % 2;
  const { oracles, compensated } = bondPeopleOf(world);
  const part = BigInt(amount % 600_000);
  const loss = {
    ...{ sessionId: ZeroHash, liable: [oracles[oracle]?.address ?? ""], settledAt: 1n },
    ...{ driver: compensated.address, driverMicro: part, operator: compensated.address, agreement: 0 },
    ...{ operatorMicro: 0n, challenger: compensated.address, rewardMicro: 0n },
  };
  return {
    name: "lose",
    play: () => tookEffect(() => world.oracleBonds.connect(world.asChallenges).claimLoss(loss)),
    calls: { BondModel: [["lose", oracle, part]] },
  };
}

/** A case ends, and whoever lost takes out what it pays. */
async function bondMoneyOutMove({ world, amount }: Scene): Promise<Move> {
  const { compensated, oracles } = bondPeopleOf(world);
  const { oracleBonds, owner } = world;
  const oracle = amount % 2;
  const address = oracles[oracle]?.address ?? "";
  const { isClosed, openedAt, closesAt } = await oracleBonds.caseOf(address, 1);
  if (openedAt !== 0n && !isClosed && (await latestTime()) >= closesAt) {
    return {
      name: "close case",
      play: () => tookEffect(() => oracleBonds.connect(owner).closeCase(address, 1)),
      calls: { BondModel: [["close", oracle]] },
    };
  }
  if (isClosed && amount % 5 < 3) {
    return {
      name: "collect",
      play: () => tookEffect(() => oracleBonds.connect(owner).collect(address, 1, compensated.address, 0)),
      calls: { BondModel: [["collect", oracle]] },
    };
  }
  const credit = await oracleBonds.withdrawableOf(compensated.address, 0, compensated.address);
  const part = amount % 3 === 0 ? credit + 1n : credit;
  const bonds = oracleBonds.connect(compensated);
  return {
    name: "withdraw compensation",
    play: () => tookEffect(() => bonds.withdrawCredit(compensated.address, 0, part, owner.address)),
    calls: { BondModel: [["withdrawCredit", part]] },
  };
}

/** There is nothing yet with which it could be done. */
const idleMove: Move = { name: "idle", play: () => Promise.resolve(true) };

/** Half a day, or so long that credits are final. */
function waitMove({ amount }: Scene): Move {
  return {
    name: "wait",
    play: async () => {
      await networkHelpers.time.increase(amount % 2 === 0 ? 13n * HOUR : 49n * HOUR);
      return true;
    },
  };
}
