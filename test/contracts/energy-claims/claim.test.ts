import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  claim,
  claimableMeters,
  type ClaimContent,
  claimHashOf,
  claimOf,
  type ClaimsFixture,
  ClaimStatus,
  ERE,
  ERE_AGAIN,
  FLEET,
  intervalOf,
  nextPeriod,
  PERIOD_SECONDS,
  purposeOf,
  REGISTER,
  signClaim,
} from "../../helpers/energy-claims-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS, DAY } from "../../helpers/settlement-fixture.ts";

/** 22 kW for 30 days, in 10⁻⁶ Wh. */
const MOST_MICRO_WH = 15_840_000_000_000n;

describe("EnergyClaims.claim", () => {
  let fixture: ClaimsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(claimableMeters);
  });

  async function expectRefusal(
    changes: Partial<ClaimContent>,
    error: string,
    details: readonly unknown[],
  ): Promise<void> {
    await expect(claim(fixture, changes))
      .to.be.revertedWithCustomError(fixture.claims, error)
      .withArgs(...details);
  }

  it("refuses everybody but the operator of the claim", async () => {
    const { claims, operator, otherOperator } = fixture;
    await expect(claim(fixture, {}, otherOperator))
      .to.be.revertedWithCustomError(claims, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
  });

  it("refuses a purpose that nobody added", async () => {
    await expectRefusal({ purpose: 9n }, "PurposeUnknown", [9]);
  });

  it("refuses a period that has not ended", async () => {
    const now = BigInt(await networkHelpers.time.latest()) + 10n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    await expectRefusal({ periodEnd: now + 1n }, "PeriodNotOver", [now, now + 1n]);
  });

  it("refuses a claim of nothing", async () => {
    const { claims } = fixture;
    await expect(claim(fixture, { intervals: [] })).to.be.revertedWithCustomError(claims, "NothingClaimed");
  });

  it("refuses a device of another operator, one that nobody enrolled, and one enrolled in another group", async () => {
    await expectRefusal({ intervals: [intervalOf(), intervalOf({ device: 3n })] }, "NotEnrolled", [3, 1]);
    await expectRefusal({ purpose: FLEET }, "NotEnrolled", [1, 2]);
    await expect(claim(fixture, { operator: fixture.otherOperator.address }, fixture.otherOperator))
      .to.be.revertedWithCustomError(fixture.claims, "NotEnrolled")
      .withArgs(1, 1);
  });

  it("refuses energy that was claimed before, for the same purpose or for another of its group", async () => {
    await claim(fixture);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    for (const purpose of [ERE, ERE_AGAIN]) {
      const overlapping = [intervalOf({ from: 499_999_999_999n, to: 600_000_000_000n, energyMicroWh: 1n })];
      await expectRefusal({ purpose, periodEnd, intervals: overlapping }, "EnergyClaimedBefore", [
        1,
        499_999_999_999n,
        500_000_000_000n,
      ]);
    }
  });

  it("refuses the same energy twice within one claim", async () => {
    await expectRefusal({ intervals: [intervalOf(), intervalOf()] }, "EnergyClaimedBefore", [
      1,
      100_000_000_000n,
      500_000_000_000n,
    ]);
  });

  it("refuses a register that stood still or ran backwards", async () => {
    for (const to of [100_000_000_000n, 99_999_999_999n]) {
      await expectRefusal({ intervals: [intervalOf({ to, energyMicroWh: 0n })] }, "IntervalEmpty", [
        1,
        100_000_000_000n,
        to,
      ]);
    }
  });

  it("refuses another register of a device, by which the same energy would count once more", async () => {
    await claim(fixture);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    for (const register of [0n, REGISTER ^ 1n]) {
      const intervals = [intervalOf({ register, from: 500_000_000_000n, to: 600_000_000_000n, energyMicroWh: 1n })];
      await expectRefusal({ periodEnd, intervals }, "RegisterDiffers", [1, register, REGISTER]);
    }
  });

  it("refuses more energy than the register counted", async () => {
    const intervals = [intervalOf({ energyMicroWh: 400_000_000_001n })];
    await expectRefusal({ intervals }, "EnergyAboveInterval", [1, 400_000_000_001n, 400_000_000_000n]);
  });

  it("refuses more than the EVSE can deliver since the device was enrolled, or since its last claim ended", async () => {
    const to = 100_000_000_000n + MOST_MICRO_WH + 1n;
    const above = [intervalOf({ to, energyMicroWh: 1n })];
    await expectRefusal({ intervals: above }, "EnergyAbovePower", [1, MOST_MICRO_WH + 1n, MOST_MICRO_WH]);
    await claim(fixture, { intervals: [intervalOf({ to: to - 1n })] });
    const periodEnd = await nextPeriod(fixture.periodEnd);
    const next = [intervalOf({ from: to - 1n, to: to + MOST_MICRO_WH, energyMicroWh: 1n })];
    await expectRefusal({ periodEnd, intervals: next }, "EnergyAbovePower", [1, MOST_MICRO_WH + 1n, MOST_MICRO_WH]);
  });

  it("refuses a period that the device's last claim used up", async () => {
    await claim(fixture);
    const intervals = [intervalOf({ from: 500_000_000_000n, to: 500_000_000_001n, energyMicroWh: 1n })];
    await expectRefusal({ intervals }, "PeriodClaimed", [1, fixture.periodEnd, fixture.periodEnd]);
  });

  it("refuses a meter whose records did not count in the period", async () => {
    const { claims, startedAt } = fixture;
    const periodEnd = startedAt;
    await expect(claim(fixture, { periodEnd }))
      .to.be.revertedWithCustomError(claims, "MeterNotValid")
      .withArgs(1, periodEnd, startedAt, startedAt + 90n * DAY);
    await expect(claim(fixture, { periodEnd: 0n })).to.be.revertedWithCustomError(claims, "MeterNotValid");
  });

  it("refuses what no quorum signed, and what it signed for another root, period, purpose or interval", async () => {
    const { claims, oracleCommittee, operator, oracles } = fixture;
    const content = claimOf(fixture);
    await expect(claims.connect(operator).claim(content, await signClaim(fixture, content, oracles.slice(0, 1))))
      .to.be.revertedWithCustomError(oracleCommittee, "SignatureCountWrong")
      .withArgs(1, 2);
    const others: Partial<ClaimContent>[] = [
      { root: `0x${"01".repeat(32)}` },
      { periodEnd: fixture.periodEnd - 1n },
      { purpose: ERE_AGAIN },
      { intervals: [intervalOf({ energyMicroWh: 390_000_000_001n })] },
    ];
    for (const other of others) {
      const signatures = await signClaim(fixture, claimOf(fixture, other));
      await expect(claims.connect(operator).claim(content, signatures)).to.be.revertedWithCustomError(
        oracleCommittee,
        "SignerNotMember",
      );
    }
  });

  it("refuses a bond that the contract could not hold", async () => {
    const { claims, owner } = fixture;
    const bondMicroPerMwh = 2n ** 64n - 1n;
    await claims.connect(owner).addPurpose(purposeOf(fixture, { bondMicroPerMwh, name: "DEAR" }));
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    const intervals = [intervalOf({ from: 0n, to: 2_000_000_000_000n, energyMicroWh: 2_000_000_000_000n })];

    await expectRefusal({ purpose: 4n, intervals }, "BondTooLarge", [2n * bondMicroPerMwh, bondMicroPerMwh]);
  });

  it("refuses a bond that the claimant does not have", async () => {
    const { claims, erc20, operator } = fixture;
    await erc20.connect(operator).approve(await claims.getAddress(), 779_999n);
    await expect(claim(fixture)).to.be.revertedWithCustomError(erc20, "ERC20InsufficientAllowance");
  });

  it("keeps mark, claim, token and bond", async () => {
    const { claims, erc20, operator, periodEnd } = fixture;
    const before = await erc20.balanceOf(operator.address);

    const receipt = await (await claim(fixture)).wait();

    const content = claimOf(fixture);
    const claimedAt = BigInt(await networkHelpers.time.latest());
    expect(eventsOf(receipt, claims)).to.deep.equal([
      ["Transfer", "0x0000000000000000000000000000000000000000", operator.address, 1n],
      [
        "EnergyClaimed",
        1n,
        operator.address,
        ERE,
        content.root,
        periodEnd,
        390_000_000_000n,
        780_000n,
        content.intervals,
      ],
    ]);
    expect([...(await claims.claimOf(1))]).to.deep.equal([
      operator.address,
      claimedAt,
      ERE,
      ClaimStatus.Active,
      780_000n,
      390_000_000_000n,
      claimHashOf(content),
    ]);
    expect(await claims.claimHashOf(content)).to.equal(claimHashOf(content));
    expect(await claims.ownerOf(1)).to.equal(operator.address);
    expect(await claims.claimCount()).to.equal(1n);
    expect(before - (await erc20.balanceOf(operator.address))).to.equal(780_000n);
    expect(await erc20.balanceOf(await claims.getAddress())).to.equal(780_000n);
    const [mark] = await claims.markOf(1, 1);
    expect([...mark]).to.deep.equal([500_000_000_000n, periodEnd, REGISTER, true, 1n, 1n, 22_000n]);
  });

  it("rounds the bond up", async () => {
    const { claims } = fixture;
    await claim(fixture, { intervals: [intervalOf({ energyMicroWh: 1n })] });

    expect((await claims.claimOf(1)).bondMicro).to.equal(1n);
  });

  it("claims several devices at once, and several parts of one", async () => {
    const { claims } = fixture;
    const intervals = [
      intervalOf({ to: 200_000_000_000n, energyMicroWh: 100_000_000_000n }),
      intervalOf({ device: 2n, from: 0n, to: 5n, energyMicroWh: 5n }),
    ];
    await claim(fixture, { intervals });

    expect((await claims.claimOf(1)).energyMicroWh).to.equal(100_000_000_005n);
    expect((await claims.markOf(2, 1))[0].claimedTo).to.equal(5n);
  });

  it("claims the same energy for a purpose of another group", async () => {
    const { claims, operator } = fixture;
    await claims.connect(operator).enrol(2, [1]);
    const periodEnd = BigInt(await networkHelpers.time.latest()) + PERIOD_SECONDS;
    await networkHelpers.time.increaseTo(periodEnd);
    for (const purpose of [ERE, FLEET]) await claim(fixture, { purpose, periodEnd });

    expect(await claims.claimCount()).to.equal(2n);
  });

  it("claims months one after the other on the same day", async () => {
    const { claims } = fixture;
    const half = fixture.periodEnd - PERIOD_SECONDS / 2n;
    const most = MOST_MICRO_WH / 2n;
    await claim(fixture, { periodEnd: half, intervals: [intervalOf({ from: 0n, to: most })] });
    await claim(fixture, { intervals: [intervalOf({ from: most, to: 2n * most })] });

    expect(await claims.claimCount()).to.equal(2n);
  });

  it("marks a register that restarts with each transaction by pagination", async () => {
    const { claims } = fixture;
    const intervals = [intervalOf({ register: 0n, from: 7n, to: 20n, energyMicroWh: 390_000_000_000n })];
    await claim(fixture, { intervals });
    const periodEnd = await nextPeriod(fixture.periodEnd);
    const again = [intervalOf({ register: 0n, from: 19n, to: 21n, energyMicroWh: 1n })];
    await expectRefusal({ periodEnd, intervals: again }, "EnergyClaimedBefore", [1, 19, 20]);
    const above = [intervalOf({ register: 0n, from: 20n, to: 21n, energyMicroWh: MOST_MICRO_WH + 1n })];
    await expectRefusal({ periodEnd, intervals: above }, "EnergyAbovePower", [1, MOST_MICRO_WH + 1n, MOST_MICRO_WH]);

    await claim(fixture, {
      periodEnd,
      intervals: [intervalOf({ register: 0n, from: 20n, to: 21n, energyMicroWh: 1n })],
    });
    expect((await claims.markOf(1, 1))[0].claimedTo).to.equal(21n);
  });

  it("counts the time of a retired meter until its retirement and no longer", async () => {
    const { claims, meterRegistry, operator, enrolledAt } = fixture;
    const retiredAt = fixture.periodEnd + DAY;
    await networkHelpers.time.setNextBlockTimestamp(retiredAt);
    await meterRegistry.connect(operator).retireMeter(1);
    const periodEnd = await nextPeriod(fixture.periodEnd);
    const limit = ((retiredAt - enrolledAt) * 22_000n * 1_000_000n) / 3_600n;
    const above = [intervalOf({ from: 0n, to: limit + 1n })];
    await expectRefusal({ periodEnd, intervals: above }, "EnergyAbovePower", [1, limit + 1n, limit]);

    await claim(fixture, { periodEnd, intervals: [intervalOf({ from: 0n, to: limit })] });

    expect((await claims.markOf(1, 1))[0].claimedUntil).to.equal(retiredAt);
    const later = [intervalOf({ from: limit, to: limit + 1n, energyMicroWh: 1n })];
    await expectRefusal({ periodEnd, intervals: later }, "PeriodClaimed", [1, retiredAt, retiredAt]);
  });
});
