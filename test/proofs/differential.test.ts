import { expect } from "chai";
import { type BaseContract, ContractFactory, type InterfaceAbi } from "ethers";
import fc from "fast-check";

import { compile, sourceName } from "../../scripts/prove/compiler.ts";
import { readModelSource } from "../../scripts/prove/models.ts";
import { networkHelpers } from "../helpers/chain.ts";
import { commitmentOf, type Terms } from "../helpers/session-terms.ts";
import {
  DAY,
  deployedSettlement,
  HOUR,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  TARIFF,
  termsOf,
  USUAL,
} from "../helpers/settlement-fixture.ts";

/** Random choices of one step, each a number that the step reduces to what it needs. */
type Step = readonly [action: number, account: number, amount: number];

const STEPS = fc.array(fc.tuple(fc.nat(11), fc.nat(2), fc.integer({ min: 0, max: 20_000_000 })), {
  minLength: 30,
  maxLength: 30,
});

interface World extends SettlementFixture {
  readonly solvency: BaseContract;
  readonly split: BaseContract;
  /** One for each account, in their order. */
  readonly once: readonly BaseContract[];
}

/** A call of a model: its function and arguments. */
type ModelCall = readonly [name: string, ...parameters: unknown[]];

/** One step on the contract and the same on the models. Where a model has no such call, there is none to compare. */
interface Move {
  readonly name: string;
  readonly play: () => Promise<boolean>;
  readonly money?: ModelCall;
  readonly once?: readonly [accountNumber: number, call: ModelCall];
}

const factories = new Map<string, ContractFactory>();

async function factoryOf(name: string): Promise<ContractFactory> {
  const known = factories.get(name);
  if (known !== undefined) return known;
  const settings = {
    viaIR: true,
    optimizer: { enabled: true },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  };
  const run = await compile(readModelSource(name), settings, 300_000);
  const contract = run.outcome === "answered" ? run.answer.contracts[sourceName]?.[name] : undefined;
  if (contract?.evm === undefined) throw new Error(`${name} does not compile`);
  const abi: InterfaceAbi = JSON.stringify(contract.abi);
  const factory = new ContractFactory(abi, contract.evm.bytecode.object);
  factories.set(name, factory);
  return factory;
}

async function worldWithModels(): Promise<World> {
  const fixture = await deployedSettlement();
  const deploy = async (name: string): Promise<BaseContract> => {
    const contract = await (await factoryOf(name)).connect(fixture.relayer).deploy();
    return await contract.waitForDeployment();
  };
  const once: BaseContract[] = [];
  while (once.length < accountsOf(fixture).length) once.push(await deploy("OnceModel"));
  return { ...fixture, solvency: await deploy("SolvencyModel"), split: await deploy("SplitModel"), once };
}

function accountsOf({ driver, otherDriver }: SettlementFixture) {
  return [
    { person: driver, lane: 0n },
    { person: driver, lane: 1n },
    { person: otherDriver, lane: 0n },
  ];
}

/** Whether a call took effect; what a contract refuses is part of the game, anything else is not. */
async function tookEffect(call: () => Promise<{ wait(): Promise<unknown> }>): Promise<boolean> {
  try {
    await (await call()).wait();
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("revert")) throw error;
    return false;
  }
}

async function moveOf(world: World, [action, number, amount]: Step, opened: Terms[]): Promise<Move> {
  const { settlement, oracle, thief, relayer, payer, operator, otherOperator } = world;
  const accounts = accountsOf(world);
  const { person, lane } = accounts[number] ?? { person: world.driver, lane: 0n };
  const payee = amount % 2 === 0 ? operator : otherOperator;
  const { freeMicro, nonce } = await settlement.accountOf(person.address, lane);
  const now = BigInt(await networkHelpers.time.latest());
  const time = now + 1n;
  const lifetime = [DAY, DAY, DAY, 2n * DAY + 1n, 0n][amount % 5] ?? DAY;
  const terms = termsOf(world, {
    driver: person.address,
    lane,
    nonce: amount % 11 === 0 ? nonce + 1n : nonce,
    operator: payee.address,
    holdMicro: BigInt(amount % 3 === 0 ? amount : amount % 5_000_000),
    expiresAt: time + lifetime,
  });
  // Often the account's last session, sometimes any other, live or not.
  const own = opened.filter((other) => other.driver === person.address && other.lane === lane);
  const old = (amount % 4 === 0 ? opened[amount % Math.max(1, opened.length)] : own.at(-1)) ?? terms;
  const key = number;
  const oldNumber = accounts.findIndex((other) => other.person.address === old.driver && other.lane === old.lane);
  const sessionOf = (chosen: Terms): bigint => commitmentOf(sessionIn(world, chosen));
  switch (action) {
    case 0:
    case 1: {
      const call = () => settlement.connect(payer).deposit(person.address, lane, amount);
      return { name: "deposit", play: () => tookEffect(call), money: ["deposit", key, amount] };
    }
    case 2: {
      const part = amount % 3 === 0 ? BigInt(amount) : freeMicro / 3n;
      const call = () => settlement.connect(person).withdraw(lane, part, thief.address);
      return { name: "withdraw", play: () => tookEffect(call), money: ["withdraw", key, part] };
    }
    case 3: {
      const call = () => settlement.connect(person).advanceNonce(lane);
      return { name: "advance nonce", play: () => tookEffect(call), once: [number, ["advanceNonce"]] };
    }
    case 4:
    case 5:
    case 6: {
      const { holdMicro, expiresAt } = terms;
      const session = sessionOf(terms);
      const nonceFits = terms.nonce === nonce;
      const play = async (): Promise<boolean> => {
        await networkHelpers.time.setNextBlockTimestamp(time);
        const isOpen = await tookEffect(() => settlement.connect(person).open(terms));
        if (isOpen) opened.push(terms);
        return isOpen;
      };
      return {
        name: "open",
        play,
        ...(nonceFits ? { money: ["open", key, session, holdMicro, expiresAt, time] } : {}),
        ...(holdMicro <= freeMicro
          ? { once: [number, ["open", session, terms.nonce, holdMicro, expiresAt, time]] }
          : {}),
      };
    }
    case 7:
    case 8: {
      const metering = { ...USUAL, energyMicroWh: BigInt(amount % 4) * 2_000_000_000n };
      const price = await world.tariffRegistry.priceOf(
        TARIFF,
        metering.energyMicroWh,
        metering.chargingSeconds,
        metering.idleSeconds,
      );
      const group = settlementGroup(old, [settlementOf(old, metering)], TARIFF);
      const isLive = await settlement.isLive(old);
      // A batch skips what it does not settle.
      const play = async (): Promise<boolean> =>
        (await tookEffect(() => settlement.connect(oracle).settleBatch([group]))) &&
        isLive &&
        !(await settlement.isLive(old));
      const session = sessionOf(old);
      return {
        name: "settle",
        play,
        money: ["settle", oldNumber, session, old.operator, price.grossMicro],
        once: [oldNumber, ["settle", session]],
      };
    }
    case 9: {
      const session = sessionOf(old);
      const play = async (): Promise<boolean> => {
        await networkHelpers.time.setNextBlockTimestamp(time);
        return await tookEffect(() => settlement.connect(thief).expire(old));
      };
      return {
        name: "expire",
        play,
        money: ["expire", oldNumber, session, old.expiresAt, time],
        once: [oldNumber, ["expire", session, old.expiresAt, time]],
      };
    }
    case 10: {
      const { creditMicro } = await settlement.operatorAccountOf(payee.address);
      const part = amount % 3 === 0 ? BigInt(amount) : creditMicro / 2n;
      const call = () => settlement.connect(payee).withdrawCredit(part, relayer.address);
      return { name: "withdraw credit", play: () => tookEffect(call), money: ["withdrawCredit", payee.address, part] };
    }
    default:
      return {
        name: "wait",
        play: async () => {
          await networkHelpers.time.increase(13n * HOUR);
          return true;
        },
      };
  }
}

