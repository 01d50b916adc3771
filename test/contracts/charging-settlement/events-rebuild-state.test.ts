import { expect } from "chai";
import fc from "fast-check";

import type { Challenges } from "../../../types/index.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { signTerms, signTopUp, signWithdrawal } from "../../helpers/orders.ts";
import { AGREEMENT, partneredSettlement, type PartnersFixture } from "../../helpers/partners-fixture.ts";
import { afterLog, creditIn, EMPTY_STATE, type RebuiltState } from "../../helpers/rebuilt-state.ts";
import { commitmentOf, type Metering, type Terms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  DAY,
  EPOCH_SECONDS,
  HOUR,
  openingGroup,
  signedOpeningOf,
  sessionIn,
  settlementGroup,
  settlementOf,
  type Signer,
  openingIn,
} from "../../helpers/settlement-fixture.ts";

/** Random choices of one step, each a number that the step reduces to what it needs. */
type Step = readonly [action: number, person: number, lane: number, amount: number];

interface Opened {
  readonly terms: Terms;
  toppedUpMicro: bigint;
  settledAt: bigint;
  chargedMicro: bigint;
}

const ACTIONS = 16;
const STEPS = fc.array(fc.tuple(fc.nat(ACTIONS - 1), fc.nat(1), fc.nat(2), fc.integer({ min: 1, max: 40_000_000 })), {
  minLength: 220,
  maxLength: 220,
});
const nothingToWaitFor = { wait: () => Promise.resolve(null) };

/** Acts as the contract for challenges does when it was shown a meter's records. */
async function asChallenges(challenges: Challenges): Promise<Signer> {
  const address = await challenges.getAddress();
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 18n);
  return await ethers.getSigner(address);
}

