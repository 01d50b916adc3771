import { expect } from "chai";
import { AbiCoder, keccak256, ZeroHash } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { ANY_EVIDENCE, leafOf, rootOf, signClaims } from "../../helpers/claims.ts";
import { type Outcome, outcomeOf } from "../../helpers/outcome.ts";
import { type CompactSignature, type Metering, settlementResultOf, type Terms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  CHANGE_DELAY_SECONDS,
  claimsOf,
  DAY,
  DEPOSIT,
  fundedSettlement,
  fundedUnder,
  type Group,
  HOLD,
  openingGroup,
  signedOpeningOf,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  TARIFF,
  tariffWith,
  termsOf,
  THRESHOLD,
  USUAL,
  USUAL_PRICE,
  settleBatch,
  isLive,
  openingIn,
  commitmentIn,
  HOUR,
  afterCharge,
  openedAs,
} from "../../helpers/settlement-fixture.ts";

const NOTHING = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };

async function withoutReturnLimit(): Promise<SettlementFixture> {
  return await fundedUnder({ ...defaultRules, epochReturnLimitMicro: 2n ** 64n - 1n });
}

/** What is kept of a batch: the first 160 bits of the hash over its two roots and its size. */
function anchorOf(leaves: readonly string[]): bigint {
  const values = [rootOf(leaves), ANY_EVIDENCE, leaves.length];
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "uint256"], values))) >> 96n;
}

