import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import {
  commitmentOf,
  type Metering,
  packMetering,
  packTerms,
  settlementResultOf,
  type Terms,
} from "../../helpers/session-terms.ts";
import {
  CHANGE_DELAY_SECONDS,
  DAY,
  DEPOSIT,
  fundedSettlement,
  HOLD,
  openingGroup,
  openingOf,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  TARIFF,
  termsOf,
  USUAL,
  USUAL_PRICE,
} from "../../helpers/settlement-fixture.ts";

const NOTHING = { energyMicroWh: 0n, chargingSeconds: 0n, idleSeconds: 0n };

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

  async function settle(...groups: ReturnType<typeof settlementGroup>[]) {
    const { settlement, oracle } = fixture;
    const outcome = await outcomeOf(fixture, () => settlement.connect(oracle).settleBatch(groups));
    const events = outcome.events.map(([name, id, ...values]) =>
      name === "SessionSettled" ? [name, id, settlementResultOf(BigInt(String(values[0])))] : [name, id, ...values],
    );
    return { ...outcome, events };
  }

  /** The whole outcome of settling the fixture's session at a price. */
  function settledAt(chargedMicro: bigint, metering: Metering) {
    const returnedMicro = HOLD - chargedMicro;
    const credited = chargedMicro === 0n ? [] : [["OperatorCredited", terms.operator, terms.tariffId, chargedMicro]];
    return {
      events: [["SessionSettled", sessionId, { ...metering, chargedMicro, returnedMicro }], ...credited],
      changes: {
        "driver/0 commitment": -commitmentOf(sessionId),
        ...(returnedMicro === 0n ? {} : { "driver/0 free": returnedMicro }),
        ...(chargedMicro === 0n ? {} : { "operator credit": chargedMicro, "operator credited": chargedMicro }),
      },
    };
  }

  function skipped(id: string, driver: string, reason: bigint) {
    return { events: [["SettlementSkipped", id, driver, reason]], changes: {} };
  }

  it("refuses everybody but oracles, even driver, operator and the oracles' owner", async () => {
    for (const caller of [fixture.thief, fixture.driver, fixture.operator, fixture.owner]) {
      await expect(fixture.settlement.connect(caller).settleBatch([settlementGroup(terms)]))
        .to.be.revertedWithCustomError(fixture.settlement, "NotOracle")
        .withArgs(caller.address);
    }
  });

  it("refuses an oracle whose term has not begun, and one whose term is over", async () => {
    const { settlement, oracleSet, owner, oracle, relayer } = fixture;
    await oracleSet.connect(owner).addOracle(relayer.address);
    await oracleSet.connect(owner).removeOracle(oracle.address);

    await expect(settlement.connect(relayer).settleBatch([settlementGroup(terms)]))
      .to.be.revertedWithCustomError(settlement, "NotOracle")
      .withArgs(relayer.address);

    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    await expect(settlement.connect(oracle).settleBatch([settlementGroup(terms)]))
      .to.be.revertedWithCustomError(settlement, "NotOracle")
      .withArgs(oracle.address);
    await settlement.connect(relayer).settleBatch([settlementGroup(terms)]);
    expect(await settlement.isLive(terms)).to.equal(false);
  });

  it("reverts as a whole only on calldata that is no batch at all", async () => {
    const { settlement, oracle } = fixture;
    const data = settlement.interface.encodeFunctionData("settleBatch", [[settlementGroup(terms)]]);

    await expect(
      oracle.sendTransaction({ to: await settlement.getAddress(), data: data.slice(0, -64) }),
    ).to.be.revertedWithoutReason(ethers);
  });

  describe("skips", () => {
    it("a session that was never opened", async () => {
      const never = termsOf(fixture, { lane: 1n });

      expect(await settle(settlementGroup(never))).to.deep.equal(
        skipped(sessionIn(fixture, never), never.driver, SettlementRefusal.NoLiveSession),
      );
    });

    it("a session that was settled before", async () => {
      await settle(settlementGroup(terms));

      expect(await settle(settlementGroup(terms))).to.deep.equal(
        skipped(sessionId, terms.driver, SettlementRefusal.NoLiveSession),
      );
    });

    it("a session that has expired", async () => {
      await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
      await fixture.settlement.connect(fixture.thief).expire(terms);

      expect(await settle(settlementGroup(terms))).to.deep.equal(
        skipped(sessionId, terms.driver, SettlementRefusal.NoLiveSession),
      );
    });

    it("an old session of a lane that has a new one", async () => {
      await settle(settlementGroup(terms));
      await fixture.settlement.connect(fixture.driver).open(termsOf(fixture, { nonce: 1n }));

      expect(await settle(settlementGroup(terms))).to.deep.equal(
        skipped(sessionId, terms.driver, SettlementRefusal.TermsMismatch),
      );
    });

    for (const [statement, change] of [
      ["nonce", { nonce: 1n }],
      ["EVSE", { evse: 8n }],
      ["meter", { meter: 8n }],
      ["larger hold", { holdMicro: HOLD + 1n }],
      ["smaller hold", { holdMicro: HOLD - 1n }],
    ] as const) {
      it(`terms with another ${statement}`, async () => {
        const changed = termsOf(fixture, change);

        expect(await settle(settlementGroup(changed))).to.deep.equal(
          skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.TermsMismatch),
        );
      });
    }

    it("terms with another expiry", async () => {
      const changed = { ...terms, expiresAt: terms.expiresAt + DAY };

      expect(await settle(settlementGroup(changed))).to.deep.equal(
        skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.TermsMismatch),
      );
    });

    it("terms with another operator", async () => {
      const changed = { ...terms, operator: fixture.otherOperator.address };

      expect(await settle(settlementGroup(changed))).to.deep.equal(
        skipped(sessionIn(fixture, changed), changed.driver, SettlementRefusal.TermsMismatch),
      );
    });

    it("terms with another driver or lane, whose account has no live session", async () => {
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
      it(`a tariff with another ${field}`, async () => {
        const dearer = { ...TARIFF, [field]: typeof value === "bigint" ? value + 1n : !value };
        const tariffId = await fixture.tariffRegistry.tariffIdOf(dearer);

        expect(await settle(settlementGroup(terms, [settlementOf(terms)], dearer))).to.deep.equal(
          skipped(sessionIn(fixture, { ...terms, tariffId }), terms.driver, SettlementRefusal.TermsMismatch),
        );
      });
    }
  });

  it("does nothing with an empty batch or an empty group", async () => {
    expect(await settle()).to.deep.equal({ events: [], changes: {} });
    expect(await settle(settlementGroup(terms, []))).to.deep.equal({ events: [], changes: {} });
  });

  it("charges the tariff and returns the rest in one transaction", async () => {
    expect(await settle(settlementGroup(terms))).to.deep.equal(settledAt(USUAL_PRICE, USUAL));
  });

  it("charges the hold and no more when the price is above it", async () => {
    const metering = { ...USUAL, energyMicroWh: 2n ** 64n - 1n };

    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering)]))).to.deep.equal(
      settledAt(HOLD, metering),
    );
  });

  it("charges the last watt-hour below the hold and returns the little that is left", async () => {
    const metering = { ...NOTHING, energyMicroWh: 60_560_000_000n };

    // 0.50 + 60.560 × 0.45 = 27.752, and 8.1 % tax 2.247912; another watt-hour would cost more than 30.
    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering)]))).to.deep.equal(
      settledAt(29_999_912n, metering),
    );
  });

  it("returns nothing of a hold that the price meets exactly", async () => {
    const { settlement, driver } = fixture;
    const exact = termsOf(fixture, { lane: 1n, holdMicro: USUAL_PRICE });
    await settlement.connect(driver).open(exact);

    expect((await settle(settlementGroup(exact))).changes).to.deep.equal({
      "driver/1 commitment": -commitmentOf(sessionIn(fixture, exact)),
      "operator credit": USUAL_PRICE,
      "operator credited": USUAL_PRICE,
    });
  });

  it("closes a session without energy free of charge, whatever its duration", async () => {
    const metering = { energyMicroWh: 0n, chargingSeconds: 36_000n, idleSeconds: 36_000n };

    expect(await settle(settlementGroup(terms, [settlementOf(terms, metering)]))).to.deep.equal(
      settledAt(0n, metering),
    );
  });

  it("charges a session without energy when the tariff says so", async () => {
    const { settlement, driver, operator, tariffRegistry } = fixture;
    const tariff = { ...TARIFF, chargesWithoutEnergy: true };
    const tariffId = await tariffRegistry.tariffIdOf(tariff);
    await tariffRegistry.connect(operator).publish(tariff);
    const second = termsOf(fixture, { lane: 1n, tariffId });
    await settlement.connect(driver).open(second);
    const metering = { energyMicroWh: 0n, chargingSeconds: 60n, idleSeconds: 660n };

    const { changes } = await settle(settlementGroup(second, [settlementOf(second, metering)], tariff));

    // 0.50 flat + 0.02 for a minute of charging + 0.10 for a minute of idling after the grace period, and 8.1 % tax.
    expect(changes).to.deep.equal({
      "driver/1 commitment": -commitmentOf(sessionIn(fixture, second)),
      "driver/1 free": HOLD - 670_220n,
      "operator credit": 670_220n,
      "operator credited": 670_220n,
    });
  });

  for (const [statement, energyMicroWh] of [
    ["charges", 2n ** 64n - 1n],
    ["returns", 0n],
  ] as const) {
    it(`${statement} a hold of all that the ledger can hold, and touches no other part of the account`, async () => {
      const { settlement, erc20, driver, oracle, operator, otherDriver } = fixture;
      const all = 2n ** 64n - 1n;
      const tariff = { ...TARIFF, priceMicroPerKwh: all };
      await fixture.tariffRegistry.connect(operator).publish(tariff);
      await settlement.connect(oracle).settleBatch([settlementGroup(terms, [settlementOf(terms, NOTHING)])]);
      await settlement.connect(driver).withdraw(0, DEPOSIT, driver.address);
      await settlement.connect(driver).withdraw(1, DEPOSIT, driver.address);
      await settlement.connect(otherDriver).withdraw(0, DEPOSIT, driver.address);
      await erc20.mint(driver.address, all);
      await erc20.connect(driver).approve(await settlement.getAddress(), all);
      await settlement.connect(driver).deposit(driver.address, 0, all);
      const tariffId = await fixture.tariffRegistry.tariffIdOf(tariff);
      const largest = termsOf(fixture, { nonce: 1n, holdMicro: all, tariffId });
      await settlement.connect(driver).open(largest);
      expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(0n);

      await settle(settlementGroup(largest, [settlementOf(largest, { ...NOTHING, energyMicroWh })], tariff));

      const chargedMicro = energyMicroWh === 0n ? 0n : all;
      expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([all - chargedMicro, 2n, 0n]);
      expect(await settlement.operatorAccountOf(operator.address)).to.deep.equal([chargedMicro, chargedMicro]);
      expect(await settlement.owedMicro()).to.equal(all);
    });
  }

  it("settles a session after its expiry as long as nobody expired it", async () => {
    await networkHelpers.time.increaseTo(terms.expiresAt + DAY);

    expect(await settle(settlementGroup(terms))).to.deep.equal(settledAt(USUAL_PRICE, USUAL));
  });

  it("invariant 6: settles once what one batch contains twice, in one group and in two", async () => {
    const dearer = { ...USUAL, energyMicroWh: 2n * USUAL.energyMicroWh };
    const outcome = await settle(
      settlementGroup(terms, [settlementOf(terms), settlementOf(terms, dearer)]),
      settlementGroup(terms),
    );

    const once = settledAt(USUAL_PRICE, USUAL);
    const again = ["SettlementSkipped", sessionId, terms.driver, SettlementRefusal.NoLiveSession];
    expect(outcome).to.deep.equal({
      events: [once.events[0], again, once.events[1], again],
      changes: once.changes,
    });
  });

  it("invariant 13: credits each group's sum and skips the bad items between", async () => {
    const { settlement, driver, otherDriver, relayer, operator, otherOperator, tariffId } = fixture;
    const second = termsOf(fixture, { lane: 1n });
    const third = termsOf(fixture, { driver: otherDriver.address, operator: otherOperator.address });
    await settlement
      .connect(relayer)
      .openBatch([
        openingGroup(second, [await openingOf(fixture, driver, second)]),
        openingGroup(third, [await openingOf(fixture, otherDriver, third)]),
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
        ["SessionSettled", sessionId, usual],
        ["SettlementSkipped", unknownId, otherDriver.address, SettlementRefusal.NoLiveSession],
        ["SessionSettled", secondId, usual],
        ["OperatorCredited", operator.address, tariffId, 2n * USUAL_PRICE],
        ["SessionSettled", thirdId, { ...small, chargedMicro: 1_026_950n, returnedMicro: HOLD - 1_026_950n }],
        ["OperatorCredited", otherOperator.address, tariffId, 1_026_950n],
      ],
      changes: {
        "driver/0 commitment": -commitmentOf(sessionId),
        "driver/0 free": HOLD - USUAL_PRICE,
        "driver/1 commitment": -commitmentOf(secondId ?? ""),
        "driver/1 free": HOLD - USUAL_PRICE,
        "otherDriver/0 commitment": -commitmentOf(thirdId ?? ""),
        "otherDriver/0 free": HOLD - 1_026_950n,
        "operator credit": 2n * USUAL_PRICE,
        "operator credited": 2n * USUAL_PRICE,
        "otherOperator credit": 1_026_950n,
        "otherOperator credited": 1_026_950n,
      },
    });
  });

  it("gives the bits of the packed words that mean nothing no meaning", async () => {
    const packed = {
      driver: terms.driver,
      terms: packTerms(terms, 2n ** 24n - 1n),
      metering: packMetering(USUAL, 2n ** 128n - 1n),
    };

    expect(await settle(settlementGroup(terms, [packed]))).to.deep.equal(settledAt(USUAL_PRICE, USUAL));
  });

  it("lets a driver whose session was settled open the next one with what came back", async () => {
    const { settlement, driver, oracle } = fixture;
    const next = termsOf(fixture, { nonce: 1n });
    await settlement.connect(oracle).settleBatch([settlementGroup(terms)]);

    await settlement.connect(driver).open(next);

    expect([await settlement.isLive(terms), await settlement.isLive(next)]).to.deep.equal([false, true]);
  });
});