/** Plays steps; what the contract refuses is part of the game. Answers the names of the steps that went through. */
async function play(fixture: PartnersFixture, steps: readonly Step[]): Promise<Map<string, number>> {
  const { settlement, driver, otherDriver, operator, otherOperator, relayer, thief, payer, partners } = fixture;
  const oracle = fixture.oracles[0];
  if (oracle === undefined) throw new Error("There is no oracle");
  const challenges = await asChallenges(fixture.challenges);
  const done = new Map<string, number>();
  const opened: Opened[] = [];
  for (const [action, personNumber, lane, amount] of steps) {
    const person = personNumber === 0 ? driver : otherDriver;
    const payee = amount % 2 === 0 ? operator : otherOperator;
    const { nonce } = await settlement.accountOf(person.address, lane);
    const now = BigInt(await networkHelpers.time.latest());
    const terms: Terms = {
      driver: person.address,
      lane: BigInt(lane),
      nonce: amount % 7 === 0 ? nonce + 1n : nonce,
      operator: payee.address,
      agreement: payee === operator && amount % 3 !== 0 ? AGREEMENT : 0n,
      evse: 7n,
      meter: 9n,
      maximumPowerW: 22_000n,
      tariffId: fixture.tariffId,
      holdMicro: BigInt(amount),
      expiresAt: now + DAY,
    };
    const old = opened[amount % Math.max(1, opened.length)] ?? {
      terms,
      toppedUpMicro: 0n,
      settledAt: 0n,
      chargedMicro: 0n,
    };
    const metering: Metering = {
      energyMicroWh: BigInt(amount % 3) * 10n ** 9n,
      chargingSeconds: 60n,
      connectedSeconds: 700n,
    };
    const part = BigInt(amount % 500_000);
    const settle = async (groups: readonly ReturnType<typeof settlementGroup>[]) =>
      await settlement.connect(relayer).settleBatch(...(await batchOf(fixture, groups)));
    const withdrawal = { driver: person.address, lane: BigInt(lane), nonce, amount: part, recipient: thief.address };
    const actions: readonly (readonly [string, () => Promise<{ wait(): Promise<unknown> }>])[] = [
      ["deposit", () => settlement.connect(payer).deposit(person.address, lane, amount)],
      ["withdraw", () => settlement.connect(person).withdraw(lane, amount % 1_000_000, thief.address)],
      [
        "withdraw signed",
        async () => {
          const order = { ...withdrawal, deadline: now + HOUR };
          return await settlement.connect(relayer).withdrawSigned(order, await signWithdrawal(fixture, person, order));
        },
      ],
      ["advance nonce", () => settlement.connect(person).advanceNonce(lane)],
      ["open", () => settlement.connect(person).open(terms)],
      [
        "open signed",
        async () => await settlement.connect(relayer).openSigned(terms, await signTerms(fixture, person, terms)),
      ],
      [
        "open batch",
        async () => {
          const opening = await signedOpeningOf(fixture, amount % 5 === 0 ? thief : person, terms);
          return await settlement.connect(relayer).openBatch([openingGroup(terms, [opening, opening])]);
        },
      ],
      [
        "top up",
        async () => {
          const signer = old.terms.driver === driver.address ? driver : otherDriver;
          const sent = await settlement
            .connect(signer)
            .topUp(old.terms, await openingIn(fixture, old.terms), old.toppedUpMicro, part);
          old.toppedUpMicro += part;
          return sent;
        },
      ],
      [
        "top up signed",
        async () => {
          const signer = old.terms.driver === driver.address ? driver : otherDriver;
          const signature = await signTopUp(fixture, signer, old.terms, old.toppedUpMicro, part);
          const sent = await settlement
            .connect(thief)
            .topUpSigned(old.terms, await openingIn(fixture, old.terms), old.toppedUpMicro, part, signature);
          old.toppedUpMicro += part;
          return sent;
        },
      ],
      [
        "settle",
        async () => {
          const before = await settlement.creditOf(old.terms.operator, old.terms.agreement);
          const sent = await settle([
            settlementGroup(old.terms, [settlementOf(old.terms, metering, old.toppedUpMicro)]),
          ]);
          const after = await settlement.creditOf(old.terms.operator, old.terms.agreement);
          old.chargedMicro += after.finalMicro + after.provisionalMicro - before.finalMicro - before.provisionalMicro;
          if (old.settledAt === 0n) old.settledAt = BigInt(await networkHelpers.time.latest());
          return sent;
        },
      ],
      [
        "settle twice",
        () =>
          settle([
            settlementGroup(old.terms, [settlementOf(old.terms), settlementOf(old.terms)]),
            settlementGroup(terms),
          ]),
      ],
      [
        "expire",
        async () => settlement.connect(thief).expire(old.terms, await openingIn(fixture, old.terms), old.toppedUpMicro),
      ],
      [
        "withdraw credit",
        async () => {
          const agreement = payee === operator ? AGREEMENT : 0n;
          const party = payee === operator ? (partners[amount % 4] ?? operator) : otherOperator;
          const most = await settlement.withdrawableOf(payee.address, agreement, party.address);
          const credit = most < part ? most : part;
          return await settlement.connect(party).withdrawCredit(payee.address, agreement, credit, relayer.address);
        },
      ],
      [
        "refund",
        async () => {
          const signer = old.terms.operator === operator.address ? operator : otherOperator;
          const most = await settlement.withdrawableOf(signer.address, old.terms.agreement, signer.address);
          return await settlement.connect(signer).refund(old.terms, most < part ? most : part);
        },
      ],
      [
        "correct",
        async () => {
          const isFresh = old.settledAt !== 0n && old.settledAt / EPOCH_SECONDS + 1n >= now / EPOCH_SECONDS;
          if (!isFresh || old.chargedMicro === 0n) return nothingToWaitFor;
          const refundedMicro = amount % 2 === 0 ? old.chargedMicro / 2n : old.chargedMicro;
          const correction = {
            sessionId: sessionIn(fixture, old.terms),
            driver: old.terms.driver,
            lane: old.terms.lane,
            operator: old.terms.operator,
            agreement: old.terms.agreement,
            settledAt: old.settledAt,
            refundedMicro,
            challenger: otherDriver.address,
            isByQuorum: false,
          };
          const sent = await settlement.connect(challenges).correct(correction);
          old.chargedMicro = 0n;
          return sent;
        },
      ],
      [
        "wait",
        async () => {
          await networkHelpers.time.increase(5n * HOUR);
          return nothingToWaitFor;
        },
      ],
    ];
    const chosen = actions[action];
    if (chosen === undefined) throw new RangeError("There is no such action");
    try {
      const receipt = await (await chosen[1]()).wait();
      if (receipt === null && chosen[0] !== "wait") continue;
    } catch (error) {
      // Only a refusal by a contract is part of the game.
      if (!(error instanceof Error) || !error.message.includes("revert")) throw error;
      continue;
    }
    done.set(chosen[0], (done.get(chosen[0]) ?? 0) + 1);
    if (chosen[0].startsWith("open")) opened.push({ terms, toppedUpMicro: 0n, settledAt: 0n, chargedMicro: 0n });
  }
  return done;
}

