import { expect } from "chai";
import { keccak256, solidityPacked, toBeHex } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  ANSWER_WINDOW_SECONDS,
  bondedSessions,
  demanded,
  LIABILITY_SECONDS,
  settledAs,
  UNDERCLAIMED,
} from "../../helpers/challenge-fixture.ts";
import { ANY_EVIDENCE } from "../../helpers/claims.ts";
import { callOf, meteredOf, RECORDED_PRICE, recordOf } from "../../helpers/meter-settlement-fixture.ts";
import { signTerms } from "../../helpers/orders.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { passEpochs } from "../../helpers/partners-fixture.ts";
import { packTerms, SESSION_TERMS_TYPES, type Terms } from "../../helpers/session-terms.ts";
import {
  batchOf,
  DAY,
  DEPOSIT,
  fundedSettlement,
  HOLD,
  hostileSettlementOfSixDecimals,
  HOUR,
  openingGroup,
  signedOpeningOf,
  TARIFF,
  OpeningRefusal,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  tariffWith,
  termsOf,
  USUAL,
  USUAL_PRICE,
  isLive,
  openingIn,
  commitmentIn,
  afterCharge,
} from "../../helpers/settlement-fixture.ts";

/** An instruction that fails: what a contract does whose own dependencies failed. */
const FAILING_CODE = "0xfe";
/** Order of secp256r1: SEC 2, section 2.4.2. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** The most that 22 kW give in four hours. */
const MOST = { energyMicroWh: 88_000_000_000n, chargingSeconds: 4n * HOUR, connectedSeconds: 4n * HOUR };

