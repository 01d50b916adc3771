import { expect } from "chai";
import { taxedAlike } from "../../../services/domain/tariff.ts";
import { toBeHex, ZeroAddress, ZeroHash } from "ethers";

import { setAccount } from "../../helpers/account-storage.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { eventsOf, outcomeOf } from "../../helpers/outcome.ts";
import { driverKey, packMetering, packTerms, signDigest, type Terms } from "../../helpers/session-terms.ts";
import {
  DEPOSIT,
  fundedSettlement,
  HOLD,
  MAXIMUM_SESSION_SECONDS,
  openingGroup,
  signedOpeningOf,
  OpeningRefusal,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  tariffWith,
  termsOf,
  settleBatch,
  commitmentIn,
  groupOpened,
} from "../../helpers/settlement-fixture.ts";

/** Order of secp256k1: SEC 2, section 2.4.1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const PARITY_BIT = 2n ** 255n;

describe("ChargingSettlement.openBatch", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  /** Relays one group and compares its single session's event. */
  async function expectSkipped(
    group: ReturnType<typeof openingGroup>,
    terms: Terms,
    reason: bigint,
    actual = 0n,
    limit = 0n,
  ): Promise<void> {
    const { settlement, relayer } = fixture;
    expect(await outcomeOf(fixture, () => settlement.connect(relayer).openBatch([group]))).to.deep.equal({
      events: [
        await groupOpened(group),
        ["OpeningSkipped", sessionIn(fixture, terms), terms.driver, reason, actual, limit],
      ],
      changes: {},
    });
  }

  async function expectTermsSkipped(terms: Terms, reason: bigint, actual = 0n, limit = 0n): Promise<void> {
    const opening = await signedOpeningOf(fixture, fixture.driver, terms);
    await expectSkipped(openingGroup(terms, [opening]), terms, reason, actual, limit);
  }

  describe("in the order of its checks", () => {
    it("skips a tariff that the operator does not offer", async () => {
      const tariffId = await fixture.tariffRegistry.tariffIdOf(tariffWith(taxedAlike(0)));

      await expectTermsSkipped(termsOf(fixture, { tariffId }), OpeningRefusal.TariffNotOffered);
    });

    it("skips a tariff that the operator has retired", async () => {
      await fixture.tariffRegistry.connect(fixture.operator).retire(fixture.tariffId);

      await expectTermsSkipped(termsOf(fixture), OpeningRefusal.TariffNotOffered);
    });

    it("skips an agreement that does not bind the operator", async () => {
      await expectTermsSkipped(termsOf(fixture, { agreement: 1n }), OpeningRefusal.AgreementNotBinding);
    });

    it("invariant 10: skips a signature of somebody else", async () => {
      const terms = termsOf(fixture);
      const opening = await signedOpeningOf(fixture, fixture.thief, terms);

      await expectSkipped(openingGroup(terms, [opening]), terms, OpeningRefusal.SignatureInvalid);
    });

    for (const [field, value] of [
      ["lane", 1n],
      ["nonce", 1n],
      ["evse", 8n],
      ["meter", 8n],
      ["maximumPowerW", 22_001n],
      ["holdMicro", HOLD + 1n],
      ["expiresAt", undefined],
    ] as const) {
      it(`invariant 10: skips a signature of terms with another ${field}`, async () => {
        const signed = termsOf(fixture);
        const changed = { ...signed, [field]: value ?? signed.expiresAt + 1n };
        const opening = { ...(await signedOpeningOf(fixture, fixture.driver, signed)), terms: packTerms(changed) };

        await expectSkipped(openingGroup(changed, [opening]), changed, OpeningRefusal.SignatureInvalid);
      });
    }

    it("invariant 10: skips a signature of terms with another operator", async () => {
      const signed = termsOf(fixture);
      const changed = { ...signed, operator: fixture.otherOperator.address };
      const opening = await signedOpeningOf(fixture, fixture.driver, signed);

      await expectSkipped(openingGroup(changed, [opening]), changed, OpeningRefusal.SignatureInvalid);
    });

    it("invariant 10: skips a signature of terms with another tariff", async () => {
      const signed = termsOf(fixture);
      await fixture.tariffRegistry.connect(fixture.operator).publish(tariffWith(taxedAlike(0)));
      const tariffId = await fixture.tariffRegistry.tariffIdOf(tariffWith(taxedAlike(0)));
      const changed = { ...signed, tariffId };
      const opening = await signedOpeningOf(fixture, fixture.driver, signed);

      await expectSkipped(openingGroup(changed, [opening]), changed, OpeningRefusal.SignatureInvalid);
    });

    it("invariant 10: skips a signature of terms with another agreement", async () => {
      const { partnerAgreements, operator, payer, driver } = fixture;
      await partnerAgreements.connect(operator).propose([{ partner: payer.address, shareBps: 1n }]);
      await partnerAgreements.connect(payer).sign(1);
      const signed = termsOf(fixture);
      const changed = { ...signed, agreement: 1n };
      const opening = await signedOpeningOf(fixture, driver, signed);

      await expectSkipped(openingGroup(changed, [opening]), changed, OpeningRefusal.SignatureInvalid);
    });

    it("skips a signature for another driver's account", async () => {
      const signed = termsOf(fixture);
      const changed = { ...signed, driver: fixture.otherDriver.address };
      const opening = { ...(await signedOpeningOf(fixture, fixture.driver, signed)), driver: changed.driver };

      await expectSkipped(openingGroup(changed, [opening]), changed, OpeningRefusal.SignatureInvalid);
    });

    for (const [statement, change] of [
      ["chain", { chainId: 1n }],
      ["contract", { verifyingContract: "0x1111111111111111111111111111111111111111" }],
      ["contract's name", { name: "Wattproof Meter Registry" }],
      ["version", { version: "2" }],
    ] as const) {
      it(`invariant 10: skips a signature for another ${statement}`, async () => {
        const terms = termsOf(fixture);
        const elsewhere = { ...fixture, domain: { ...fixture.domain, ...change } };
        const opening = await signedOpeningOf(elsewhere, fixture.driver, terms);

        await expectSkipped(openingGroup(terms, [opening]), terms, OpeningRefusal.SignatureInvalid);
      });
    }

    it("invariant 15: skips the zero address as driver, whatever the signature", async () => {
      const terms = termsOf(fixture, { driver: ZeroAddress });
      for (const [r, vs] of [
        [ZeroHash, ZeroHash],
        [toBeHex(1, 32), toBeHex(1, 32)],
        [toBeHex(ORDER, 32), toBeHex(1, 32)],
        [toBeHex(5, 32), toBeHex(PARITY_BIT, 32)],
      ] as const) {
        const opening = { driver: ZeroAddress, terms: packTerms(terms), r, vs };

        await expectSkipped(openingGroup(terms, [opening]), terms, OpeningRefusal.SignatureInvalid);
      }
    });

    it("invariant 15: skips malformed signatures", async () => {
      const terms = termsOf(fixture);
      const opening = await signedOpeningOf(fixture, fixture.driver, terms);
      const s = BigInt(opening.vs) % PARITY_BIT;
      const malformed: [string, string][] = [
        [ZeroHash, opening.vs],
        [opening.r, ZeroHash],
        [toBeHex(ORDER, 32), opening.vs],
        [toBeHex(2n ** 256n - 1n, 32), opening.vs],
        // The same signature with the other parity is one of another key.
        [opening.r, toBeHex(BigInt(opening.vs) ^ PARITY_BIT, 32)],
        // The complement of s: valid to ecrecover, but beyond what the compact form can carry.
        [opening.r, toBeHex(ORDER - s, 32)],
        // The smallest s of the upper half, which is one of another key.
        [opening.r, toBeHex(ORDER / 2n + 1n, 32)],
        [opening.vs, opening.r],
      ];
      for (const [r, vs] of malformed) {
        await expectSkipped(openingGroup(terms, [{ ...opening, r, vs }]), terms, OpeningRefusal.SignatureInvalid);
      }
    });

    it("skips a second session on the lane", async () => {
      const { settlement, driver } = fixture;
      await settlement.connect(driver).open(termsOf(fixture));

      await expectTermsSkipped(termsOf(fixture, { nonce: 1n }), OpeningRefusal.SessionLive);
    });

    it("skips a nonce that is not the account's", async () => {
      await expectTermsSkipped(termsOf(fixture, { nonce: 5n }), OpeningRefusal.NonceMismatch, 5n, 0n);
    });

    it("skips the last nonce", async () => {
      const nonce = 2n ** 32n - 1n;
      await setAccount(fixture, fixture.driver.address, 0n, { freeMicro: DEPOSIT, nonce, commitment: 0n });

      await expectTermsSkipped(termsOf(fixture, { nonce }), OpeningRefusal.NonceExhausted);
    });

    it("skips a hold of nothing", async () => {
      await expectTermsSkipped(termsOf(fixture, { holdMicro: 0n }), OpeningRefusal.HoldZero);
    });

    it("skips a hold above the free balance", async () => {
      const holdMicro = 2n ** 64n - 1n;

      await expectTermsSkipped(termsOf(fixture, { holdMicro }), OpeningRefusal.HoldAboveBalance, holdMicro, DEPOSIT);
    });

    it("skips an expiry that has passed", async () => {
      const now = fixture.startedAt + 100n;
      await networkHelpers.time.setNextBlockTimestamp(now);

      await expectTermsSkipped(termsOf(fixture, { expiresAt: now }), OpeningRefusal.ExpiryPassed, now, now);
    });

    it("skips an expiry later than the longest session allows", async () => {
      const now = fixture.startedAt + 100n;
      const latest = now + MAXIMUM_SESSION_SECONDS;
      await networkHelpers.time.setNextBlockTimestamp(now);
      const expiresAt = 2n ** 40n - 1n;

      await expectTermsSkipped(termsOf(fixture, { expiresAt }), OpeningRefusal.ExpiryTooLate, expiresAt, latest);
    });
  });

  it("does nothing with an empty batch or an empty group", async () => {
    const { settlement, relayer } = fixture;
    const group = openingGroup(termsOf(fixture), []);

    expect(await outcomeOf(fixture, () => settlement.connect(relayer).openBatch([]))).to.deep.equal({
      events: [],
      changes: {},
    });
    expect(await outcomeOf(fixture, () => settlement.connect(relayer).openBatch([group]))).to.deep.equal({
      events: [await groupOpened(group)],
      changes: {},
    });
  });

  it("opens a session with its driver's signature, whoever relays it", async () => {
    const { settlement, driver, thief } = fixture;
    const terms = termsOf(fixture);
    const sessionId = sessionIn(fixture, terms);
    const opening = await signedOpeningOf(fixture, driver, terms);

    expect(
      await outcomeOf(fixture, () => settlement.connect(thief).openBatch([openingGroup(terms, [opening])])),
    ).to.deep.equal({
      events: [await groupOpened(terms), ["SessionOpened", sessionId, driver.address, packTerms(terms)]],
      changes: {
        "driver/0 free": -HOLD,
        "driver/0 nonce": 1n,
        "driver/0 commitment": await commitmentIn(fixture, terms),
      },
    });
  });

  it("invariant 13: opens the good ones of several groups and skips the bad ones between them", async () => {
    const { settlement, driver, otherDriver, relayer, otherOperator } = fixture;
    const first = termsOf(fixture);
    const forged = termsOf(fixture, { driver: otherDriver.address });
    const poor = termsOf(fixture, { lane: 1n, holdMicro: DEPOSIT + 1n });
    const second = termsOf(fixture, { driver: otherDriver.address, operator: otherOperator.address });
    const third = termsOf(fixture, { lane: 1n, operator: otherOperator.address });
    const groups = [
      openingGroup(first, [
        await signedOpeningOf(fixture, fixture.thief, forged),
        await signedOpeningOf(fixture, driver, first),
        await signedOpeningOf(fixture, driver, poor),
      ]),
      { ...openingGroup(first, [await signedOpeningOf(fixture, driver, first)]), tariffId: ZeroHash },
      openingGroup(second, [
        await signedOpeningOf(fixture, otherDriver, second),
        await signedOpeningOf(fixture, driver, third),
      ]),
    ];
    const [firstId, forgedId, poorId, secondId, thirdId] = [first, forged, poor, second, third].map((terms) =>
      sessionIn(fixture, terms),
    );
    const unknownTariffId = sessionIn(fixture, { ...first, tariffId: ZeroHash });

    expect(await outcomeOf(fixture, () => settlement.connect(relayer).openBatch(groups))).to.deep.equal({
      events: [
        await groupOpened(first),
        ["OpeningSkipped", forgedId, otherDriver.address, OpeningRefusal.SignatureInvalid, 0n, 0n],
        ["SessionOpened", firstId, driver.address, packTerms(first)],
        ["OpeningSkipped", poorId, driver.address, OpeningRefusal.HoldAboveBalance, DEPOSIT + 1n, DEPOSIT],
        await groupOpened({ ...first, tariffId: ZeroHash }),
        ["OpeningSkipped", unknownTariffId, driver.address, OpeningRefusal.TariffNotOffered, 0n, 0n],
        await groupOpened(second),
        ["SessionOpened", secondId, otherDriver.address, packTerms(second)],
        ["SessionOpened", thirdId, driver.address, packTerms(third)],
      ],
      changes: {
        "driver/0 free": -HOLD,
        "driver/0 nonce": 1n,
        "driver/0 commitment": await commitmentIn(fixture, first),
        "driver/1 free": -HOLD,
        "driver/1 nonce": 1n,
        "driver/1 commitment": await commitmentIn(fixture, third),
        "otherDriver/0 free": -HOLD,
        "otherDriver/0 nonce": 1n,
        "otherDriver/0 commitment": await commitmentIn(fixture, second),
      },
    });
  });

  it("opens once what one batch contains twice", async () => {
    const { settlement, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const sessionId = sessionIn(fixture, terms);
    const opening = await signedOpeningOf(fixture, driver, terms);

    expect(
      await outcomeOf(fixture, () => settlement.connect(relayer).openBatch([openingGroup(terms, [opening, opening])])),
    ).to.deep.equal({
      events: [
        await groupOpened(terms),
        ["SessionOpened", sessionId, driver.address, packTerms(terms)],
        ["OpeningSkipped", sessionId, driver.address, OpeningRefusal.SessionLive, 0n, 0n],
      ],
      changes: {
        "driver/0 free": -HOLD,
        "driver/0 nonce": 1n,
        "driver/0 commitment": await commitmentIn(fixture, terms),
      },
    });
  });

  it("invariant 8: does not open a session again that was settled, with the same signature", async () => {
    const { settlement, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const group = openingGroup(terms, [await signedOpeningOf(fixture, driver, terms)]);
    await settlement.connect(relayer).openBatch([group]);
    await settleBatch(fixture, [settlementGroup(terms)]);

    await expectSkipped(group, terms, OpeningRefusal.NonceMismatch, 0n, 1n);
  });

  it("opens nothing while the guardian has paused opening, and reverts as a whole", async () => {
    const { settlement, driver, relayer, guardian, openingGuard } = fixture;
    const terms = termsOf(fixture);
    const group = openingGroup(terms, [await signedOpeningOf(fixture, driver, terms)]);
    await openingGuard.connect(guardian).pauseOpening();

    await expect(settlement.connect(relayer).openBatch([group])).to.be.revertedWithCustomError(
      settlement,
      "OpeningPaused",
    );
  });

  it("leaves a contract wallet, whose signature has no compact form, to the opening of one", async () => {
    const { settlement, driver, payer } = fixture;
    const wallet = await ethers.deployContract("ContractWallet", [driver.address]);
    await settlement.connect(payer).deposit(await wallet.getAddress(), 0, DEPOSIT);
    const terms = termsOf(fixture, { driver: await wallet.getAddress() });

    await expectTermsSkipped(terms, OpeningRefusal.SignatureInvalid);
  });

  it("reverts as a whole only on calldata that is no batch at all", async () => {
    const { settlement, relayer, driver } = fixture;
    const terms = termsOf(fixture);
    const group = openingGroup(terms, [await signedOpeningOf(fixture, driver, terms)]);
    const data = settlement.interface.encodeFunctionData("openBatch", [[group]]);

    await expect(
      relayer.sendTransaction({ to: await settlement.getAddress(), data: data.slice(0, -64) }),
    ).to.be.revertedWithoutReason(ethers);
  });

  it("opens and settles 500 sessions of one driver's lanes in two transactions", async () => {
    const { settlement, erc20, payer, relayer } = fixture;
    const key = driverKey(500);
    const address = ethers.computeAddress(key.publicKey);
    await erc20.mint(payer.address, 500n * HOLD);
    await erc20.connect(payer).approve(await settlement.getAddress(), 500n * HOLD);
    const sessions: Terms[] = [];
    for (let lane = 0n; lane < 500n; ++lane) {
      await settlement.connect(payer).deposit(address, lane, HOLD);
      sessions.push(termsOf(fixture, { driver: address, lane, evse: lane, holdMicro: HOLD - lane }));
    }
    const openings = sessions.map((terms) => ({
      driver: address,
      terms: packTerms(terms),
      ...signDigest(key, sessionIn(fixture, terms)),
    }));

    const opened = await settlement.connect(relayer).openBatch([openingGroup(termsOf(fixture), openings)]);
    expect(eventsOf(await opened.wait(), settlement).map(([name]) => name)).to.deep.equal([
      "GroupOpened",
      ...sessions.map(() => "SessionOpened"),
    ]);

    const settlements = sessions.map((terms) => ({
      terms,
      // One watt-hour more on each lane: 0.45 of a thousandth of a token each, flat fee and tax on top.
      metering: packMetering({ energyMicroWh: terms.lane * 1_000_000n, chargingSeconds: 0n, connectedSeconds: 0n }),
    }));
    const settled = await settleBatch(fixture, [settlementGroup(termsOf(fixture), settlements)]);
    const events = eventsOf(await settled.wait(), settlement);
    expect(events.map(([name]) => name)).to.deep.equal([...sessions.map(() => "SessionSettled"), "OperatorCredited"]);

    let expectedCredit = 0n;
    for (let lane = 1n; lane < 500n; ++lane) {
      const net = 500_000n + lane * 450n;
      expectedCredit += net + (net * 810n) / 10_000n;
    }
    const { provisionalMicro } = await settlement.creditOf(fixture.operator.address, 0);
    expect(provisionalMicro).to.equal(expectedCredit);
    let free = 0n;
    for (let lane = 0n; lane < 500n; ++lane) free += (await settlement.accountOf(address, lane)).freeMicro;
    expect(free).to.equal(500n * HOLD - expectedCredit);
  });
});
