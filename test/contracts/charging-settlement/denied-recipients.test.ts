import { expect } from "chai";

import type { HostileToken } from "../../../types/index.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { passEpochs } from "../../helpers/partners-fixture.ts";
import {
  hostileSettlementOfSixDecimals,
  openingGroup,
  signedOpeningOf,
  type SettlementFixture,
  settlementGroup,
  termsOf,
  USUAL_PRICE,
  settleBatch,
  openingIn,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement and a token that denies accounts", () => {
  let fixture: SettlementFixture<HostileToken>;

  /** Sessions of both drivers with both operators; then the token denies the first driver and the first operator. */
  async function deniedAccounts() {
    const denied = await hostileSettlementOfSixDecimals();
    const { settlement, driver, otherDriver, erc20, operator } = denied;
    await settlement.connect(driver).deposit(driver.address, 0, 100_000_000n);
    await settlement.connect(otherDriver).deposit(otherDriver.address, 0, 100_000_000n);
    await settlement.connect(driver).open(termsOf(denied));
    await settlement
      .connect(otherDriver)
      .open(termsOf(denied, { driver: otherDriver.address, operator: denied.otherOperator.address }));
    await erc20.setDenied(driver.address, true);
    await erc20.setDenied(operator.address, true);
    return denied;
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deniedAccounts);
  });

  const terms = () => termsOf(fixture);
  const otherTerms = () =>
    termsOf(fixture, { driver: fixture.otherDriver.address, operator: fixture.otherOperator.address });

  it("settles everybody's sessions in one batch, the denied accounts' too", async () => {
    const { changes } = await outcomeOf(fixture, () =>
      settleBatch(fixture, [settlementGroup(terms()), settlementGroup(otherTerms())]),
    );

    expect([changes["operator provisional"], changes["otherOperator provisional"]]).to.deep.equal([
      USUAL_PRICE,
      USUAL_PRICE,
    ]);
  });

  it("opens, tops up and expires sessions of a denied driver", async () => {
    const { settlement, relayer, driver } = fixture;
    await settleBatch(fixture, [settlementGroup(terms())]);
    const next = termsOf(fixture, { nonce: 1n });
    await settlement.connect(relayer).openBatch([openingGroup(next, [await signedOpeningOf(fixture, driver, next)])]);
    await settlement.connect(driver).topUp(next, await openingIn(fixture, next), 0, 500);
    await networkHelpers.time.increaseTo(next.expiresAt + 1n);

    await settlement.connect(relayer).expire(next, await openingIn(fixture, next), 500);

    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(100_000_000n - USUAL_PRICE);
  });

  it("pays the other driver and the other operator", async () => {
    const { settlement, otherDriver, otherOperator } = fixture;
    await settleBatch(fixture, [settlementGroup(otherTerms())]);
    await passEpochs();

    await settlement.connect(otherDriver).withdraw(0, 100_000_000n - USUAL_PRICE, otherDriver.address);
    await settlement
      .connect(otherOperator)
      .withdrawCredit(otherOperator.address, 0, USUAL_PRICE, otherOperator.address);

    expect(await settlement.owedMicro()).to.equal(100_000_000n);
  });

  it("pays the other partners and the operator when one partner is denied, and keeps the denied one's part", async () => {
    const { settlement, erc20, partnerAgreements, otherOperator, otherDriver, payer, relayer, guardian } = fixture;
    const partners = [payer, relayer, guardian];
    await partnerAgreements
      .connect(otherOperator)
      .propose(partners.map(({ address }) => ({ partner: address, shareBps: 1_000n })));
    for (const partner of partners) await partnerAgreements.connect(partner).sign(1);
    await settleBatch(fixture, [settlementGroup(otherTerms())]);
    const shared = { ...otherTerms(), nonce: 1n, agreement: 1n };
    await settlement.connect(otherDriver).open(shared);
    await settleBatch(fixture, [settlementGroup(shared)]);
    await passEpochs();
    await erc20.setDenied(relayer.address, true);
    const part = USUAL_PRICE / 10n;
    const earner = otherOperator.address;

    await expect(settlement.connect(relayer).withdrawCredit(earner, 1, part, relayer.address))
      .to.be.revertedWithCustomError(erc20, "Denied")
      .withArgs(relayer.address);
    await settlement.connect(payer).withdrawCredit(earner, 1, part, payer.address);
    await settlement.connect(guardian).withdrawCredit(earner, 1, part, guardian.address);
    const rest = await settlement.withdrawableOf(earner, 1, earner);
    await settlement.connect(otherOperator).withdrawCredit(earner, 1, rest, earner);

    expect(await settlement.withdrawableOf(earner, 1, relayer.address)).to.equal(part);
    await settlement.connect(relayer).withdrawCredit(earner, 1, part, payer.address);
  });

  it("keeps a denied account's money until it names another recipient", async () => {
    const { settlement, erc20, driver, payer, operator } = fixture;
    await settleBatch(fixture, [settlementGroup(terms())]);
    await passEpochs();

    await expect(settlement.connect(driver).withdraw(0, 1_000, driver.address))
      .to.be.revertedWithCustomError(erc20, "Denied")
      .withArgs(driver.address);
    await expect(settlement.connect(operator).withdrawCredit(operator.address, 0, 1_000, operator.address))
      .to.be.revertedWithCustomError(erc20, "Denied")
      .withArgs(operator.address);

    const paid = await outcomeOf(fixture, () => settlement.connect(driver).withdraw(0, 1_000, payer.address));
    expect(paid.changes).to.deep.equal({
      "payer tokens": 1_000n,
      "settlement tokens": -1_000n,
      "driver/0 free": -1_000n,
      owed: -1_000n,
    });
    const credited = await outcomeOf(fixture, () =>
      settlement.connect(operator).withdrawCredit(operator.address, 0, 1_000, payer.address),
    );
    expect(credited.changes).to.deep.equal({
      "payer tokens": 1_000n,
      "settlement tokens": -1_000n,
      "operator withdrawn": 1_000n,
      owed: -1_000n,
    });
  });
});
