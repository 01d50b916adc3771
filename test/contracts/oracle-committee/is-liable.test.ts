import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  addressesOf,
  type CommitteeFixture,
  deployedCommittee,
  LIABILITY_SECONDS,
} from "../../helpers/committee-fixture.ts";
import { CHANGE_DELAY_SECONDS } from "../../helpers/settlement-fixture.ts";

describe("OracleCommittee.isLiable", () => {
  let fixture: CommitteeFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
  });

  async function liabilities() {
    const { committee, members, others, thief } = fixture;
    const accounts = [members[0], members[1], others[0], others[1], thief];
    return await Promise.all(accounts.map(({ address }) => committee.isLiable(address)));
  }

  it("is true of members and false of anybody else", async () => {
    expect(await liabilities()).to.deep.equal([true, true, false, false, false]);
  });

  it("begins when a member is scheduled and ends when the schedule is replaced", async () => {
    const { committee, owner, others } = fixture;

    await committee.connect(owner).schedule([others[0].address], 1);
    expect(await liabilities()).to.deep.equal([true, true, true, false, false]);
    await committee.connect(owner).schedule([others[1].address], 1);
    expect(await liabilities()).to.deep.equal([true, true, false, true, false]);
  });

  it("lasts, for who left, until the second before what was signed last can be disputed no more", async () => {
    const { committee, owner, members, others } = fixture;
    const now = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await committee.connect(owner).schedule(addressesOf([members[0], others[0]]), 1);
    const leftAt = now + CHANGE_DELAY_SECONDS;

    await networkHelpers.time.increaseTo(leftAt + LIABILITY_SECONDS - 1n);
    expect(await liabilities()).to.deep.equal([true, true, true, false, false]);
    await networkHelpers.time.increaseTo(leftAt + LIABILITY_SECONDS);
    expect(await liabilities()).to.deep.equal([true, false, true, false, false]);
  });

  it("is not forgotten where the next change is made at the very second of the last", async () => {
    const { committee, owner, others } = fixture;
    const now = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await committee.connect(owner).schedule([others[0].address], 1);
    const leftAt = now + CHANGE_DELAY_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(leftAt);

    await committee.connect(owner).schedule([others[1].address], 1);

    await networkHelpers.time.increaseTo(leftAt + LIABILITY_SECONDS - 1n);
    expect(await liabilities()).to.deep.equal([true, true, true, true, false]);
    await networkHelpers.time.increaseTo(leftAt + CHANGE_DELAY_SECONDS);
    expect(await liabilities()).to.deep.equal([false, false, true, true, false]);
  });
});
