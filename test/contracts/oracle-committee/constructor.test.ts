import { expect } from "chai";
import { Wallet, ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  addressesOf,
  type CommitteeFixture,
  deployedCommittee,
  LIABILITY_SECONDS,
} from "../../helpers/committee-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS, DAY } from "../../helpers/settlement-fixture.ts";

describe("OracleCommittee constructor", () => {
  let fixture: CommitteeFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
  });

  async function deploy(changes: {
    owner?: string;
    delaySeconds?: bigint;
    liabilitySeconds?: bigint;
    members?: string[];
    threshold?: number;
  }) {
    const members = changes.members ?? addressesOf(fixture.members);
    return await ethers.deployContract("OracleCommittee", [
      changes.owner ?? fixture.owner.address,
      changes.delaySeconds ?? CHANGE_DELAY_SECONDS,
      changes.liabilitySeconds ?? LIABILITY_SECONDS,
      members,
      changes.threshold ?? 2,
    ]);
  }

  async function expectRefusal(changes: Parameters<typeof deploy>[0], error: string, parameters: readonly unknown[]) {
    await expect(deploy(changes))
      .to.be.revertedWithCustomError(fixture.committee, error)
      .withArgs(...parameters);
  }

  it("refuses the zero address as owner", async () => {
    await expectRefusal({ owner: ZeroAddress }, "OwnableInvalidOwner", [ZeroAddress]);
  });

  it("refuses a delay that is not longer than members answer, and one above a year", async () => {
    const range = [LIABILITY_SECONDS + 1n, 365n * DAY];

    await expectRefusal({ delaySeconds: LIABILITY_SECONDS }, "ChangeDelayOutOfRange", [LIABILITY_SECONDS, ...range]);
    await expectRefusal({ delaySeconds: 365n * DAY + 1n }, "ChangeDelayOutOfRange", [365n * DAY + 1n, ...range]);
  });

  it("refuses no member and more than 16", async () => {
    const many = Array.from({ length: 17 }, () => Wallet.createRandom().address);

    await expectRefusal({ members: [] }, "MemberCountOutOfRange", [0n, 1n, 16n]);
    await expectRefusal({ members: many }, "MemberCountOutOfRange", [17n, 1n, 16n]);
  });

  it("refuses a threshold of zero and one above the number of members", async () => {
    await expectRefusal({ threshold: 0 }, "ThresholdOutOfRange", [0n, 1n, 3n]);
    await expectRefusal({ threshold: 4 }, "ThresholdOutOfRange", [4n, 1n, 3n]);
  });

  it("refuses the zero address as member, and one that is named twice", async () => {
    const [first, second] = addressesOf(fixture.members);
    if (first === undefined || second === undefined) throw new Error("There are too few members");

    await expectRefusal({ members: [first, ZeroAddress] }, "MemberInvalid", [ZeroAddress]);
    await expectRefusal({ members: [first, second, first] }, "MemberInvalid", [first]);
  });

  it("begins with its first committee in force", async () => {
    const { owner, members, thief } = fixture;
    const now = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    const committee = await deploy({});

    const receipt = (await committee.deploymentTransaction()?.wait()) ?? null;
    expect(eventsOf(receipt, committee)).to.deep.equal([
      ["OwnershipTransferred", ZeroAddress, owner.address],
      ["CommitteeScheduled", 1n, addressesOf(members), 2n, now],
    ]);
    expect({
      owner: await committee.owner(),
      changeDelaySeconds: await committee.changeDelaySeconds(),
      liabilitySeconds: await committee.liabilitySeconds(),
      currentVersion: await committee.currentVersion(),
      scheduled: [...(await committee.scheduledVersion())],
      committee: [...(await committee.committeeOf(1))],
      none: [...(await committee.committeeOf(2))],
      isMember: await Promise.all([...members, thief].map(({ address }) => committee.isMember(address))),
    }).to.deep.equal({
      owner: owner.address,
      changeDelaySeconds: CHANGE_DELAY_SECONDS,
      liabilitySeconds: LIABILITY_SECONDS,
      currentVersion: 1n,
      scheduled: [0n, 0n],
      committee: [addressesOf(members), 2n],
      none: [[], 0n],
      isMember: [true, true, true, false],
    });
  });

  it("takes a committee of one and one of sixteen who all must sign", async () => {
    const many = Array.from({ length: 16 }, () => Wallet.createRandom().address);

    for (const [members, threshold] of [
      [[fixture.thief.address], 1],
      [many, 16],
    ] as const) {
      const committee = await deploy({ members: [...members], threshold });
      expect([...(await committee.committeeOf(1))]).to.deep.equal([members, BigInt(threshold)]);
    }
  });
});
