import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { setAccount } from "../../helpers/account-storage.ts";
import {
  fundedSettlement,
  HOLD,
  openingGroup,
  signedOpeningOf,
  OpeningRefusal,
  sessionIn,
  settlementGroup,
  type SettlementFixture,
  termsOf,
  USUAL_PRICE,
  settleBatch,
  isLive,
  groupOpened,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.advanceNonce", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  it("refuses to go beyond the last nonce, so that none comes again", async () => {
    const { settlement, driver } = fixture;
    await setAccount(fixture, driver.address, 0n, { freeMicro: 5n, nonce: 2n ** 32n - 1n, commitment: 0n });

    await expect(settlement.connect(driver).advanceNonce(0)).to.be.revertedWithCustomError(
      settlement,
      "NonceExhausted",
    );
  });

  it("adds one to the caller's nonce on that lane and nothing else", async () => {
    const { settlement, driver } = fixture;

    expect(await outcomeOf(fixture, () => settlement.connect(driver).advanceNonce(1))).to.deep.equal({
      events: [["NonceAdvanced", driver.address, 1n, 1n]],
      changes: { "driver/1 nonce": 1n },
    });
  });

  it("makes signed terms that nobody opened void", async () => {
    const { settlement, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const opening = await signedOpeningOf(fixture, driver, terms);
    await settlement.connect(driver).advanceNonce(0);

    expect(
      await outcomeOf(fixture, () => settlement.connect(relayer).openBatch([openingGroup(terms, [opening])])),
    ).to.deep.equal({
      events: [
        await groupOpened(terms),
        ["OpeningSkipped", sessionIn(fixture, terms), driver.address, OpeningRefusal.NonceMismatch, 0n, 1n],
      ],
      changes: {},
    });
  });

  it("leaves a live session as it is", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    await settlement.connect(driver).open(terms);

    expect(await outcomeOf(fixture, () => settlement.connect(driver).advanceNonce(0))).to.deep.equal({
      events: [["NonceAdvanced", driver.address, 0n, 2n]],
      changes: { "driver/0 nonce": 1n },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
    const { changes } = await outcomeOf(fixture, () => settleBatch(fixture, [settlementGroup(terms)]));
    expect(changes["driver/0 free"]).to.equal(HOLD - USUAL_PRICE);
  });
});
