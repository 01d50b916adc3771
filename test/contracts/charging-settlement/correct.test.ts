import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { AGREEMENT, partneredSettlement, type PartnersFixture } from "../../helpers/partners-fixture.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  EPOCH_SECONDS,
  sessionIn,
  settleBatch,
  settlementGroup,
  type Signer,
  termsOf,
  USUAL_PRICE,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.correct", () => {
  let fixture: PartnersFixture;
  let terms: Terms;
  let sessionId: string;
  let challenges: Signer;
  let settledAt: bigint;

  /** A session that oracles settled for USUAL_PRICE. */
  async function settledSession(): Promise<PartnersFixture & { settledAt: bigint }> {
    const settled = await partneredSettlement();
    const { settlement, driver } = settled;
    await settlement.connect(driver).open(termsOf(settled));
    await settleBatch(settled, [settlementGroup(termsOf(settled))]);
    return { ...settled, settledAt: BigInt(await networkHelpers.time.latest()) };
  }

  beforeEach(async () => {
    const settled = await networkHelpers.loadFixture(settledSession);
    fixture = settled;
    settledAt = settled.settledAt;
    terms = termsOf(fixture);
    sessionId = sessionIn(fixture, terms);
    const address = fixture.addresses.Challenges;
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 18n);
    challenges = await ethers.getSigner(address);
  });

  function correctionOf(refundedMicro: bigint, agreement = 0n) {
    return {
      sessionId,
      driver: terms.driver,
      lane: terms.lane,
      operator: terms.operator,
      agreement,
      settledAt,
      refundedMicro,
      challenger: fixture.thief.address,
      isByQuorum: false,
    };
  }

  const correct = async (...correction: Parameters<typeof correctionOf>) =>
    await outcomeOf(fixture, () => fixture.settlement.connect(challenges).correct(correctionOf(...correction)));

  it("refuses everybody but the contract for challenges", async () => {
    const { settlement, driver, operator, owner, thief, oracles } = fixture;
    for (const caller of [driver, operator, owner, thief, ...oracles]) {
      await expect(settlement.connect(caller).correct(correctionOf(USUAL_PRICE)))
        .to.be.revertedWithCustomError(settlement, "NotNeighbour")
        .withArgs(caller.address);
    }
  });

  it("refuses to take back more than is provisional", async () => {
    const { settlement } = fixture;

    await expect(settlement.connect(challenges).correct(correctionOf(USUAL_PRICE + 1n))).to.be.revertedWithPanic(0x11);
    await expect(settlement.connect(challenges).correct(correctionOf(USUAL_PRICE, AGREEMENT))).to.be.revertedWithPanic(
      0x11,
    );
  });

  for (const [statement, waitSeconds] of [
    ["in the epoch of the settlement", 60n],
    ["in the epoch after it", EPOCH_SECONDS],
  ] as const) {
    it(`gives the driver back what was charged too much, ${statement}`, async () => {
      await networkHelpers.time.increase(waitSeconds);

      expect(await correct(USUAL_PRICE - 10_225n)).to.deep.equal({
        events: [["SessionCorrected", sessionId, fixture.thief.address, USUAL_PRICE - 10_225n]],
        changes: { "driver/0 free": USUAL_PRICE - 10_225n, "operator provisional": 10_225n - USUAL_PRICE },
      });
    });
  }

  it("takes from the epoch of the settlement, whatever was credited in the next", async () => {
    const { settlement, driver } = fixture;
    await networkHelpers.time.increase(EPOCH_SECONDS - 3_600n * 3n);
    const next = termsOf(fixture, { nonce: 1n, expiresAt: terms.expiresAt + EPOCH_SECONDS });
    await settlement.connect(driver).open(next);
    await networkHelpers.time.increase(3_600n * 3n);
    await settleBatch(fixture, [settlementGroup(next)]);

    await correct(USUAL_PRICE);

    await networkHelpers.time.increase(EPOCH_SECONDS);
    expect(await settlement.creditOf(terms.operator, 0)).to.deep.equal([0n, USUAL_PRICE]);
    await networkHelpers.time.increase(EPOCH_SECONDS);
    expect(await settlement.creditOf(terms.operator, 0)).to.deep.equal([USUAL_PRICE, 0n]);
  });

  it("moves no token and owes as much as before", async () => {
    const { settlement, erc20 } = fixture;
    const address = await settlement.getAddress();
    const before = [await settlement.owedMicro(), await erc20.balanceOf(address)];

    await correct(USUAL_PRICE);

    expect([await settlement.owedMicro(), await erc20.balanceOf(address)]).to.deep.equal(before);
  });
});