async function rebuild({ settlement }: PartnersFixture): Promise<RebuiltState> {
  const logs = await ethers.provider.getLogs({ address: await settlement.getAddress(), fromBlock: 0 });
  const times = new Map<number, bigint>();
  let state = EMPTY_STATE;
  for (const log of logs) {
    const time = times.get(log.blockNumber) ?? BigInt((await log.getBlock()).timestamp);
    times.set(log.blockNumber, time);
    state = afterLog(state, log, settlement.interface, time / EPOCH_SECONDS);
  }
  return state;
}

async function expectSameState(fixture: PartnersFixture): Promise<void> {
  const { settlement, partnerAgreements, operator, otherOperator, driver, otherDriver, partners } = fixture;
  const state = await rebuild(fixture);
  const epoch = BigInt(await networkHelpers.time.latest()) / EPOCH_SECONDS;
  expect(await settlement.owedMicro()).to.equal(state.owedMicro);
  for (const person of [driver, otherDriver]) {
    for (const lane of [0, 1, 2]) {
      const account = state.accounts.get(`${person.address}/${lane}`);
      const live = state.sessions.get(account?.liveSessionId ?? "");
      expect(await settlement.accountOf(person.address, lane)).to.deep.equal([
        account?.freeMicro ?? 0n,
        account?.nonce ?? 0n,
        live === undefined ? 0n : commitmentOf(live.terms, live.toppedUpMicro),
      ]);
    }
  }
  for (const payee of [operator, otherOperator]) {
    for (const agreement of [0n, AGREEMENT]) {
      const credit = state.credits.get(`${payee.address}/${agreement}`);
      const { final, provisional } = creditIn(credit, epoch);
      expect(await settlement.creditOf(payee.address, agreement)).to.deep.equal([final, provisional]);
      for (const { address } of [payee, ...partners]) {
        const part = await partnerAgreements.partOf(payee.address, agreement, address, final);
        const withdrawn = credit?.withdrawnMicro.get(address) ?? 0n;
        expect(await settlement.withdrawableOf(payee.address, agreement, address)).to.equal(part - withdrawn);
      }
    }
  }
}

describe("ChargingSettlement's events rebuild its state", () => {
  it("invariant 21: rebuild it after random calls of all kinds, by a pure fold over logs and block times alone", async function () {
    this.timeout(240_000);
    const total = new Map<string, number>();
    const games = fc.sample(STEPS, { seed: 20_261_107, numRuns: 4 });
    for (const steps of games) {
      const fixture = await networkHelpers.loadFixture(partneredSettlement);
      for (const [name, count] of await play(fixture, steps)) total.set(name, (total.get(name) ?? 0) + count);
      await expectSameState(fixture);
    }
    // A game in which everything was refused would show nothing.
    expect([...total.keys()].sort()).to.deep.equal([
      "advance nonce",
      "correct",
      "deposit",
      "expire",
      "open",
      "open batch",
      "open signed",
      "refund",
      "settle",
      "settle twice",
      "top up",
      "top up signed",
      "wait",
      "withdraw",
      "withdraw credit",
      "withdraw signed",
    ]);
  });

  it("invariant 21: log amounts whose sums equal the movement of tokens", async function () {
    this.timeout(120_000);
    const fixture = await networkHelpers.loadFixture(partneredSettlement);
    const [steps = []] = fc.sample(STEPS, { seed: 7, numRuns: 1 });
    await play(fixture, steps);

    const state = await rebuild(fixture);

    let parts = 0n;
    for (const { freeMicro } of state.accounts.values()) parts += freeMicro;
    for (const { holdMicro, toppedUpMicro, isLive } of state.sessions.values()) {
      if (isLive) parts += holdMicro + toppedUpMicro;
    }
    for (const credit of state.credits.values()) {
      const { final, provisional } = creditIn(credit, 0n);
      parts += final + provisional;
      for (const withdrawn of credit.withdrawnMicro.values()) parts -= withdrawn;
    }
    expect(parts).to.equal(state.owedMicro);
    expect(await fixture.erc20.balanceOf(await fixture.settlement.getAddress())).to.equal(state.owedMicro);
  });
});
