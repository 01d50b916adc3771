import { expect } from "chai";
import { SigningKey } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { commitmentOf, SESSION_TERMS_TYPES, type Terms } from "../../helpers/session-terms.ts";
import {
  CHANGE_DELAY_SECONDS,
  DAY,
  DEPOSIT,
  fundedSettlement,
  HOLD,
  HOUR,
  openingGroup,
  openingOf,
  OpeningRefusal,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  settlementOf,
  SettlementRefusal,
  TARIFF,
  termsOf,
  USUAL,
  USUAL_PRICE,
  settleBatch,
} from "../../helpers/settlement-fixture.ts";

/** An instruction that fails: what a contract does whose own dependencies failed. */
const FAILING_CODE = "0xfe";

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

  it("a new session overwrites a live one and strands its escrow", async () => {
    const { settlement, driver, relayer } = fixture;
    const second = termsOf(fixture, { nonce: 1n, holdMicro: 1n });
    await expect(settlement.connect(driver).open(second))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.SessionLive, 0, 0);
    await settlement.connect(relayer).openBatch([openingGroup(second, [await openingOf(fixture, driver, second)])]);

    expect(await settlement.isLive(terms, 0)).to.equal(true);
    await settleBatch(fixture, [settlementGroup(terms)]);
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(DEPOSIT - USUAL_PRICE);
  });

  it("the payer chooses the token", () => {
    const takingAddresses = functionsThatChangeState().filter((signature) => /[(,]address/.test(signature));

    // The addresses that a caller can give are drivers, recipients and the parties of terms; never a token.
    expect(takingAddresses).to.deep.equal([
      "deposit(address,uint32,uint256)",
      "expire((address,uint32,uint32,address,uint32,uint32,bytes32,uint64,uint40))",
      "open((address,uint32,uint32,address,uint32,uint32,bytes32,uint64,uint40))",
      "openBatch((address,bytes32,(address,uint256,bytes32,bytes32)[])[])",
      "settleBatch((address,(uint64,uint64,uint64,uint64,uint32,uint32,uint32,uint32,uint64,uint64,uint16,bool),(address,uint256,uint256)[])[])",
      "settleProven(bytes32,address,(uint64,uint64,uint64,uint64,uint32,uint32,uint32,uint32,uint64,uint64,uint16,bool),(address,uint256,uint256))",
      "withdraw(uint32,uint256,address)",
      "withdrawCredit(uint256,address)",
    ]);
  });

  it("an actual price above the estimate reverts for ever", async () => {
    const { settlement } = fixture;
    const most = { energyMicroWh: 2n ** 64n - 1n, chargingSeconds: 2n ** 32n - 1n, idleSeconds: 2n ** 32n - 1n };

    const { changes } = await outcomeOf(fixture, () =>
      settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, most)])]),
    );

    expect(changes["operator credit"]).to.equal(HOLD);
    expect(await settlement.isLive(terms, 0)).to.equal(false);
  });

  it("no timeout, or a refund that nobody can reach", async () => {
    const { settlement, driver, thief } = fixture;
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);

    await settlement.connect(thief).expire(terms, 0);
    await settlement.connect(driver).withdraw(0, DEPOSIT, driver.address);

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(0n);
  });

  it("a reverting validator traps funds", async () => {
    const { settlement, oracleSet, tariffRegistry, driver, thief } = fixture;
    await networkHelpers.setCode(await oracleSet.getAddress(), FAILING_CODE);
    await networkHelpers.setCode(await tariffRegistry.getAddress(), FAILING_CODE);

    await settlement.connect(driver).withdraw(0, DEPOSIT - HOLD, driver.address);
    await networkHelpers.time.increaseTo(terms.expiresAt + 1n);
    await settlement.connect(thief).expire(terms, 0);
    await settlement.connect(driver).withdraw(0, HOLD, driver.address);

    expect(await fixture.erc20.balanceOf(driver.address)).to.equal(10n * DEPOSIT - DEPOSIT);
  });

  it("the amount is not covered by the signature", async () => {
    const { settlement, otherDriver, relayer } = fixture;
    const signed = termsOf(fixture, { driver: otherDriver.address, holdMicro: 1n });
    const opening = await openingOf(fixture, otherDriver, signed);
    const changed = { ...signed, holdMicro: HOLD };
    const { terms: packed } = settlementOf(changed);

    const { events } = await outcomeOf(fixture, () =>
      settlement.connect(relayer).openBatch([openingGroup(signed, [{ ...opening, terms: packed }])]),
    );

    expect(events).to.deep.equal([
      ["OpeningSkipped", sessionIn(fixture, changed), otherDriver.address, OpeningRefusal.SignatureInvalid, 0n, 0n],
    ]);
  });

  it("a pooled balance lets whoever decides pay out more than the session brought in (invariant 18)", async () => {
    const { settlement, operator, otherDriver } = fixture;
    const most = { ...USUAL, energyMicroWh: 2n ** 64n - 1n };
    for (let i = 0; i < 3; ++i) {
      await settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, most)])]);
    }

    const { creditMicro } = await settlement.operatorAccountOf(operator.address);
    expect(creditMicro).to.equal(HOLD);
    await expect(settlement.connect(operator).withdrawCredit(HOLD + 1n, operator.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(HOLD + 1n, HOLD);
    expect((await settlement.accountOf(otherDriver.address, 0)).freeMicro).to.equal(DEPOSIT);
  });

  it("any charger owner can pull from any wallet with an allowance", async () => {
    const { settlement, erc20, operator, payer } = fixture;
    expect(await erc20.allowance(payer.address, await settlement.getAddress())).to.equal(10n * DEPOSIT);

    // The only call that takes tokens in takes them from its caller.
    await expect(settlement.connect(operator).deposit(payer.address, 0, 1))
      .to.be.revertedWithCustomError(erc20, "ERC20InsufficientAllowance")
      .withArgs(await settlement.getAddress(), 0, 1);
  });

  it("linear scans make old accounts unusable", async () => {
    const { settlement, driver } = fixture;
    const gasOf = async (nonce: bigint) => {
      const next = termsOf(fixture, { nonce });
      const opened = await (await settlement.connect(driver).open(next)).wait();
      const settled = await (await settleBatch(fixture, [settlementGroup(next)])).wait();
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
    expect(late.changes["operator credit"]).to.equal(USUAL_PRICE);

    await networkHelpers.loadFixture(openedSession);
    await networkHelpers.time.increaseTo(terms.expiresAt + DAY);
    await settlement.connect(thief).expire(terms, 0);
    const tooLate = await outcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms)]));
    expect(tooLate).to.deep.equal({
      events: [["SettlementSkipped", sessionIn(fixture, terms), terms.driver, SettlementRefusal.NoLiveSession]],
      changes: {},
    });
  });

  it("a withdrawal can be paused", () => {
    // There is nobody to pause anything, to upgrade, or to move anybody else's money.
    expect(functionsThatChangeState().map((signature) => signature.split("(")[0])).to.deep.equal([
      "advanceNonce",
      "deposit",
      "expire",
      "open",
      "openBatch",
      "settleBatch",
      "settleProven",
      "withdraw",
      "withdrawCredit",
    ]);
  });

  it("one unsettled low nonce jams the account", async () => {
    const { settlement, otherDriver, relayer } = fixture;
    const lost = termsOf(fixture, { driver: otherDriver.address });
    await otherDriver.signTypedData(fixture.domain, SESSION_TERMS_TYPES, lost);
    await settlement.connect(otherDriver).advanceNonce(0);
    const next = termsOf(fixture, { driver: otherDriver.address, nonce: 1n });

    await settlement.connect(relayer).openBatch([openingGroup(next, [await openingOf(fixture, otherDriver, next)])]);

    expect(await settlement.isLive(next, 0)).to.equal(true);
  });

  it("claim and settle sent back to back collide on the nonce", async () => {
    const { settlement, driver, relayer } = fixture;
    const next = termsOf(fixture, { nonce: 1n });
    const opening = openingGroup(next, [await openingOf(fixture, driver, next)]);
    const overrides = { gasLimit: 1_000_000 };
    await ethers.provider.send("evm_setAutomine", [false]);
    try {
      await settleBatch(fixture, [settlementGroup(terms)], overrides);
      await settlement.connect(relayer).openBatch([opening], overrides);
      await settleBatch(fixture, [settlementGroup(next)], overrides);
      await networkHelpers.mine();
    } finally {
      await ethers.provider.send("evm_setAutomine", [true]);
    }

    expect(await settlement.operatorAccountOf(fixture.operator.address)).to.deep.equal([
      2n * USUAL_PRICE,
      2n * USUAL_PRICE,
    ]);
    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([DEPOSIT - 2n * USUAL_PRICE, 2n, 0n]);
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
      const opening = { driver: next.driver, terms: settlementOf(next).terms, r, vs: yParityAndS };

      const { events } = await outcomeOf(fixture, () =>
        settlement.connect(relayer).openBatch([openingGroup(next, [opening])]),
      );

      expect(events).to.deep.equal([["OpeningSkipped", digest, next.driver, OpeningRefusal.SignatureInvalid, 0n, 0n]]);
    }
  });

  it("a zero address recovered from a bad signature passes for a signer", async () => {
    const { settlement, relayer } = fixture;
    const nobody = termsOf(fixture, { driver: ethers.ZeroAddress });
    const opening = {
      driver: nobody.driver,
      terms: settlementOf(nobody).terms,
      r: new SigningKey("0x" + "01".repeat(32)).publicKey.slice(0, 66),
      vs: ethers.ZeroHash,
    };

    expect(
      (await outcomeOf(fixture, () => settlement.connect(relayer).openBatch([openingGroup(nobody, [opening])]))).events,
    ).to.deep.equal([
      ["OpeningSkipped", sessionIn(fixture, nobody), nobody.driver, OpeningRefusal.SignatureInvalid, 0n, 0n],
    ]);
  });

  it("anybody can stop a session", async () => {
    const { settlement, thief, operator, driver } = fixture;

    for (const caller of [thief, operator, driver]) {
      await expect(settlement.connect(caller).settleBatch([settlementGroup(terms)]))
        .to.be.revertedWithCustomError(settlement, "NotOracle")
        .withArgs(caller.address);
      await expect(settlement.connect(caller).expire(terms, 0)).to.be.revertedWithCustomError(settlement, "NotExpired");
    }
    expect(await settlement.isLive(terms, 0)).to.equal(true);
  });

  it("a session without energy cannot close", async () => {
    const { settlement } = fixture;
    const nothing = { energyMicroWh: 0n, chargingSeconds: 0n, idleSeconds: 0n };

    expect(
      (await outcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms, [settlementOf(terms, nothing)])])))
        .changes,
    ).to.deep.equal({
      "driver/0 free": HOLD,
      "driver/0 commitment": -commitmentOf(sessionIn(fixture, terms)),
    });
  });

  it("energy is invented from seconds", async () => {
    const { tariffRegistry } = fixture;

    const price = await tariffRegistry.priceOf({ ...TARIFF, chargesWithoutEnergy: true }, 0, 10n * HOUR, 0);

    expect(price.energyMicro).to.equal(0n);
  });

  it("an oracle that joins can settle sessions whose drivers could not know it (invariant 18)", async () => {
    const { settlement, oracleSet, owner, thief } = fixture;
    await oracleSet.connect(owner).addOracle(thief.address);
    const latest = termsOf(fixture, { lane: 1n, expiresAt: fixture.startedAt + 2n * DAY });
    await settlement.connect(fixture.driver).open(latest);

    await networkHelpers.time.increaseTo(latest.expiresAt);

    await expect(settlement.connect(thief).settleBatch([settlementGroup(latest)]))
      .to.be.revertedWithCustomError(settlement, "NotOracle")
      .withArgs(thief.address);
    expect(CHANGE_DELAY_SECONDS > (await settlement.maximumSessionSeconds())).to.equal(true);
  });
});
