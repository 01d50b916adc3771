import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { BOND, bondedSessions, challengeOf, REWARD, settledBatch } from "../../helpers/challenge-fixture.ts";
import { type MeterSettlementFixture, RECORDED_PRICE } from "../../helpers/meter-settlement-fixture.ts";
import {
  DAY,
  DEPOSIT,
  EPOCH_SECONDS,
  HOLD,
  settlementGroup,
  settlementOf,
  isLive,
  HOUR,
} from "../../helpers/settlement-fixture.ts";

/** More than any hold pays for, and what the EVSE's power allows in four hours. */
const INVENTED = { energyMicroWh: 88_000_000_000n, chargingSeconds: 0n, connectedSeconds: 0n };

describe("A quorum that was stolen", () => {
  let fixture: MeterSettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    await networkHelpers.time.increase(2n * HOUR);
  });

  async function expectSolvent(): Promise<void> {
    const { erc20, settlement } = fixture;
    expect(await erc20.balanceOf(await settlement.getAddress())).to.equal(await settlement.owedMicro());
  }

  it("takes the hold with an operator's help, and a stranger who has the meter's record undoes it (invariant 18)", async () => {
    const { terms, otherTerms, settlement, challenges, operator, driver, relayer, thief, oracles } = fixture;
    const items = [terms, otherTerms].map((session) => settlementOf(session, INVENTED));

    // The thief has the keys of two oracles and settles both sessions at their whole holds.
    const settled = await settledBatch(fixture, [settlementGroup(terms, items)]);
    expect([...(await settlement.creditOf(operator.address, 0))]).to.deep.equal([0n, 2n * HOLD]);
    await expect(settlement.connect(operator).withdrawCredit(operator.address, 0, 1, thief.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1n, 0n);

    // A stranger found the records, at the last seconds.
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY - 1n);
    await challenges.connect(relayer).challenge(challengeOf(fixture, settled, terms));
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY);
    await challenges.connect(relayer).challenge(challengeOf(fixture, settled, otherTerms));

    for (const lane of [0, 1]) {
      expect((await settlement.accountOf(driver.address, lane)).freeMicro).to.equal(DEPOSIT - RECORDED_PRICE);
    }
    expect([...(await settlement.creditOf(operator.address, 0))]).to.deep.equal([0n, 2n * RECORDED_PRICE]);
    await networkHelpers.time.increase(EPOCH_SECONDS);
    for (const session of [terms, otherTerms]) await challenges.connect(relayer).conclude(session);

    const bonds = await Promise.all(oracles.map(({ address }) => settlement.bondOf(address)));
    expect(bonds).to.deep.equal([BOND - 2n * REWARD, BOND, BOND]);
    expect((await settlement.accountOf(relayer.address, 0)).freeMicro).to.equal(2n * REWARD);
    await networkHelpers.time.increase(EPOCH_SECONDS);
    await settlement.connect(operator).withdrawCredit(operator.address, 0, 2n * RECORDED_PRICE, operator.address);
    await settlement.connect(relayer).withdraw(0, 2n * REWARD, relayer.address);
    for (const lane of [0, 1]) {
      await settlement.connect(driver).withdraw(lane, DEPOSIT - RECORDED_PRICE, driver.address);
    }
    await expectSolvent();
  });

  it("gives sessions away, and the operator gets its due from the bonds of those who signed", async () => {
    const { terms, settlement, challenges, operator, relayer, oracles } = fixture;
    const nothing = { energyMicroWh: 0n, chargingSeconds: 0n, connectedSeconds: 0n };
    const settled = await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, nothing)])]);
    await settlement.connect(fixture.driver).withdraw(0, DEPOSIT, fixture.driver.address);

    await challenges.connect(operator).challenge(challengeOf(fixture, settled, terms));
    await networkHelpers.time.increase(DAY);
    await challenges.connect(relayer).conclude(terms);

    expect(await settlement.bondOf(oracles[0]?.address ?? "")).to.equal(BOND - RECORDED_PRICE - REWARD);
    await settlement.connect(operator).withdrawCredit(operator.address, 0, RECORDED_PRICE, operator.address);
    expect((await settlement.accountOf(operator.address, 0)).freeMicro).to.equal(REWARD);
    await expectSolvent();
  });

  it("is final where nobody shows the meter's record within the window, and no later", async () => {
    const { terms, settlement, challenges, operator } = fixture;
    const settled = await settledBatch(fixture, [settlementGroup(terms, [settlementOf(terms, INVENTED)])]);
    await networkHelpers.time.setNextBlockTimestamp(settled.settledAt + DAY + 1n);

    await expect(challenges.challenge(challengeOf(fixture, settled, terms))).to.be.revertedWithCustomError(
      challenges,
      "WindowPassed",
    );
    await networkHelpers.time.increaseTo(settled.settledAt + 2n * EPOCH_SECONDS);
    await settlement.connect(operator).withdrawCredit(operator.address, 0, HOLD, operator.address);
    expect(await isLive(fixture, terms)).to.equal(false);
    await expectSolvent();
  });
});