/** Each test is named after a bug that a comparable system had. */
describe("ChargingSettlement does not have the bugs of its peers:", () => {
  let fixture: SettlementFixture;
  let terms: Terms;

  async function openedSession(): Promise<SettlementFixture> {
    const opened = await fundedSettlement();
    await opened.settlement.connect(opened.driver).open(termsOf(opened));
    return opened;
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openedSession);
    terms = termsOf(fixture);
  });

  function functionsThatChangeState(): string[] {
    const signatures: string[] = [];
    fixture.settlement.interface.forEachFunction((fragment) => {
      if (!fragment.constant) signatures.push(fragment.format("sighash"));
    });
    return signatures.sort();
  }

  async function provisionalOf(operator: string): Promise<bigint> {
    return (await fixture.settlement.creditOf(operator, 0)).provisionalMicro;
  }

  it("a new session overwrites a live one and strands its escrow", async () => {
    const { settlement, driver, relayer } = fixture;
    const second = termsOf(fixture, { nonce: 1n, holdMicro: 1n });
    const signature = await signTerms(fixture, driver, second);
    for (const refused of [
      settlement.connect(driver).open(second),
      settlement.connect(relayer).openSigned(second, signature),
    ]) {
      await expect(refused)
        .to.be.revertedWithCustomError(settlement, "OpeningRefused")
        .withArgs(OpeningRefusal.SessionLive, 0, 0);
    }
    await settlement
      .connect(relayer)
      .openBatch([openingGroup(second, [await signedOpeningOf(fixture, driver, second)])]);

    expect(await isLive(fixture, terms)).to.equal(true);
    await settleBatch(fixture, [settlementGroup(terms)]);
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(DEPOSIT - USUAL_PRICE);
  });

  it("the payer chooses the token", () => {
    const terms = "(address,uint32,uint32,address,uint32,uint32,uint32,uint24,bytes32,uint64,uint40)";
    const opening = "(uint40,uint24)";
    const tariff = "(uint64,uint64,uint32,uint64,uint32,uint64,uint256,uint240,uint192,bool)";
    const correction = "(bytes32,address,uint32,address,uint32,uint40,uint64,address,bool)";
    const settled = "(address,uint256,uint256)";

    // The addresses that a caller can give are drivers, recipients, oracles, releasers and the parties of terms; never a token.
    expect(functionsThatChangeState().filter((signature) => /[(,]address/.test(signature))).to.deep.equal([
      "changeReleaser(address,bool)",
      `correct(${correction})`,
      "deposit(address,uint32,uint256)",
      `expire(${terms},${opening},uint64)`,
      `open(${terms})`,
      `openAuthorized(${terms})`,
      "openBatch((address,uint32,bytes32,(address,uint256,bytes32,bytes32)[])[])",
      `openSigned(${terms},bytes)`,
      `refund(${terms},uint64)`,
      `release(${terms},${opening},uint64)`,
      `settleAgreed(${terms},${opening},uint64,uint64,bytes,bytes)`,
      `settleBatch((address,uint32,bool,${tariff},${settled}[])[],bytes32,(bytes32,bytes32)[])`,
      `settleProven(bytes32,address,uint32,${tariff},${settled},bool)`,
      `topUp(${terms},${opening},uint64,uint64)`,
      `topUpSigned(${terms},${opening},uint64,uint64,bytes)`,
      "withdraw(uint32,uint256,address)",
      "withdrawCredit(address,uint32,uint256,address)",
      "withdrawSigned((address,uint32,uint32,uint256,address,uint40),bytes)",
    ]);
  });

  it("an actual price above the estimate reverts for ever", async () => {
    await networkHelpers.time.increase(4n * HOUR);
    const { changes } = await outcomeOf(fixture, () =>
      settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, MOST)])]),
    );

    expect(changes["operator provisional"]).to.equal(HOLD);
    expect(await isLive(fixture, terms)).to.equal(false);
  });

  it("no timeout, or a refund that nobody can reach", async () => {
    const { settlement, driver, thief } = fixture;
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    await settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0);
    await settlement.connect(driver).withdraw(0, DEPOSIT, driver.address);

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(0n);
  });

  it("re-entrancy counts one inflow twice", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { settlement, erc20, driver, payer } = hostile;
    const target = await settlement.getAddress();
    await erc20.setHook(target, settlement.interface.encodeFunctionData("deposit", [payer.address, 0, 1_000]));
    await settlement.connect(driver).deposit(driver.address, 0, 1_000);

    expect(await erc20.hookSuccesses()).to.equal(0n);
    expect(await settlement.owedMicro()).to.equal(1_000n);
    expect(await erc20.balanceOf(target)).to.equal(1_000n);
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(1_000n);
  });

  it("a recipient on a deny list freezes settlement", async () => {
    const hostile = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    const { settlement, erc20, driver, operator } = hostile;
    await settlement.connect(driver).deposit(driver.address, 0, DEPOSIT);
    await settlement.connect(driver).open(termsOf(hostile));
    await erc20.setDenied(driver.address, true);
    await erc20.setDenied(operator.address, true);

    await settleBatch(hostile, [settlementGroup(termsOf(hostile))]);

    expect((await settlement.creditOf(operator.address, 0)).provisionalMicro).to.equal(USUAL_PRICE);
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(DEPOSIT - USUAL_PRICE);
  });

  it("a share rounds away when the sum is cut into slices", async () => {
    const { settlement, partnerAgreements, driver, operator, payer } = fixture;
    await partnerAgreements.connect(operator).propose([{ partner: payer.address, shareBps: 3_000n }]);
    await partnerAgreements.connect(payer).sign(1);
    // Ten sessions of a millionth each: three tenths of a millionth a time.
    for (let nonce = 0n; nonce < 10n; ++nonce) {
      const slice = termsOf(fixture, { lane: 1n, nonce, agreement: 1n, holdMicro: 1n });
      await settlement.connect(driver).open(slice);
      await settleBatch(fixture, [settlementGroup(slice)]);
    }
    await passEpochs();
    for (let slice = 0; slice < 3; ++slice) {
      await settlement.connect(payer).withdrawCredit(operator.address, 1, 1, payer.address);
    }

    expect(await settlement.withdrawableOf(operator.address, 1, payer.address)).to.equal(0n);
    expect(await settlement.withdrawableOf(operator.address, 1, operator.address)).to.equal(7n);
  });

  it("the amount is not covered by the signature", async () => {
    const { settlement, otherDriver, relayer } = fixture;
    const signed = termsOf(fixture, { driver: otherDriver.address, holdMicro: 1n });
    const opening = await signedOpeningOf(fixture, otherDriver, signed);
    const changed = { ...signed, holdMicro: HOLD };

    const { events } = await outcomeOf(fixture, () =>
      settlement.connect(relayer).openBatch([openingGroup(signed, [{ ...opening, terms: packTerms(changed) }])]),
    );

    expect(events.at(1)).to.deep.equal([
      "OpeningSkipped",
      sessionIn(fixture, changed),
      otherDriver.address,
      OpeningRefusal.SignatureInvalid,
      0n,
      0n,
    ]);
  });

  it("a pooled balance lets whoever decides pay out more than the session brought in (invariant 18)", async () => {
    const { settlement, operator, otherDriver } = fixture;
    await networkHelpers.time.increase(4n * HOUR);
    for (let i = 0; i < 3; ++i) await settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, MOST)])]);
    await passEpochs();

    expect((await settlement.creditOf(operator.address, 0)).finalMicro).to.equal(HOLD);
    await expect(settlement.connect(operator).withdrawCredit(operator.address, 0, HOLD + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(HOLD + 1n, HOLD);
    await expect(settlement.connect(operator).refund(terms, HOLD + 1n))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(HOLD + 1n, HOLD);
    expect((await settlement.accountOf(otherDriver.address, 0)).freeMicro).to.equal(DEPOSIT);
  });

  it("any charger owner can pull from any wallet with an allowance", async () => {
    const { settlement, erc20, operator, payer, addresses } = fixture;
    expect(await erc20.allowance(payer.address, await settlement.getAddress())).to.equal(10n * DEPOSIT);

    // The calls that take tokens in take them from their caller.
    await expect(settlement.connect(operator).deposit(payer.address, 0, 1))
      .to.be.revertedWithCustomError(erc20, "ERC20InsufficientAllowance")
      .withArgs(await settlement.getAddress(), 0, 1);
    // The one that pulls from a driver opens that driver's session by the driver's signature.
    const funding = await ethers.getContractAt("AuthorizedFunding", addresses.AuthorizedFunding);
    await erc20.connect(payer).approve(await funding.getAddress(), DEPOSIT);
    const pulled = termsOf(fixture, { driver: payer.address });
    const permit = { value: DEPOSIT, deadline: 2n ** 40n, v: 27, r: ethers.ZeroHash, s: ethers.ZeroHash };
    const forged = await signTerms(fixture, operator, pulled);
    await expect(funding.connect(operator).depositWithPermitAndOpen(pulled, permit, forged))
      .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
      .withArgs(payer.address);
    expect(await erc20.balanceOf(payer.address)).to.equal(10n * DEPOSIT);
  });

  it("a dispute has no timeout", async () => {
    const bonded = await networkHelpers.loadFixture(bondedSessions);
    const { challenges, oracleBonds, oracles, thief } = bonded;
    await demanded(bonded, await settledAs(bonded, bonded.terms, UNDERCLAIMED), bonded.terms);
    await networkHelpers.time.increase(ANSWER_WINDOW_SECONDS + 1n);

    await challenges.connect(thief).conclude(bonded.terms, TARIFF, []);

    // By time alone somebody is paid: first the demand ends, then the cases of those who signed.
    expect((await challenges.demandOf(sessionIn(bonded, bonded.terms))).status).to.equal(3n);
    await networkHelpers.time.increase(LIABILITY_SECONDS + 1n);
    for (const { address } of oracles.slice(0, 2)) await oracleBonds.connect(thief).closeCase(address, 1);
  });

  it("linear scans make old accounts unusable", async () => {
    const { settlement, driver, relayer } = fixture;
    const gasOf = async (nonce: bigint) => {
      const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
      const next = termsOf(fixture, { nonce, expiresAt });
      const opened = await (await settlement.connect(driver).open(next)).wait();
      await afterCharge();
      const batch = await batchOf(fixture, [settlementGroup(next)]);
      const settled = await (await settlement.connect(relayer).settleBatch(...batch)).wait();
      return (opened?.gasUsed ?? 0n) + (settled?.gasUsed ?? 0n);
    };
    await settleBatch(fixture, [settlementGroup(terms)]);
    await settlement.connect(driver).deposit(driver.address, 0, 2n * DEPOSIT);
    const second = await gasOf(1n);
    for (let nonce = 2n; nonce < 30n; ++nonce) await gasOf(nonce);

    const later = await gasOf(30n);

    // What differs is the price of non-zero bytes in the calldata.
    expect(later - second < 500n && second - later < 500n).to.equal(true);
  });

  it("a late claim succeeds and pays nobody", async () => {
    const { settlement, thief } = fixture;
    await networkHelpers.time.increaseTo(terms.expiresAt + DAY);
    const late = await outcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms)]));
    expect(late.changes["operator provisional"]).to.equal(USUAL_PRICE);

    await networkHelpers.loadFixture(openedSession);
    await networkHelpers.time.increaseTo(terms.expiresAt + DAY);
    await settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0);
    const tooLate = await outcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms)]));
    expect(tooLate).to.deep.equal({
      events: [["SettlementSkipped", sessionIn(fixture, terms), terms.driver, SettlementRefusal.NoLiveSession]],
      changes: {},
    });
  });

  it("a withdrawal can be paused", async () => {
    const { settlement, driver, openingGuard, guardian } = fixture;
    // There is nobody to upgrade, to sweep, or to move anybody else's money.
    expect(functionsThatChangeState().map((signature) => signature.split("(")[0])).to.deep.equal([
      "advanceNonce",
      "changeReleaser",
      "correct",
      "deposit",
      "expire",
      "open",
      "openAuthorized",
      "openBatch",
      "openSigned",
      "refund",
      "release",
      "settleAgreed",
      "settleBatch",
      "settleProven",
      "topUp",
      "topUpSigned",
      "withdraw",
      "withdrawCredit",
      "withdrawSigned",
    ]);
    await openingGuard.connect(guardian).pauseOpening();

    await settlement.connect(driver).withdraw(0, DEPOSIT - HOLD, driver.address);

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(0n);
  });

  it("a reverting validator traps funds", async () => {
    const { settlement, addresses, driver, thief, erc20 } = fixture;
    for (const [name, address] of Object.entries(addresses)) {
      if (name !== "ChargingSettlement") await networkHelpers.setCode(address, FAILING_CODE);
    }

    await settlement.connect(driver).withdraw(0, DEPOSIT - HOLD, driver.address);
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
    await settlement.connect(thief).expire(terms, await openingIn(fixture, terms), 0);
    await settlement.connect(driver).withdraw(0, HOLD, driver.address);

    expect(await erc20.balanceOf(driver.address)).to.equal(10n * DEPOSIT - DEPOSIT);
  });

  it("one unsettled low nonce jams the account", async () => {
    const { settlement, otherDriver, relayer } = fixture;
    const lost = termsOf(fixture, { driver: otherDriver.address });
    await otherDriver.signTypedData(fixture.domain, SESSION_TERMS_TYPES, lost);
    await settlement.connect(otherDriver).advanceNonce(0);
    const next = termsOf(fixture, { driver: otherDriver.address, nonce: 1n });

    await settlement
      .connect(relayer)
      .openBatch([openingGroup(next, [await signedOpeningOf(fixture, otherDriver, next)])]);

    expect(await isLive(fixture, next)).to.equal(true);
  });

  it("claim and settle sent back to back collide on the nonce", async () => {
    const { settlement, driver, relayer } = fixture;
    const next = termsOf(fixture, { nonce: 1n });
    const opening = openingGroup(next, [await signedOpeningOf(fixture, driver, next)]);
    const first = await batchOf(fixture, [settlementGroup(terms)]);
    // Nothing flowed yet in a session of the same block.
    await networkHelpers.time.increase(2n * HOUR);
    const block = await ethers.provider.getBlock("latest");
    const openedAt = BigInt(block?.timestamp ?? 0) + 1n;
    const live = { ...next, opening: { openedAt, salt: BigInt.asUintN(24, BigInt(block?.hash ?? 0)) } };
    const nothing = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };
    const second = await batchOf(fixture, [settlementGroup(live, [settlementOf(live, nothing)])]);
    const overrides = { gasLimit: 1_000_000 };
    await ethers.provider.send("evm_setAutomine", [false]);
    try {
      await settlement.connect(relayer).settleBatch(...first, overrides);
      await settlement.connect(relayer).openBatch([opening], overrides);
      await settlement.connect(relayer).settleBatch(...second, overrides);
      await networkHelpers.time.setNextBlockTimestamp(openedAt);
      await networkHelpers.mine();
    } finally {
      await ethers.provider.send("evm_setAutomine", [true]);
    }

    expect(await provisionalOf(fixture.operator.address)).to.equal(USUAL_PRICE);
    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([DEPOSIT - USUAL_PRICE, 2n, 0n]);
  });

  it("a signature is replayed for another function (invariant 14)", async () => {
    const { settlement, otherDriver, relayer } = fixture;
    const next = termsOf(fixture, { driver: otherDriver.address });
    const digest = sessionIn(fixture, next);
    // The same words under another name of the type, and the bare digest signed as a message.
    const renamed = { SessionConsent: SESSION_TERMS_TYPES.SessionTerms };
    for (const signature of [
      await otherDriver.signTypedData(fixture.domain, renamed, next),
      await otherDriver.signMessage(ethers.getBytes(digest)),
    ]) {
      const { r, yParityAndS } = ethers.Signature.from(signature);
      const opening = { driver: next.driver, terms: packTerms(next), r, vs: yParityAndS };

      const { events } = await outcomeOf(fixture, () =>
        settlement.connect(relayer).openBatch([openingGroup(next, [opening])]),
      );

      const skipped = ["OpeningSkipped", digest, next.driver, OpeningRefusal.SignatureInvalid, 0n, 0n];
      expect(events.at(1)).to.deep.equal(skipped);
      await expect(settlement.connect(relayer).openSigned(next, signature)).to.be.revertedWithCustomError(
        settlement,
        "SignatureInvalid",
      );
    }
  });

  it("several dynamic fields are packed into one signed hash, where one borrows bytes of the other", async () => {
    const { addresses, driver, operator } = fixture;
    const consents = await ethers.getContractAt("VehicleConsents", addresses.VehicleConsents);
    const word = toBeHex(operator.address, 32);
    const consentOf = (vehicleKey: string, operators: string[]) => ({
      driver: driver.address,
      lane: 0,
      vehicleKey,
      operators,
      sessionCapMicro: 1,
      periodCapMicro: 1,
      periodSeconds: 1,
      expiresAt: 2n ** 40n - 1n,
    });
    const [left, right] = [consentOf(`${word}${word.slice(2)}`, []), consentOf(word, [operator.address])];
    expect(solidityPacked(["bytes", "address[]"], [left.vehicleKey, left.operators])).to.equal(
      solidityPacked(["bytes", "address[]"], [right.vehicleKey, right.operators]),
    );

    expect(await consents.consentIdOf(left)).to.not.equal(await consents.consentIdOf(right));
    expect(keccak256(left.vehicleKey)).to.not.equal(keccak256(right.vehicleKey));
  });

  it("a rule about the half of s refuses half of all real meter signatures", async () => {
    const metered = await networkHelpers.loadFixture(bondedSessions);
    const { meterSettlement, settlement, operator, relayer } = metered;
    const record = recordOf(metered, metered.terms);
    const twin = { ...record, s: toBeHex(P256_ORDER - BigInt(record.s), 32) };
    const charges: bigint[] = [];
    for (const each of [record, twin]) {
      charges.push(await meterSettlement.settleWithMeter.staticCall(callOf(meteredOf(metered.terms, each))));
    }
    expect(charges).to.deep.equal([RECORDED_PRICE, RECORDED_PRICE]);

    await meterSettlement.connect(relayer).settleWithMeter(callOf(meteredOf(metered.terms, twin)));

    // And the twin of a record is no second record.
    await expect(
      meterSettlement.connect(relayer).settleWithMeter(callOf(meteredOf(metered.terms, record))),
    ).to.be.revert(ethers);
    expect((await settlement.creditOf(operator.address, 0)).provisionalMicro).to.equal(RECORDED_PRICE);
  });

  it("a zero address recovered from a bad signature passes for a signer", async () => {
    const { settlement, relayer } = fixture;
    const nobody = termsOf(fixture, { driver: ethers.ZeroAddress });
    const opening = { driver: nobody.driver, terms: packTerms(nobody), r: toBeHex(1, 32), vs: ethers.ZeroHash };

    const { events } = await outcomeOf(fixture, () =>
      settlement.connect(relayer).openBatch([openingGroup(nobody, [opening])]),
    );

    const id = sessionIn(fixture, nobody);
    expect(events.at(1)).to.deep.equal(["OpeningSkipped", id, nobody.driver, OpeningRefusal.SignatureInvalid, 0n, 0n]);
  });

  it("anybody can stop a session", async () => {
    const { settlement, oracleCommittee, thief, operator, driver } = fixture;
    const [groups] = await batchOf(fixture, [settlementGroup(terms)]);

    for (const caller of [thief, operator, driver]) {
      await expect(settlement.connect(caller).settleBatch(groups, ANY_EVIDENCE, [])).to.be.revertedWithCustomError(
        oracleCommittee,
        "SignatureCountWrong",
      );
      await expect(
        settlement.connect(caller).expire(terms, await openingIn(fixture, terms), 0),
      ).to.be.revertedWithCustomError(settlement, "NotExpired");
    }
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("a session without energy cannot close", async () => {
    const nothing = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };

    const { changes } = await outcomeOf(fixture, () =>
      settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, nothing)])]),
    );

    expect(changes).to.deep.equal({
      "driver/0 free": HOLD,
      "driver/0 commitment": -(await commitmentIn(fixture, terms)),
    });
  });

  it("energy is invented from seconds", async () => {
    const { tariffRegistry } = fixture;

    const price = await tariffRegistry.priceOf(tariffWith({ chargesWithoutEnergy: true }), 0, 10n * HOUR, 0);

    expect(price.energyMicro).to.equal(0n);
  });

  it("an oracle that joins can settle sessions whose drivers could not know it (invariant 18)", async () => {
    const { settlement, oracleCommittee, owner, thief } = fixture;
    await oracleCommittee.connect(owner).schedule([thief.address], 1);
    const now = BigInt(await networkHelpers.time.latest());
    const latest = termsOf(fixture, { lane: 1n, expiresAt: now + 2n * DAY });
    await settlement.connect(fixture.driver).open(latest);
    const batch = await batchOf(fixture, [settlementGroup(latest, [settlementOf(latest, USUAL)])], [thief]);

    await networkHelpers.time.increaseTo(latest.expiresAt);

    await expect(settlement.connect(thief).settleBatch(...batch)).to.be.revertedWithCustomError(
      oracleCommittee,
      "SignatureCountWrong",
    );
    expect((await oracleCommittee.changeDelaySeconds()) > (await settlement.maximumSessionSeconds())).to.equal(true);
  });

  it("a driver tops up ahead of every settlement, and charges for nothing", async () => {
    const { settlement, driver } = fixture;
    let toppedUpMicro = 0n;
    for (; toppedUpMicro < 5n; ++toppedUpMicro) {
      const batch = await batchOf(fixture, [settlementGroup(terms, [settlementOf(terms, USUAL, toppedUpMicro)])]);
      await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), toppedUpMicro, 1);
      await settlement.connect(fixture.relayer).settleBatch(...batch);
    }
    expect(await provisionalOf(terms.operator)).to.equal(0n);
    await networkHelpers.time.increaseTo(terms.expiresAt - 2n * HOUR);

    await expect(
      settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), toppedUpMicro, 1),
    ).to.be.revertedWithCustomError(settlement, "TopUpTooLate");
    await settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, USUAL, toppedUpMicro)])]);

    expect(await provisionalOf(terms.operator)).to.equal(USUAL_PRICE);
  });
});