describe("ChargingSettlement.settleBatch", () => {
  let fixture: SettlementFixture;
  let terms: Terms;
  let sessionId: string;

  async function openedSession(): Promise<SettlementFixture> {
    const opened = await fundedSettlement();
    await opened.settlement.connect(opened.driver).open(termsOf(opened));
    return opened;
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openedSession);
    terms = termsOf(fixture);
    sessionId = sessionIn(fixture, terms);
  });

  async function settle(...groups: Group[]) {
    return readable(await outcomeOf(fixture, () => settleBatch(fixture, groups)));
  }

  function readable(outcome: Outcome): Outcome {
    const events = outcome.events.map(([name, id, ...values]) =>
      name === "SessionSettled" ? [name, id, settlementResultOf(BigInt(String(values[0])))] : [name, id, ...values],
    );
    return { ...outcome, events };
  }

  function operatorCredited({ operator, agreement, tariffId }: Terms, amountMicro: bigint) {
    return ["OperatorCredited", operator, agreement, tariffId, amountMicro, false];
  }

  /** The whole outcome of settling the fixture's session at a price. */
  async function settledAt(chargedMicro: bigint, metering: Metering) {
    const returnedMicro = HOLD - chargedMicro;
    const credited = chargedMicro === 0n ? [] : [operatorCredited(terms, chargedMicro)];
    return {
      events: [["SessionSettled", sessionId, { ...metering, chargedMicro, returnedMicro }], ...credited],
      changes: {
        "driver/0 commitment": -(await commitmentIn(fixture, terms)),
        ...(returnedMicro === 0n ? {} : { "driver/0 free": returnedMicro }),
        ...(chargedMicro === 0n ? {} : { "operator provisional": chargedMicro }),
      },
    };
  }

  function skipped(id: string, driver: string, reason: bigint) {
    return { events: [["SettlementSkipped", id, driver, reason]], changes: {} };
  }

  async function expectRefused(groups: readonly Group[], signatures: readonly CompactSignature[], error: string) {
    const { settlement, oracleCommittee, relayer } = fixture;
    const [content] = await batchOf(fixture, groups);
    await expect(
      settlement.connect(relayer).settleBatch(content, ANY_EVIDENCE, [...signatures]),
    ).to.be.revertedWithCustomError(oracleCommittee, error);
    expect(await isLive(fixture, terms)).to.equal(true);
  }

  describe("as a whole", () => {
    it("refuses what nobody signed, also from an oracle, the driver, the operator and the committee's owner", async () => {
      const { settlement, oracleCommittee, oracles, driver, operator, owner, thief } = fixture;
      const [groups] = await batchOf(fixture, [settlementGroup(terms)]);

      for (const caller of [...oracles, driver, operator, owner, thief]) {
        await expect(settlement.connect(caller).settleBatch(groups, ANY_EVIDENCE, []))
          .to.be.revertedWithCustomError(oracleCommittee, "SignatureCountWrong")
          .withArgs(0, THRESHOLD);
      }
    });

    it("refuses fewer signatures than a quorum, and more", async () => {
      const groups = [settlementGroup(terms)];
      const claims = await claimsOf(fixture, groups);

      for (const count of [1, 3]) {
        const signatures = await signClaims(fixture.domain, claims, fixture.oracles.slice(0, count));
        await expectRefused(groups, signatures, "SignatureCountWrong");
      }
    });

    it("refuses one oracle's signature twice, and signatures in the wrong order", async () => {
      const groups = [settlementGroup(terms)];
      const [first, second] = await signClaims(
        fixture.domain,
        await claimsOf(fixture, groups),
        fixture.oracles.slice(0, THRESHOLD),
      );
      if (first === undefined || second === undefined) throw new Error("Too few signatures");

      await expectRefused(groups, [first, first], "SignersNotSorted");
      await expectRefused(groups, [second, first], "SignersNotSorted");
    });

    it("refuses a signature of somebody who is no oracle", async () => {
      const groups = [settlementGroup(terms)];
      const [oracle] = fixture.oracles;
      if (oracle === undefined) throw new Error("There is no oracle");

      const signatures = await signClaims(fixture.domain, await claimsOf(fixture, groups), [oracle, fixture.thief]);

      await expectRefused(groups, signatures, "SignerNotMember");
    });

    it("refuses anything else than what was signed: other energy, another session, one more, one less, another order", async () => {
      const { settlement, driver, domain, oracleCommittee, relayer } = fixture;
      const second = termsOf(fixture, { lane: 1n });
      await settlement.connect(driver).open(second);
      await afterCharge();
      const signed = [settlementGroup(terms, [settlementOf(terms), settlementOf(second)])];
      const quorum = fixture.oracles.slice(0, THRESHOLD);
      const signatures = await signClaims(domain, await claimsOf(fixture, signed), quorum);
      const third = termsOf(fixture, { driver: fixture.otherDriver.address });
      const dearer = { ...USUAL, energyMicroWh: USUAL.energyMicroWh + 1n };
      for (const settlements of [
        [settlementOf(terms, dearer), settlementOf(second)],
        [settlementOf(terms), settlementOf(third)],
        [settlementOf(terms), settlementOf(second), settlementOf(third)],
        [settlementOf(terms)],
        [settlementOf(second), settlementOf(terms)],
        [],
      ]) {
        const [groups] = await batchOf(fixture, [settlementGroup(terms, settlements)]);
        // Other claims give another digest, of which the signatures are those of nobody in particular.
        await expect(settlement.connect(relayer).settleBatch(groups, ANY_EVIDENCE, signatures)).to.be.revert(ethers);
        expect([await isLive(fixture, terms), await isLive(fixture, second)]).to.deep.equal([true, true]);
      }
      const [groups] = await batchOf(fixture, signed);
      const readability = groups.map((group) => ({ ...group, isReadable: false }));
      await expect(settlement.settleBatch(readability, ANY_EVIDENCE, signatures)).to.be.revert(ethers);
      await expect(settlement.settleBatch(groups, ZeroHash, signatures)).to.be.revert(ethers);
      await settlement.connect(relayer).settleBatch(groups, ANY_EVIDENCE, signatures);
      expect(await oracleCommittee.currentVersion()).to.equal(1n);
      expect([await isLive(fixture, terms), await isLive(fixture, second)]).to.deep.equal([false, false]);
    });

    it("refuses claims of nothing whose number is not signed", async () => {
      const { settlement, oracleCommittee, relayer, domain, oracles } = fixture;
      const signatures = await signClaims(
        domain,
        await claimsOf(fixture, [settlementGroup(terms)]),
        oracles.slice(0, 2),
      );

      await expect(settlement.connect(relayer).settleBatch([], ANY_EVIDENCE, signatures)).to.be.revert(ethers);
      expect(await oracleCommittee.currentVersion()).to.equal(1n);
    });

    it("refuses a committee that is not in force yet, and one that is no more", async () => {
      const { settlement, oracleBonds, oracleCommittee, owner, oracles, thief, relayer } = fixture;
      const bond = await oracleBonds.leastBondMicro();
      await fixture.erc20.mint(owner.address, 2n * bond);
      await fixture.erc20.connect(owner).approve(await oracleBonds.getAddress(), 2n * bond);
      for (const { address } of [thief, relayer]) await oracleBonds.connect(owner).postBond(address, bond);
      await oracleCommittee.connect(owner).schedule([thief.address, relayer.address], 2);
      await networkHelpers.time.increase(DAY);
      // The next committee can settle what opened after it was scheduled, and nothing older.
      const later = await openedAs(
        fixture,
        fixture.driver,
        termsOf(fixture, { lane: 1n, expiresAt: terms.expiresAt + DAY }),
      );
      const groups = [settlementGroup(terms), settlementGroup(later)];
      const next = await signClaims(fixture.domain, await claimsOf(fixture, groups), [thief, relayer]);
      const first = await signClaims(fixture.domain, await claimsOf(fixture, groups), oracles.slice(0, THRESHOLD));

      await expectRefused(groups, next, "SignerNotMember");
      await networkHelpers.time.increase(CHANGE_DELAY_SECONDS - DAY);
      await expectRefused(groups, first, "SignerNotMember");

      const [content] = await batchOf(fixture, groups);
      await settlement.connect(relayer).settleBatch(content, ANY_EVIDENCE, next);
      expect([await isLive(fixture, terms), await isLive(fixture, later)]).to.deep.equal([true, false]);
    });

    it("refuses calldata that is no batch at all", async () => {
      const { settlement, relayer } = fixture;
      const [groups, evidenceRoot, signatures] = await batchOf(fixture, [settlementGroup(terms)]);
      const data = settlement.interface.encodeFunctionData("settleBatch", [groups, evidenceRoot, signatures]);

      await expect(
        relayer.sendTransaction({ to: await settlement.getAddress(), data: data.slice(0, -64) }),
      ).to.be.revertedWithoutReason(ethers);
    });
  });

  describe("of each session", () => {
    it("skips a session that was never opened", async () => {
      const never = termsOf(fixture, { lane: 1n });

      expect(await settle(settlementGroup(never))).to.deep.equal(
        skipped(sessionIn(fixture, never), never.driver, SettlementRefusal.NoLiveSession),
      );
    });

    it("skips a session that was settled before", async () => {
      await settle(settlementGroup(terms));

      expect(await settle(settlementGroup(terms))).to.deep.equal(
        skipped(sessionId, terms.driver, SettlementRefusal.NoLiveSession),
      );
    });

    it("skips a session that has expired", async () => {
      await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
      await fixture.settlement.connect(fixture.thief).expire(terms, await openingIn(fixture, terms), 0);

      expect(await settle(settlementGroup(terms))).to.deep.equal(
        skipped(sessionId, terms.driver, SettlementRefusal.NoLiveSession),
      );
    });

    it("skips an old session of a lane that has a new one", async () => {
      await settle(settlementGroup(terms));
      await fixture.settlement.connect(fixture.driver).open(termsOf(fixture, { nonce: 1n }));

      expect(await settle(settlementGroup(terms))).to.deep.equal(
        skipped(sessionId, terms.driver, SettlementRefusal.TermsMismatch),
      );
    });

    for (const [statement, change] of [
      ["nonce", { nonce: 1n }],
      ["agreement", { agreement: 1n }],
      ["maximum power", { maximumPowerW: 43_000n }],
      ["EVSE", { evse: 8n }],
      ["meter", { meter: 8n }],
      ["larger hold", { holdMicro: HOLD + 1n }],
      ["smaller hold", { holdMicro: HOLD - 1n }],
    ] as const) {
      it(`skips terms with another ${statement}`, async () => {
        const changed = termsOf(fixture, change);

        expect(await settle(settlementGroup(changed))).to.deep.equal(
          skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.TermsMismatch),
        );
      });
    }

    it("skips terms with another expiry", async () => {
      const changed = { ...terms, expiresAt: terms.expiresAt - 1n };

      expect(await settle(settlementGroup(changed))).to.deep.equal(
        skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.TermsMismatch),
      );
    });

    it("skips terms with another operator", async () => {
      const changed = { ...terms, operator: fixture.otherOperator.address };

      expect(await settle(settlementGroup(changed))).to.deep.equal(
        skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.TermsMismatch),
      );
    });

    it("skips another sum of top-ups than the session's, none among them", async () => {
      await fixture.settlement.connect(fixture.driver).topUp(terms, await openingIn(fixture, terms), 0, 500);

      for (const toppedUpMicro of [0n, 499n, 501n]) {
        expect(await settle(settlementGroup(terms, [settlementOf(terms, USUAL, toppedUpMicro)]))).to.deep.equal(
          skipped(sessionId, terms.driver, SettlementRefusal.TermsMismatch),
        );
      }
    });

    it("skips terms with another driver or lane, whose account has no live session", async () => {
      for (const changed of [
        { ...terms, driver: fixture.otherDriver.address },
        { ...terms, lane: 1n },
      ]) {
        expect(await settle(settlementGroup(changed))).to.deep.equal(
          skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.NoLiveSession),
        );
      }
    });

    for (const [field, value] of Object.entries(TARIFF)) {
      it(`skips a tariff with another ${field}`, async () => {
        const dearer = { ...TARIFF, [field]: typeof value === "bigint" ? value + 1n : !value };
        const changed = { ...terms, tariffId: await fixture.tariffRegistry.tariffIdOf(dearer) };

        expect(await settle(settlementGroup(changed, [settlementOf(changed)], dearer))).to.deep.equal(
          skipped(sessionIn(fixture, changed), terms.driver, SettlementRefusal.TermsMismatch),
        );
      });
    }
  });

  it("does nothing with an empty batch or an empty group", async () => {
    const { challenges } = fixture;

    expect(await settle()).to.deep.equal({ events: [], changes: {} });
    expect(await settle(settlementGroup(terms, []))).to.deep.equal({ events: [], changes: {} });
    expect(await challenges.batchCount()).to.equal(0n);
  });

  it("charges the tariff and returns the rest in one transaction", async () => {
    expect(await settle(settlementGroup(terms))).to.deep.equal(await settledAt(USUAL_PRICE, USUAL));
  });

  it("charges the hold and no more when the price is above it", async () => {
    const metering = { energyMicroWh: 88_000_000_000n, chargingSeconds: 4n * HOUR, connectedSeconds: 4n * HOUR };
    await networkHelpers.time.increase(4n * HOUR);

    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering)]))).to.deep.equal(
      await settledAt(HOLD, metering),
    );
  });

  it("charges the last watt-hour below the hold and returns the little that is left", async () => {
    const metering = { ...NOTHING, energyMicroWh: 60_560_000_000n };
    await networkHelpers.time.increase(3n * HOUR);

    // 0.50 + 60.560 × 0.45 = 27.752, and 8.1 % tax 2.247912; another watt-hour would cost more than 30.
    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering)]))).to.deep.equal(
      await settledAt(29_999_912n, metering),
    );
  });

  it("returns nothing of a hold that the price meets exactly", async () => {
    const { settlement, driver } = fixture;
    const exact = termsOf(fixture, { lane: 1n, holdMicro: USUAL_PRICE });
    await settlement.connect(driver).open(exact);

    expect((await settle(settlementGroup(exact))).changes).to.deep.equal({
      "driver/1 commitment": -(await commitmentIn(fixture, exact)),
      "operator provisional": USUAL_PRICE,
    });
  });

  it("closes a session without energy free of charge, whatever its duration", async () => {
    const metering = { energyMicroWh: 0n, chargingSeconds: 36_000n, connectedSeconds: 36_000n };
    await networkHelpers.time.increase(20n * HOUR);

    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering)]))).to.deep.equal(
      await settledAt(0n, metering),
    );
  });

  it("charges a session without energy when the tariff says so", async () => {
    const { settlement, driver, operator, tariffRegistry } = fixture;
    const tariff = tariffWith({ chargesWithoutEnergy: true });
    const tariffId = await tariffRegistry.tariffIdOf(tariff);
    await tariffRegistry.connect(operator).publish(tariff);
    const second = termsOf(fixture, { lane: 1n, tariffId });
    await settlement.connect(driver).open(second);
    const metering = { energyMicroWh: 0n, chargingSeconds: 60n, connectedSeconds: 5_460n };

    const { changes } = await settle(settlementGroup(second, [settlementOf(second, metering)], tariff));

    // 0.50 flat + 0.02 for a minute of charging + 0.10 for a minute connected after the free span, and 8.1 % tax.
    expect(changes).to.deep.equal({
      "driver/1 commitment": -(await commitmentIn(fixture, second)),
      "driver/1 free": HOLD - 670_220n,
      "operator provisional": 670_220n,
    });
  });

  it("returns a hold of all that the ledger can hold, and touches no other part of the account", async () => {
    fixture = await networkHelpers.loadFixture(withoutReturnLimit);
    terms = termsOf(fixture);
    const { settlement, erc20, driver, otherDriver } = fixture;
    await settlement.connect(driver).open(terms);
    const all = 2n ** 64n - 1n;
    await settle(settlementGroup(terms, [settlementOf(terms, NOTHING)]));
    // What that gave back counts in its own epoch alone.
    await networkHelpers.time.increase(DAY);
    await settlement.connect(driver).withdraw(0, DEPOSIT, driver.address);
    await settlement.connect(driver).withdraw(1, DEPOSIT, driver.address);
    await settlement.connect(otherDriver).withdraw(0, DEPOSIT, driver.address);
    await erc20.mint(driver.address, all);
    await erc20.connect(driver).approve(await settlement.getAddress(), all);
    await settlement.connect(driver).deposit(driver.address, 0, all);
    const largest = termsOf(fixture, { nonce: 1n, holdMicro: all, expiresAt: terms.expiresAt + DAY });
    await settlement.connect(driver).open(largest);
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(0n);

    await settle(settlementGroup(largest));

    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([all - USUAL_PRICE, 2n, 0n]);
    expect(await settlement.owedMicro()).to.equal(all);
  });

  it("charges what the driver topped up once the hold is used up, and returns the rest of both", async () => {
    const { settlement, driver } = fixture;
    const toppedUpMicro = 25_000_000n;
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, toppedUpMicro);
    // 0.50 + 100 × 0.45 = 45.50, and 8.1 % tax 3.6855: more than the hold of 30 and less than 55.
    const metering = { ...NOTHING, energyMicroWh: 100_000_000_000n };
    await networkHelpers.time.increase(5n * HOUR);
    const chargedMicro = 49_185_500n;
    const returnedMicro = HOLD + toppedUpMicro - chargedMicro;

    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering, toppedUpMicro)]))).to.deep.equal({
      events: [
        ["SessionSettled", sessionId, { ...metering, chargedMicro, returnedMicro }],
        operatorCredited(terms, chargedMicro),
      ],
      changes: {
        "driver/0 commitment": -(await commitmentIn(fixture, terms, toppedUpMicro)),
        "driver/0 free": returnedMicro,
        "operator provisional": chargedMicro,
      },
    });
  });

  it("settles what a quorum signed whoever sends it, and any two oracles are a quorum", async () => {
    const { settlement, driver, oracles, thief } = fixture;
    const pairs = oracles.map((_, left) => oracles.filter((__, index) => index !== left));
    let nonce = 0n;
    for (const pair of pairs) {
      const next = termsOf(fixture, { nonce });
      if (nonce > 0n) await settlement.connect(driver).open(next);
      await afterCharge();
      await settlement.connect(thief).settleBatch(...(await batchOf(fixture, [settlementGroup(next)], pair)));
      expect(await isLive(fixture, next)).to.equal(false);
      nonce += 1n;
    }
    expect(pairs.length).to.equal(3);
  });

  it("settles in groups that the sender cut otherwise than the oracles, with the same sum", async () => {
    const { settlement, driver, relayer } = fixture;
    const second = termsOf(fixture, { lane: 1n });
    await settlement.connect(driver).open(second);
    await afterCharge();
    const [, evidenceRoot, signatures] = await batchOf(fixture, [
      settlementGroup(terms, [settlementOf(terms), settlementOf(second)]),
    ]);
    const [groups] = await batchOf(fixture, [settlementGroup(terms), settlementGroup(second)]);

    const { changes } = await outcomeOf(fixture, () =>
      settlement.connect(relayer).settleBatch(groups, evidenceRoot, signatures),
    );

    expect(changes["operator provisional"]).to.equal(2n * USUAL_PRICE);
  });

  it("settles by the same signatures again what had to be skipped before, and nothing twice", async () => {
    const { settlement, driver, relayer } = fixture;
    await afterCharge();
    // A charge of 45 minutes cannot be over yet.
    const later = await openedAs(fixture, driver, termsOf(fixture, { lane: 1n }));
    const [groups, evidenceRoot, signatures] = await batchOf(fixture, [
      settlementGroup(terms, [settlementOf(terms), settlementOf(later)]),
    ]);
    const send = async () =>
      (await outcomeOf(fixture, () => settlement.connect(relayer).settleBatch(groups, evidenceRoot, signatures)))
        .changes;
    expect((await send())["operator provisional"]).to.equal(USUAL_PRICE);

    await afterCharge();

    expect((await send())["operator provisional"]).to.equal(USUAL_PRICE);
    expect(await send()).to.deep.equal({});
  });

  it("anchors one word over what it settled, in order and with zero leaves for what it skipped", async () => {
    const { challenges, settlement, driver } = fixture;
    const second = termsOf(fixture, { lane: 1n });
    await settlement.connect(driver).open(second);
    const unknown = termsOf(fixture, { driver: fixture.otherDriver.address });
    const groups = [settlementGroup(terms, [settlementOf(terms), settlementOf(unknown)]), settlementGroup(second)];
    const leaves = (await claimsOf(fixture, groups)).map((claim, place) => (place === 1 ? ZeroHash : leafOf(claim)));
    const settled = anchorOf(leaves);
    await settleBatch(fixture, groups);

    const anchor = await challenges.batchOf(0);

    // The first two of three oracles signed.
    expect([...anchor]).to.deep.equal([settled, BigInt(await networkHelpers.time.latest()), 1n, 0b011n]);
    expect(await challenges.batchCount()).to.equal(1n);
  });

  it("settles a session after its expiry as long as nobody expired it", async () => {
    await networkHelpers.time.increaseTo(terms.expiresAt + DAY);

    expect(await settle(settlementGroup(terms))).to.deep.equal(await settledAt(USUAL_PRICE, USUAL));
  });

  it("invariant 6: settles once what one batch contains twice, in one group and in two", async () => {
    const dearer = { ...USUAL, energyMicroWh: 2n * USUAL.energyMicroWh };
    const outcome = await settle(
      settlementGroup(terms, [settlementOf(terms), settlementOf(terms, dearer)]),
      settlementGroup(terms),
    );

    const once = await settledAt(USUAL_PRICE, USUAL);
    const again = ["SettlementSkipped", sessionId, terms.driver, SettlementRefusal.NoLiveSession];
    expect(outcome).to.deep.equal({
      events: [again, once.events[0], once.events[1], again],
      changes: once.changes,
    });
  });

  it("invariant 13: credits each group's sum and skips the bad items between", async () => {
    const { settlement, driver, otherDriver, relayer, otherOperator } = fixture;
    const second = termsOf(fixture, { lane: 1n });
    const third = termsOf(fixture, { driver: otherDriver.address, operator: otherOperator.address });
    await settlement
      .connect(relayer)
      .openBatch([
        openingGroup(second, [await signedOpeningOf(fixture, driver, second)]),
        openingGroup(third, [await signedOpeningOf(fixture, otherDriver, third)]),
      ]);
    const unknown = termsOf(fixture, { driver: otherDriver.address, lane: 1n });
    const [secondId, thirdId, unknownId] = [second, third, unknown].map((each) => sessionIn(fixture, each));
    const usual = { ...USUAL, chargedMicro: USUAL_PRICE, returnedMicro: HOLD - USUAL_PRICE };
    // One kilowatt-hour: 0.50 + 0.45, and 8.1 % tax.
    const small = { ...NOTHING, energyMicroWh: 1_000_000_000n };

    expect(
      await settle(
        settlementGroup(terms, [settlementOf(terms), settlementOf(unknown), settlementOf(second)]),
        settlementGroup(third, [settlementOf(third, small)]),
      ),
    ).to.deep.equal({
      events: [
        ["SettlementSkipped", unknownId, otherDriver.address, SettlementRefusal.NoLiveSession],
        ["SessionSettled", sessionId, usual],
        ["SessionSettled", secondId, usual],
        operatorCredited(terms, 2n * USUAL_PRICE),
        ["SessionSettled", thirdId, { ...small, chargedMicro: 1_026_950n, returnedMicro: HOLD - 1_026_950n }],
        operatorCredited(third, 1_026_950n),
      ],
      changes: {
        "driver/0 commitment": -(await commitmentIn(fixture, terms)),
        "driver/0 free": HOLD - USUAL_PRICE,
        "driver/1 commitment": -(await commitmentIn(fixture, second)),
        "driver/1 free": HOLD - USUAL_PRICE,
        "otherDriver/0 commitment": -(await commitmentIn(fixture, third)),
        "otherDriver/0 free": HOLD - 1_026_950n,
        "operator provisional": 2n * USUAL_PRICE,
        "otherOperator provisional": 1_026_950n,
      },
    });
  });

  it("lets a driver whose session was settled open the next one with what came back", async () => {
    const { settlement, driver } = fixture;
    const next = termsOf(fixture, { nonce: 1n });
    await settleBatch(fixture, [settlementGroup(terms)]);

    await settlement.connect(driver).open(next);

    expect([await isLive(fixture, terms), await isLive(fixture, next)]).to.deep.equal([false, true]);
  });
});
