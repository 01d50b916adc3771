import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { type CommitteeFixture, deployedCommittee } from "../../helpers/committee-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS } from "../../helpers/settlement-fixture.ts";

describe("OracleCommittee.scheduleLimit", () => {
  let fixture: CommitteeFixture;
  let operator: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
    operator = fixture.others[0].address;
  });

  it("refuses everybody but the owner, members and the operator too", async () => {
    const { committee, members, thief, others } = fixture;

    for (const caller of [thief, members[0], others[0]]) {
      await expect(committee.connect(caller).scheduleLimit(operator, 2))
        .to.be.revertedWithCustomError(committee, "OwnableUnauthorizedAccount")
        .withArgs(caller.address);
    }
  });

  it("refuses nothing as a multiple", async () => {
    const { committee, owner } = fixture;

    await expect(committee.connect(owner).scheduleLimit(operator, 0)).to.be.revertedWithCustomError(
      committee,
      "MultipleZero",
    );
  });

  it("is once the least limits for who was never named", async () => {
    expect(await fixture.committee.limitMultipleOf(operator)).to.equal(1n);
    expect(await fixture.committee.scheduledLimitOf(operator)).to.deep.equal([0n, 0n]);
  });

  it("counts from the second on at which the delay is over, for this operator alone", async () => {
    const { committee, owner, others } = fixture;
    const response = await committee.connect(owner).scheduleLimit(operator, 65_535);
    const activeFrom = BigInt(await networkHelpers.time.latest()) + CHANGE_DELAY_SECONDS;

    expect(eventsOf(await response.wait(), committee)).to.deep.equal([
      ["LimitScheduled", operator, 65_535n, activeFrom],
    ]);
    await networkHelpers.time.increaseTo(activeFrom - 1n);
    expect(await committee.limitMultipleOf(operator)).to.equal(1n);
    expect(await committee.scheduledLimitOf(operator)).to.deep.equal([65_535n, activeFrom]);
    await networkHelpers.time.increaseTo(activeFrom);
    expect(await committee.limitMultipleOf(operator)).to.equal(65_535n);
    expect(await committee.scheduledLimitOf(operator)).to.deep.equal([0n, 0n]);
    expect(await committee.limitMultipleOf(others[1].address)).to.equal(1n);
  });

  it("replaces what is scheduled and not active yet, and keeps what is active until then", async () => {
    const { committee, owner } = fixture;
    const by = committee.connect(owner);
    await by.scheduleLimit(operator, 5);
    await by.scheduleLimit(operator, 7);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await committee.limitMultipleOf(operator)).to.equal(7n);

    await by.scheduleLimit(operator, 2);
    expect(await committee.limitMultipleOf(operator)).to.equal(7n);
    await by.scheduleLimit(operator, 3);
    expect(await committee.limitMultipleOf(operator)).to.equal(7n);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await committee.limitMultipleOf(operator)).to.equal(3n);
  });
});