async function playOn(model: BaseContract, [name, ...parameters]: ModelCall): Promise<boolean> {
  return await tookEffect(() => model.getFunction(name).send(...parameters));
}

async function valueIn(model: BaseContract, name: string, ...parameters: unknown[]): Promise<unknown> {
  const value: unknown = await model.getFunction(name).staticCall(...parameters);
  return value;
}

/** Every amount of the contract is that of the models, and so is every account's nonce and live session. */
async function expectSameBooks(world: World): Promise<void> {
  const { settlement, erc20, solvency, split, once, operator, otherOperator } = world;
  expect(await valueIn(solvency, "owedMicro")).to.equal(await settlement.owedMicro());
  expect(await valueIn(solvency, "balanceMicro")).to.equal(await erc20.balanceOf(settlement));
  for (const [number, { person, lane }] of accountsOf(world).entries()) {
    const { freeMicro, nonce, commitment } = await settlement.accountOf(person.address, lane);
    for (const model of [solvency, split]) {
      expect(await valueIn(model, "freeMicro", number)).to.equal(freeMicro);
      expect(await valueIn(model, "commitment", number)).to.equal(commitment);
    }
    const sessions = once[number];
    if (sessions === undefined) throw new RangeError("There is no model of this account");
    expect(await valueIn(sessions, "nonce")).to.equal(nonce);
    expect(await valueIn(sessions, "commitment")).to.equal(commitment);
  }
  for (const { address } of [operator, otherOperator]) {
    const { creditMicro } = await settlement.operatorAccountOf(address);
    for (const model of [solvency, split]) expect(await valueIn(model, "creditMicro", address)).to.equal(creditMicro);
  }
}

describe("The models that are proved", () => {
  it("do what the contract does, call by call, in random games", async function () {
    this.timeout(600_000);
    const done = new Map<string, number>();
    for (const steps of fc.sample(STEPS, { seed: 20_261_124, numRuns: 40 })) {
      const world = await networkHelpers.loadFixture(worldWithModels);
      const opened: Terms[] = [];
      // A game without money shows little.
      for (const step of [[0, 0, 19_000_001], [0, 1, 9_000_001], [0, 2, 17_000_001], ...steps] satisfies Step[]) {
        const move = await moveOf(world, step, opened);
        const isDone = await move.play();
        const played = `${move.name} ${isDone ? "took effect" : "was refused"}`;
        done.set(played, (done.get(played) ?? 0) + 1);
        if (move.money !== undefined) {
          expect(await playOn(world.solvency, move.money), `SolvencyModel: ${played}`).to.equal(isDone);
          expect(await playOn(world.split, move.money), `SplitModel: ${played}`).to.equal(isDone);
        }
        if (move.once !== undefined) {
          const [number, call] = move.once;
          const model = world.once[number];
          if (model === undefined) throw new RangeError("There is no model of this account");
          expect(await playOn(model, call), `OnceModel: ${played}`).to.equal(isDone);
        }
        await expectSameBooks(world);
      }
    }
    // Games in which a kind of call was never done, or never refused, would leave it out.
    expect([...done.keys()].sort()).to.deep.equal([
      "advance nonce took effect",
      "deposit took effect",
      "deposit was refused",
      "expire took effect",
      "expire was refused",
      "open took effect",
      "open was refused",
      "settle took effect",
      "settle was refused",
      "wait took effect",
      "withdraw credit took effect",
      "withdraw credit was refused",
      "withdraw took effect",
      "withdraw was refused",
    ]);
  });
});
