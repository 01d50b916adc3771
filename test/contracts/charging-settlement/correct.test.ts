import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { AGREEMENT, partneredSettlement, type PartnersFixture } from "../../helpers/partners-fixture.ts";
import type { Terms } from "../../helpers/session-terms.ts";
import {
  DEPOSIT,
  EPOCH_SECONDS,
  sessionIn,
  settleBatch,
  settlementGroup,
  type Signer,
  termsOf,
  USUAL_PRICE,
} from "../../helpers/settlement-fixture.ts";

const BONDS = [3_000n, 50_000n] as const;
const REWARD = 10_000n;

describe("ChargingSettlement.correct", () => {
  let fixture: PartnersFixture;
  let terms: Terms;
  let sessionId: string;
  let challenges: Signer;
  let settledAt: bigint;

  /** A session that oracles settled for USUAL_PRICE; the first two of them have posted bonds. */
  async function settledSession(): Promise<PartnersFixture & { settledAt: bigint }> {
    const settled = await partneredSettlement();
    const { settlement, payer, driver, oracles } = settled;
    for (const [index, bond] of BONDS.entries()) {
      await settlement.connect(payer).postBond(oracles[index]?.address ?? "", bond);
    }
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

  function correctionOf(chargedMicro: bigint, provenMicro: bigint, rewardMicro = 0n, agreement = 0n) {
    return {
      sessionId,
      driver: terms.driver,
      lane: terms.lane,
      operator: terms.operator,
      agreement,
      settledAt,
      chargedMicro,
      provenMicro,
      challenger: fixture.thief.address,
      rewardMicro,
      liable: fixture.oracles.slice(0, 2).map(({ address }) => address),
    };
  }

  const correct = async (...correction: Parameters<typeof correctionOf>) =>
    await outcomeOf(fixture, () => fixture.settlement.connect(challenges).correct(correctionOf(...correction)));

  it("refuses everybody but the contract for challenges", async () => {
    const { settlement, driver, operator, owner, thief, oracles } = fixture;
    for (const caller of [driver, operator, owner, thief, ...oracles]) {
      await expect(settlement.connect(caller).correct(correctionOf(USUAL_PRICE, 0n)))
        .to.be.revertedWithCustomError(settlement, "NotNeighbour")
        .withArgs(caller.address);
    }
  });

  it("refuses to take back more than is provisional", async () => {
    const { settlement } = fixture;

    await expect(settlement.connect(challenges).correct(correctionOf(USUAL_PRICE + 1n, 0n))).to.be.revertedWithPanic(
      0x11,
    );
    await expect(
      settlement.connect(challenges).correct(correctionOf(USUAL_PRICE, 0n, 0n, AGREEMENT)),
    ).to.be.revertedWithPanic(0x11);
  });

  for (const [statement, waitSeconds] of [
    ["in the epoch of the settlement", 60n],
    ["in the epoch after it", EPOCH_SECONDS],
  ] as const) {
    it(`gives the driver back what was charged too much, ${statement}`, async () => {
      await networkHelpers.time.increase(waitSeconds);

      expect(await correct(USUAL_PRICE, 10_225n)).to.deep.equal({
        events: [["SessionCorrected", sessionId, fixture.thief.address, USUAL_PRICE - 10_225n, 0n, 0n]],
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

    await correct(USUAL_PRICE, 0n);

    await networkHelpers.time.increase(EPOCH_SECONDS);
    expect(await settlement.creditOf(terms.operator, 0)).to.deep.equal([0n, USUAL_PRICE]);
    await networkHelpers.time.increase(EPOCH_SECONDS);
    expect(await settlement.creditOf(terms.operator, 0)).to.deep.equal([USUAL_PRICE, 0n]);
  });

  it("pays the operator from the bonds what was charged too little, one after the other, for good", async () => {
    expect(await correct(USUAL_PRICE, USUAL_PRICE + 5_000n)).to.deep.equal({
      events: [
        ["BondUsed", fixture.oracles[0]?.address, sessionId, 3_000n],
        ["BondUsed", fixture.oracles[1]?.address, sessionId, 2_000n],
        ["SessionCorrected", sessionId, fixture.thief.address, 0n, 5_000n, 0n],
      ],
      changes: { "operator final": 5_000n, "oracle 0 bond": -3_000n, "oracle 1 bond": -2_000n },
    });
  });

  it("pays the challenger from the bonds after the operator, into an account that can be withdrawn at once", async () => {
    const { settlement, thief } = fixture;

    expect(await correct(USUAL_PRICE, USUAL_PRICE + 5_000n, REWARD)).to.deep.equal({
      events: [
        ["BondUsed", fixture.oracles[0]?.address, sessionId, 3_000n],
        ["BondUsed", fixture.oracles[1]?.address, sessionId, 2_000n],
        ["BondUsed", fixture.oracles[1]?.address, sessionId, REWARD],
        ["SessionCorrected", sessionId, thief.address, 0n, 5_000n, REWARD],
      ],
      changes: {
        "operator final": 5_000n,
        "oracle 0 bond": -3_000n,
        "oracle 1 bond": -12_000n,
        "thief/0 free": REWARD,
      },
    });
    await settlement.connect(thief).withdraw(0, REWARD, thief.address);
  });

  it("pays as far as the bonds go and no further: not from other oracles, drivers or operators", async () => {
    const { settlement, payer, oracles, driver } = fixture;
    await settlement.connect(payer).postBond(oracles[2]?.address ?? "", 1_000_000n);
    const owed = await settlement.owedMicro();

    const { changes } = await correct(USUAL_PRICE, USUAL_PRICE + 60_000n, REWARD);

    expect(changes).to.deep.equal({
      "operator final": 53_000n,
      "oracle 0 bond": -3_000n,
      "oracle 1 bond": -50_000n,
    });
    expect(await settlement.owedMicro()).to.equal(owed);
    expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(DEPOSIT - USUAL_PRICE);
  });

  it("moves no token and owes as much as before", async () => {
    const { settlement, erc20 } = fixture;
    const address = await settlement.getAddress();
    const before = [await settlement.owedMicro(), await erc20.balanceOf(address)];

    await correct(USUAL_PRICE, 0n, REWARD);

    expect([await settlement.owedMicro(), await erc20.balanceOf(address)]).to.deep.equal(before);
  });
});
