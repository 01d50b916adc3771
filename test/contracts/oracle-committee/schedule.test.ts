import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { addressesOf, type CommitteeFixture, deployedCommittee } from "../../helpers/committee-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS } from "../../helpers/settlement-fixture.ts";

describe("OracleCommittee.schedule", () => {
  let fixture: CommitteeFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
  });

  it("refuses everybody but the owner, members too", async () => {
    const { committee, members, thief } = fixture;

    for (const caller of [thief, members[0]]) {
      await expect(committee.connect(caller).schedule([thief.address], 1))
        .to.be.revertedWithCustomError(committee, "OwnableUnauthorizedAccount")
        .withArgs(caller.address);
    }
  });

  it("refuses a committee that could not be deployed with", async () => {
    const { committee, owner, members } = fixture;
    const by = committee.connect(owner);
    const [first] = addressesOf(members);
    if (first === undefined) throw new Error("There are no members");

    await expect(by.schedule([], 1))
      .to.be.revertedWithCustomError(committee, "MemberCountOutOfRange")
      .withArgs(0n, 1n, 16n);
    await expect(by.schedule([first], 2))
      .to.be.revertedWithCustomError(committee, "ThresholdOutOfRange")
      .withArgs(2n, 1n, 1n);
    for (const list of [[ZeroAddress], [first, first]]) {
      await expect(by.schedule(list, 1))
        .to.be.revertedWithCustomError(committee, "MemberInvalid")
        .withArgs(list.at(-1));
    }
  });

  it("refuses who has resigned", async () => {
    const { committee, owner, members } = fixture;
    await committee.connect(members[1]).resign();

    await expect(committee.connect(owner).schedule(addressesOf(members), 2))
      .to.be.revertedWithCustomError(committee, "MemberInvalid")
      .withArgs(members[1].address);
  });

  it("changes the committee after the delay and not a second earlier (invariant 18)", async () => {
    const { committee, owner, members, others } = fixture;
    const now = fixture.startedAt + 100n;
    const activeFrom = now + CHANGE_DELAY_SECONDS;
    const next = [members[0], others[0]];
    const membership = async () =>
      Promise.all([...members, ...others].map(({ address }) => committee.isMember(address)));
    await networkHelpers.time.setNextBlockTimestamp(now);

    const receipt = await (await committee.connect(owner).schedule(addressesOf(next), 1)).wait();

    expect(eventsOf(receipt, committee)).to.deep.equal([["CommitteeScheduled", 2n, addressesOf(next), 1n, activeFrom]]);
    await networkHelpers.time.increaseTo(activeFrom - 1n);
    expect([await committee.currentVersion(), [...(await committee.scheduledVersion())]]).to.deep.equal([
      1n,
      [2n, activeFrom],
    ]);
    expect(await membership()).to.deep.equal([true, true, true, false, false, false]);
    await networkHelpers.time.increaseTo(activeFrom);
    expect([await committee.currentVersion(), [...(await committee.scheduledVersion())]]).to.deep.equal([2n, [0n, 0n]]);
    expect(await membership()).to.deep.equal([true, false, false, true, false, false]);
    expect([...(await committee.committeeOf(1))]).to.deep.equal([addressesOf(members), 2n]);
    expect([...(await committee.committeeOf(2))]).to.deep.equal([addressesOf(next), 1n]);
  });

  it("replaces a committee that is not in force yet, with the whole delay again", async () => {
    const { committee, owner, others } = fixture;
    const now = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await committee.connect(owner).schedule([others[0].address], 1);
    const later = now + CHANGE_DELAY_SECONDS - 1n;
    await networkHelpers.time.setNextBlockTimestamp(later);

    await committee.connect(owner).schedule([others[1].address], 1);

    await networkHelpers.time.increaseTo(later + CHANGE_DELAY_SECONDS - 1n);
    expect(await committee.currentVersion()).to.equal(1n);
    await networkHelpers.time.increaseTo(later + CHANGE_DELAY_SECONDS);
    expect(await committee.currentVersion()).to.equal(3n);
    expect(await committee.isMember(others[0].address)).to.equal(false);
    expect(await committee.isMember(others[1].address)).to.equal(true);
  });

  it("schedules again after a change, from the committee that came into force by time", async () => {
    const { committee, owner, others } = fixture;
    await committee.connect(owner).schedule([others[0].address], 1);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);

    await committee.connect(owner).schedule([others[1].address], 1);

    expect(await committee.currentVersion()).to.equal(2n);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await committee.currentVersion()).to.equal(3n);
  });
});
