import { expect } from "chai";
import fc from "fast-check";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { afterLog, EMPTY_STATE, type RebuiltState } from "../../helpers/rebuilt-state.ts";
import { commitmentOf, type Terms } from "../../helpers/session-terms.ts";
import {
  DAY,
  deployedSettlement,
  HOUR,
  openingGroup,
  openingOf,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

/** Random choices of one step, each a number that the step reduces to what it needs. */
type Step = readonly [action: number, person: number, lane: number, amount: number];

const STEPS = fc.array(fc.tuple(fc.nat(9), fc.nat(1), fc.nat(2), fc.integer({ min: 1, max: 40_000_000 })), {
  minLength: 150,
  maxLength: 150,
});

/** Plays steps; what the contract refuses is part of the game. Answers the names of the steps that went through. */
async function play(fixture: SettlementFixture, steps: readonly Step[]): Promise<Map<string, number>> {
  const { settlement, driver, otherDriver, operator, otherOperator, oracle, relayer, thief, payer } = fixture;
  const done = new Map<string, number>();
  const opened: Terms[] = [];
  for (const [action, personNumber, lane, amount] of steps) {
    const person = personNumber === 0 ? driver : otherDriver;
    const payee = amount % 2 === 0 ? operator : otherOperator;
    const { nonce } = await settlement.accountOf(person.address, lane);
    const now = BigInt(await networkHelpers.time.latest());
    const terms = termsOf(fixture, {
      driver: person.address,
      lane: BigInt(lane),
      nonce: amount % 7 === 0 ? nonce + 1n : nonce,
      operator: payee.address,
      holdMicro: BigInt(amount),
      expiresAt: now + DAY,
    });
    const old = opened[amount % Math.max(1, opened.length)] ?? terms;
    const metering = { energyMicroWh: BigInt(amount % 3) * 10n ** 9n, chargingSeconds: 60n, idleSeconds: 700n };
    const actions: readonly (readonly [string, () => Promise<{ wait(): Promise<unknown> }>])[] = [
      ["deposit", () => settlement.connect(payer).deposit(person.address, lane, amount)],
      ["withdraw", () => settlement.connect(person).withdraw(lane, amount % 1_000_000, thief.address)],
      ["advance nonce", () => settlement.connect(person).advanceNonce(lane)],
      ["open", () => settlement.connect(person).open(terms)],
      [
        "open batch",
        async () => {
          const opening = await openingOf(fixture, amount % 5 === 0 ? thief : person, terms);
          return await settlement.connect(relayer).openBatch([openingGroup(terms, [opening, opening])]);
        },
      ],
      ["settle", () => settlement.connect(oracle).settleBatch([settlementGroup(old, [settlementOf(old, metering)])])],
      [
        "settle twice",
        () =>
          settlement
            .connect(oracle)
            .settleBatch([settlementGroup(old, [settlementOf(old), settlementOf(old)]), settlementGroup(terms)]),
      ],
      ["expire", () => settlement.connect(thief).expire(old)],
      ["withdraw credit", () => settlement.connect(payee).withdrawCredit(amount % 500_000, relayer.address)],
      [
        "wait",
        async () => {
          await networkHelpers.time.increase(5n * HOUR);
          return { wait: () => Promise.resolve() };
        },
      ],
    ];
    const chosen = actions[action];
    if (chosen === undefined) throw new RangeError("There is no such action");
    try {
      await (await chosen[1]()).wait();
    } catch (error) {
      // Only a refusal by a contract is part of the game.
      if (!(error instanceof Error) || !error.message.includes("revert")) throw error;
      continue;
    }
    done.set(chosen[0], (done.get(chosen[0]) ?? 0) + 1);
    if (chosen[0] === "open" || chosen[0] === "open batch") opened.push(terms);
  }
  return done;
}

async function rebuild({ settlement }: SettlementFixture): Promise<RebuiltState> {
  const logs = await ethers.provider.getLogs({ address: await settlement.getAddress(), fromBlock: 0 });
  let state = EMPTY_STATE;
  for (const log of logs) state = afterLog(state, log, settlement.interface);
  return state;
}

async function expectSameState(fixture: SettlementFixture): Promise<RebuiltState> {
  const { settlement, operator, otherOperator, driver, otherDriver } = fixture;
  const state = await rebuild(fixture);
  expect(await settlement.owedMicro()).to.equal(state.owedMicro);
  for (const person of [driver, otherDriver]) {
    for (const lane of [0, 1, 2]) {
      const account = state.accounts.get(`${person.address}/${lane}`);
      expect(await settlement.accountOf(person.address, lane)).to.deep.equal([
        account?.freeMicro ?? 0n,
        account?.nonce ?? 0n,
        account?.liveSessionId ? commitmentOf(account.liveSessionId) : 0n,
      ]);
    }
  }
  for (const payee of [operator, otherOperator]) {
    const account = state.operators.get(payee.address);
    expect(await settlement.operatorAccountOf(payee.address)).to.deep.equal([
      account?.creditMicro ?? 0n,
      account?.creditedMicro ?? 0n,
    ]);
  }
  return state;
}

describe("ChargingSettlement's events rebuild its state", () => {
  it("invariant 21: after random calls of all kinds, by a pure fold over the logs alone", async function () {
    this.timeout(120_000);
    const total = new Map<string, number>();
    const games = fc.sample(STEPS, { seed: 20_261_107, numRuns: 4 });
    for (const steps of games) {
      const fixture = await networkHelpers.loadFixture(deployedSettlement);
      for (const [name, count] of await play(fixture, steps)) total.set(name, (total.get(name) ?? 0) + count);
      await expectSameState(fixture);
    }
    // A game in which everything was refused would show nothing.
    expect([...total.keys()].sort()).to.deep.equal([
      "advance nonce",
      "deposit",
      "expire",
      "open",
      "open batch",
      "settle",
      "settle twice",
      "wait",
      "withdraw",
      "withdraw credit",
    ]);
  });

  it("invariant 21: with sums of logged amounts that equal the movement of tokens", async () => {
    const fixture = await networkHelpers.loadFixture(deployedSettlement);
    const [steps = []] = fc.sample(STEPS, { seed: 7, numRuns: 1 });
    await play(fixture, steps);

    const state = await rebuild(fixture);

    let parts = 0n;
    for (const { freeMicro } of state.accounts.values()) parts += freeMicro;
    for (const { holdMicro } of state.live.values()) parts += holdMicro;
    for (const { creditMicro } of state.operators.values()) parts += creditMicro;
    expect(parts).to.equal(state.owedMicro);
    expect(await fixture.erc20.balanceOf(await fixture.settlement.getAddress())).to.equal(state.owedMicro);
  });
});
