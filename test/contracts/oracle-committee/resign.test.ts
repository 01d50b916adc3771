import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  addressesOf,
  type CommitteeFixture,
  deployedCommittee,
  DIGEST,
  LIABILITY_SECONDS,
  signaturesOf,
} from "../../helpers/committee-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS } from "../../helpers/settlement-fixture.ts";

describe("OracleCommittee.resign", () => {
  let fixture: CommitteeFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
  });

  it("refuses who is no member, the owner too", async () => {
    const { committee, owner, thief } = fixture;

    for (const caller of [thief, owner]) {
      await expect(committee.connect(caller).resign())
        .to.be.revertedWithCustomError(committee, "NotMember")
        .withArgs(caller.address);
    }
  });

  it("refuses a former member, and who has resigned already", async () => {
    const { committee, owner, members, others } = fixture;
    await committee.connect(members[0]).resign();
    await committee.connect(owner).schedule(addressesOf(others), 2);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);

    for (const caller of [members[0], members[1]]) {
      await expect(committee.connect(caller).resign())
        .to.be.revertedWithCustomError(committee, "NotMember")
        .withArgs(caller.address);
    }
  });

  it("ends a membership at once, and the liability when what was signed can be challenged no more", async () => {
    const { committee, members } = fixture;
    const [first, second, third] = members;
    const now = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    const receipt = await (await committee.connect(second).resign()).wait();

    expect(eventsOf(receipt, committee)).to.deep.equal([["MembershipResigned", second.address]]);
    expect(await committee.isMember(second.address)).to.equal(false);
    await expect(committee.requireQuorum(DIGEST, await signaturesOf([first, second])))
      .to.be.revertedWithCustomError(committee, "SignerNotMember")
      .withArgs(second.address);
    expect([...(await committee.requireQuorum(DIGEST, await signaturesOf([first, third])))]).to.deep.equal([1n, 5n]);
    expect([...(await committee.committeeOf(1))]).to.deep.equal([addressesOf(members), 2n]);
    await networkHelpers.time.increaseTo(now + LIABILITY_SECONDS - 1n);
    expect(await committee.isLiable(second.address)).to.equal(true);
    await networkHelpers.time.increaseTo(now + LIABILITY_SECONDS);
    expect(await committee.isLiable(second.address)).to.equal(false);
  });

  it("keeps who was only scheduled, even against their will, from becoming a member", async () => {
    const { committee, owner, others } = fixture;
    await committee.connect(owner).schedule(addressesOf(others), 2);

    await committee.connect(others[1]).resign();

    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await Promise.all(others.map(({ address }) => committee.isMember(address)))).to.deep.equal([
      true,
      false,
      true,
    ]);
    expect(await committee.isLiable(others[1].address)).to.equal(false);
  });

  it("ends the membership of the committee in force and of the scheduled one", async () => {
    const { committee, owner, members } = fixture;
    await committee.connect(owner).schedule(addressesOf(members), 1);

    await committee.connect(members[0]).resign();

    expect(await committee.isMember(members[0].address)).to.equal(false);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await committee.isMember(members[0].address)).to.equal(false);
    expect(await committee.isMember(members[1].address)).to.equal(true);
  });
});
