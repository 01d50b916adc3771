import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { claim, type ClaimsFixture, deployedClaims, purposeOf } from "../../helpers/energy-claims-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS, DAY, HOUR } from "../../helpers/settlement-fixture.ts";

describe("EnergyClaims.addPurpose", () => {
  let fixture: ClaimsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedClaims);
  });

  async function expectRefusal(changes: object, error: string, ...details: unknown[]): Promise<void> {
    const { claims, owner } = fixture;
    await expect(claims.connect(owner).addPurpose(purposeOf(fixture, changes)))
      .to.be.revertedWithCustomError(claims, error)
      .withArgs(...details);
  }

  it("refuses everybody but the owner of the oracle committee", async () => {
    const { claims, owner, operator, guardian, thief } = fixture;

    for (const caller of [operator, guardian, thief]) {
      await expect(claims.connect(caller).addPurpose(purposeOf(fixture)))
        .to.be.revertedWithCustomError(claims, "NotCommitteeOwner")
        .withArgs(caller.address, owner.address);
    }
  });

  it("refuses a name of nothing and one that is too long", async () => {
    await expectRefusal({ name: "" }, "NameLengthOutOfRange", 0, 1, 64);
    await expectRefusal({ name: "x".repeat(65) }, "NameLengthOutOfRange", 65, 1, 64);
  });

  it("refuses a time to contradict below an hour and above a year", async () => {
    for (const seconds of [0n, HOUR - 1n, 365n * DAY + 1n]) {
      await expectRefusal({ contradictionSeconds: seconds }, "ContradictionTimeOutOfRange", seconds, HOUR, 365n * DAY);
    }
  });

  it("refuses the zero address as the beneficiary", async () => {
    await expectRefusal({ beneficiary: ZeroAddress }, "AddressZero");
  });

  it("refuses a group that leaves out a number, number 0, and more than 32 groups", async () => {
    const { claims, owner } = fixture;
    await expectRefusal({ group: 0n }, "GroupOutOfRange", 0, 1, 1);
    await expectRefusal({ group: 2n }, "GroupOutOfRange", 2, 1, 1);
    for (let group = 1n; group <= 32n; group += 1n) {
      await claims.connect(owner).addPurpose(purposeOf(fixture, { group }));
    }

    await expectRefusal({ group: 33n }, "GroupOutOfRange", 33, 1, 32);
  });

  it("takes claims for the purpose after the committee's delay and not before", async () => {
    const { claims, owner, operator } = fixture;
    const addedAt = fixture.startedAt + DAY;
    await networkHelpers.time.setNextBlockTimestamp(addedAt);

    const receipt = await (await claims.connect(owner).addPurpose(purposeOf(fixture))).wait();

    const activeFrom = addedAt + CHANGE_DELAY_SECONDS;
    const content = purposeOf(fixture, { activeFrom });
    expect(eventsOf(receipt, claims)).to.deep.equal([["PurposeAdded", 1n, 1n, Object.values(content)]]);
    expect([...(await claims.purposeOf(1))]).to.deep.equal(Object.values(content));
    expect([await claims.purposeCount(), await claims.groupCount()]).to.deep.equal([1n, 1n]);
    await claims.connect(operator).enrol(1, [1]);
    const periodEnd = activeFrom - 1n;
    await networkHelpers.time.setNextBlockTimestamp(periodEnd);
    await expect(claim({ ...fixture, periodEnd }))
      .to.be.revertedWithCustomError(claims, "PurposeNotActive")
      .withArgs(1, periodEnd, activeFrom);
    await networkHelpers.time.setNextBlockTimestamp(activeFrom);
    await claim({ ...fixture, periodEnd });
    expect(await claims.claimCount()).to.equal(1n);
  });
});
