import { expect } from "chai";
import { Signature } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { signTransfer, transferOf } from "../../helpers/funding-fixture.ts";
import { sessionIdOf, type Terms } from "../../helpers/session-terms.ts";
import { DAY, DEPOSIT, HOLD, OpeningRefusal, isLive, openingIn } from "../../helpers/settlement-fixture.ts";
import {
  deployedWaysIn,
  hostileWaysIn,
  outcomeOf,
  signTerms,
  termsOf,
  type WaysInFixture,
} from "../../helpers/ways-in-fixture.ts";

describe("AuthorizedFunding.openWithTransferAuthorization", () => {
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedWaysIn);
  });

  async function open(terms: Terms, transfer: ReturnType<typeof transferOf>, signature: string) {
    const { v, r, s } = Signature.from(signature);
    const { funding, relayer } = fixture;
    return await funding.connect(relayer).openWithTransferAuthorization(terms, transfer, v, r, s);
  }

  it("refuses a signature of anybody else, for anybody else, for another session, or of other terms", async () => {
    const { erc20, driver, otherDriver, relayer } = fixture;
    const terms = termsOf(fixture);
    const transfer = transferOf(fixture, HOLD);

    for (const wrong of [
      await signTransfer(fixture, otherDriver, terms, transfer),
      await signTransfer(fixture, driver, terms, transfer, { to: relayer.address }),
      await signTransfer(fixture, driver, terms, transfer, { nonce: `0x${"00".repeat(32)}` }),
      await signTransfer(fixture, driver, terms, { ...transfer, value: HOLD + 1n }),
      await signTransfer(fixture, driver, { ...terms, holdMicro: 1n }, transfer),
      await signTransfer(fixture, driver, { ...terms, operator: relayer.address }, transfer),
      await signTerms(fixture, driver, terms),
    ]) {
      await expect(open(terms, transfer, wrong))
        .to.be.revertedWithCustomError(erc20, "AuthorizationInvalid")
        .withArgs(driver.address);
    }
  });

  it("refuses a token that has no such transfers", async () => {
    const hostile = await hostileWaysIn(6);
    const terms = termsOf(hostile);
    const { v, r, s } = Signature.from(await signTerms(hostile, hostile.driver, terms));

    await expect(
      hostile.funding.openWithTransferAuthorization(terms, transferOf(fixture, HOLD), v, r, s),
    ).to.be.revertedWithoutReason(ethers);
  });

  it("refuses what the settlement contract refuses, and takes nothing then", async () => {
    const { erc20, settlement, driver, guard, guardian, startedAt } = fixture;

    for (const [changes, value, error] of [
      [{ nonce: 1n }, HOLD, [OpeningRefusal.NonceMismatch, 1, 0]],
      [{}, HOLD - 1n, [OpeningRefusal.HoldAboveBalance, HOLD, HOLD - 1n]],
    ] as const) {
      const terms = termsOf(fixture, changes);
      const transfer = transferOf(fixture, value);
      await expect(open(terms, transfer, await signTransfer(fixture, driver, terms, transfer)))
        .to.be.revertedWithCustomError(settlement, "OpeningRefused")
        .withArgs(...error);
    }
    const nothing = transferOf(fixture, 0n);
    await expect(
      open(termsOf(fixture), nothing, await signTransfer(fixture, driver, termsOf(fixture), nothing)),
    ).to.be.revertedWithCustomError(settlement, "AmountZero");
    await guard.connect(guardian).pauseOpening();
    const transfer = { ...transferOf(fixture, HOLD), validBefore: startedAt + 2n * DAY };
    await expect(
      open(termsOf(fixture), transfer, await signTransfer(fixture, driver, termsOf(fixture), transfer)),
    ).to.be.revertedWithCustomError(settlement, "OpeningPaused");
    expect(await erc20.balanceOf(driver.address)).to.equal(10n * DEPOSIT);
  });

  it("refuses to count one signature twice", async () => {
    const { funding, settlement, domain, driver } = fixture;
    const terms = termsOf(fixture);
    const transfer = { ...transferOf(fixture, HOLD), validBefore: fixture.startedAt + 9n * DAY };
    const signature = await signTransfer(fixture, driver, terms, transfer);
    await open(terms, transfer, signature);
    await networkHelpers.time.increaseTo(terms.expiresAt);
    await settlement.expire(terms, await openingIn(fixture, terms), 0);

    await expect(open(terms, transfer, signature))
      .to.be.revertedWithCustomError(funding, "AuthorizationUsed")
      .withArgs(driver.address, sessionIdOf(domain, terms));
  });

  it("leaves nobody but itself a use for the signature", async () => {
    const { erc20, domain, driver, funding, relayer } = fixture;
    const terms = termsOf(fixture);
    const transfer = transferOf(fixture, HOLD);
    const { v, r, s } = Signature.from(await signTransfer(fixture, driver, terms, transfer));

    const receive = erc20
      .connect(relayer)
      .getFunction("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)");
    const to = await funding.getAddress();

    await expect(receive(driver.address, to, HOLD, 0, transfer.validBefore, sessionIdOf(domain, terms), v, r, s))
      .to.be.revertedWithCustomError(erc20, "CallerNotPayee")
      .withArgs(relayer.address, to);
  });

  it("funds and opens by one signature; anybody sends it", async () => {
    const { funding, domain, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const transfer = transferOf(fixture, DEPOSIT);
    const signature = await signTransfer(fixture, driver, terms, transfer);
    const { v, r, s } = Signature.from(signature);
    expect(await funding.connect(relayer).openWithTransferAuthorization.staticCall(terms, transfer, v, r, s)).to.equal(
      sessionIdOf(domain, terms),
    );

    const outcome = await outcomeOf(fixture, funding, driver.address, async () => open(terms, transfer, signature));

    expect(outcome).to.deep.equal({
      events: [["Funded", driver.address, driver.address, 0n, DEPOSIT]],
      changes: {
        "driver tokens": -DEPOSIT,
        "settlement tokens": DEPOSIT,
        owed: DEPOSIT,
        free: DEPOSIT - HOLD,
        nonce: 1n,
        live: 1n,
      },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
  });
});
