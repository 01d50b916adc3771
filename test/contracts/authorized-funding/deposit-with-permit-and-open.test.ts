import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { permitOf, worthlessPermit } from "../../helpers/funding-fixture.ts";
import { sessionIdOf } from "../../helpers/session-terms.ts";
import { DEPOSIT, HOLD, OpeningRefusal, isLive } from "../../helpers/settlement-fixture.ts";
import {
  deployedWaysIn,
  fundedWaysIn,
  hostileWaysIn,
  outcomeOf,
  signTerms,
  termsOf,
  type WaysInFixture,
} from "../../helpers/ways-in-fixture.ts";

describe("AuthorizedFunding.depositWithPermitAndOpen", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedWaysIn);
  });

  it("refuses a permit that the token does not take, where there is no allowance", async () => {
    const { funding, driver, relayer } = fixture;
    const terms = termsOf(fixture);

    await expect(
      funding
        .connect(relayer)
        .depositWithPermitAndOpen(terms, worthlessPermit(fixture), await signTerms(fixture, driver, terms)),
    )
      .to.be.revertedWithCustomError(funding, "PermitRefused")
      .withArgs(0, HOLD);
  });

  it("refuses a permit for less than the hold lacks", async () => {
    const { funding, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const permit = await permitOf(fixture, driver, HOLD - 1n);

    await expect(
      funding.connect(relayer).depositWithPermitAndOpen(terms, permit, await signTerms(fixture, driver, terms)),
    )
      .to.be.revertedWithCustomError(funding, "AllowanceTooLow")
      .withArgs(HOLD - 1n, HOLD);
  });

  it("refuses to take anything without the driver's signature of the terms, whatever the driver has allowed", async () => {
    const { erc20, funding, settlement, driver, relayer } = fixture;
    await erc20.connect(driver).approve(await funding.getAddress(), DEPOSIT);
    const terms = termsOf(fixture);

    for (const wrong of [
      await signTerms(fixture, relayer, terms),
      await signTerms(fixture, driver, { ...terms, holdMicro: HOLD - 1n }),
      "0x",
    ]) {
      await expect(funding.connect(relayer).depositWithPermitAndOpen(terms, worthlessPermit(fixture), wrong))
        .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
        .withArgs(driver.address);
    }
    expect(await erc20.balanceOf(driver.address)).to.equal(10n * DEPOSIT);
  });

  it("refuses what the settlement contract refuses, and takes nothing then", async () => {
    const { erc20, funding, settlement, driver, relayer } = fixture;
    const terms = termsOf(fixture, { nonce: 1n });
    const permit = await permitOf(fixture, driver, HOLD);

    await expect(
      funding.connect(relayer).depositWithPermitAndOpen(terms, permit, await signTerms(fixture, driver, terms)),
    )
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.NonceMismatch, 1, 0);
    expect(await erc20.balanceOf(driver.address)).to.equal(10n * DEPOSIT);
  });

  it("takes the hold from the driver's wallet and opens; anybody sends it", async () => {
    const { erc20, funding, domain, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const permit = await permitOf(fixture, driver, HOLD);
    const signature = await signTerms(fixture, driver, terms);
    expect(await funding.connect(relayer).depositWithPermitAndOpen.staticCall(terms, permit, signature)).to.equal(
      sessionIdOf(domain, terms),
    );

    const outcome = await outcomeOf(fixture, funding, driver.address, async () =>
      funding.connect(relayer).depositWithPermitAndOpen(terms, permit, signature),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", driver.address, driver.address, 0n, HOLD]],
      changes: { "driver tokens": -HOLD, "settlement tokens": HOLD, owed: HOLD, nonce: 1n, live: 1n },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
    expect(await erc20.allowance(driver.address, await funding.getAddress())).to.equal(0n);
  });

  it("takes only what the hold is above the free balance, so that somebody's gift does not stop it", async () => {
    const { erc20, funding, settlement, driver, otherDriver, relayer } = fixture;
    const terms = termsOf(fixture);
    const permit = await permitOf(fixture, driver, HOLD);
    await erc20.connect(otherDriver).approve(await settlement.getAddress(), 1n);
    await settlement.connect(otherDriver).deposit(driver.address, 0, 1n);

    const outcome = await outcomeOf(fixture, funding, driver.address, async () =>
      funding.connect(relayer).depositWithPermitAndOpen(terms, permit, await signTerms(fixture, driver, terms)),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", driver.address, driver.address, 0n, HOLD - 1n]],
      changes: {
        "driver tokens": 1n - HOLD,
        "settlement tokens": HOLD - 1n,
        owed: HOLD - 1n,
        free: -1n,
        nonce: 1n,
        live: 1n,
      },
    });
  });

  it("takes nothing where the free balance suffices", async () => {
    const funded = await fundedWaysIn();
    const { funding, driver, relayer } = funded;
    const terms = termsOf(funded, { holdMicro: DEPOSIT });

    const outcome = await outcomeOf(funded, funding, driver.address, async () =>
      funding
        .connect(relayer)
        .depositWithPermitAndOpen(terms, worthlessPermit(funded), await signTerms(funded, driver, terms)),
    );

    expect(outcome).to.deep.equal({ events: [], changes: { free: -DEPOSIT, nonce: 1n, live: 1n } });
  });

  it("takes no harm from a permit that somebody has sent before", async () => {
    const { erc20, funding, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const permit = await permitOf(fixture, driver, HOLD);
    const { value, deadline, v, r, s } = permit;
    await erc20.connect(relayer).permit(driver.address, await funding.getAddress(), value, deadline, v, r, s);

    await funding.connect(relayer).depositWithPermitAndOpen(terms, permit, await signTerms(fixture, driver, terms));

    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("counts in the token's own unit", async () => {
    const hostile = await hostileWaysIn(18);
    const { erc20, funding, driver, relayer } = hostile;
    const amount = HOLD * 10n ** 12n;
    await erc20.connect(driver).approve(await funding.getAddress(), amount);
    const terms = termsOf(hostile);

    const outcome = await outcomeOf(hostile, funding, driver.address, async () =>
      funding
        .connect(relayer)
        .depositWithPermitAndOpen(terms, worthlessPermit(hostile), await signTerms(hostile, driver, terms)),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", driver.address, driver.address, 0n, amount]],
      changes: { "driver tokens": -amount, "settlement tokens": amount, owed: HOLD, nonce: 1n, live: 1n },
    });
    expect(await isLive(hostile, terms)).to.equal(true);
  });

  it("opens for a contract wallet that has approved and signs by ERC-1271", async () => {
    const { erc20, funding, driver, relayer, wallet } = fixture;
    const approval = erc20.interface.encodeFunctionData("approve", [await funding.getAddress(), HOLD]);
    await wallet.connect(driver).execute(await erc20.getAddress(), approval);
    const terms = termsOf(fixture, { driver: await wallet.getAddress() });

    await funding
      .connect(relayer)
      .depositWithPermitAndOpen(terms, worthlessPermit(fixture), await signTerms(fixture, driver, terms));

    expect(await isLive(fixture, terms)).to.equal(true);
    expect(await erc20.balanceOf(await wallet.getAddress())).to.equal(10n * DEPOSIT - HOLD);
  });
});
