import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { BOND, bondedSessions, LIABILITY_SECONDS } from "../../helpers/challenge-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import type { MeterSettlementFixture } from "../../helpers/meter-settlement-fixture.ts";
import type { OracleBonds } from "../../../types/index.ts";

const SESSION = `0x${"07".repeat(32)}`;

describe("OracleBonds, cases", () => {
  let fixture: MeterSettlementFixture;
  /** The bonds as the contract of challenges calls them. */
  let bonds: OracleBonds;
  let first: string;
  let second: string;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedSessions);
    const address = fixture.addresses.Challenges;
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 18n);
    bonds = fixture.oracleBonds.connect(await ethers.getSigner(address));
    [first = "", second = ""] = fixture.oracles.map((oracle) => oracle.address);
  });

  async function lose(
    amounts: { driver?: bigint; operator?: bigint; reward?: bigint; settledAt?: bigint },
    ...liable: string[]
  ) {
    const { driver, operator, relayer } = fixture;
    return await bonds.claimLoss({
      sessionId: SESSION,
      liable,
      settledAt: amounts.settledAt ?? 1n,
      driver: driver.address,
      driverMicro: amounts.driver ?? 0n,
      operator: operator.address,
      agreement: 0n,
      operatorMicro: amounts.operator ?? 0n,
      challenger: relayer.address,
      rewardMicro: amounts.reward ?? 0n,
    });
  }

  async function close(oracle: string, number = 1): Promise<readonly unknown[]> {
    await networkHelpers.time.increase(LIABILITY_SECONDS + 1n);
    return eventsOf(await (await bonds.closeCase(oracle, number)).wait(), bonds);
  }

  it("freezes a whole bond with the first loss, and refuses to close or collect before the last second is over", async () => {
    const { driver } = fixture;
    await lose({ driver: 4n }, first);
    const closesAt = BigInt(await networkHelpers.time.latest()) + LIABILITY_SECONDS;

    expect(await bonds.bondOf(first)).to.equal(0n);
    expect((await bonds.caseOf(first, 1)).poolMicro).to.equal(BOND);
    await networkHelpers.time.setNextBlockTimestamp(closesAt);
    await expect(bonds.closeCase(first, 1))
      .to.be.revertedWithCustomError(bonds, "CaseStillOpen")
      .withArgs(closesAt, closesAt);
    await expect(bonds.collect(first, 1, driver.address, 0)).to.be.revertedWithCustomError(bonds, "CaseStillOpen");
    await networkHelpers.time.setNextBlockTimestamp(closesAt + 1n);
    await bonds.closeCase(first, 1);
    await expect(bonds.closeCase(first, 1)).to.be.revertedWithCustomError(bonds, "CaseNotOpen").withArgs(first, 1);
    await expect(bonds.closeCase(second, 1)).to.be.revertedWithCustomError(bonds, "CaseNotOpen");
    await expect(bonds.closeCase(first, 0)).to.be.revertedWithCustomError(bonds, "CaseNotOpen");
  });

  it("ends what an oracle that was found bonded can sign, until it posts another bond", async () => {
    const { owner, erc20 } = fixture;
    await erc20.mint(owner.address, BOND);
    await erc20.connect(owner).approve(await bonds.getAddress(), BOND);
    await bonds.requireBonded(1, 0b011);
    await lose({ driver: 4n }, first);

    await expect(bonds.requireBonded(1, 0b011))
      .to.be.revertedWithCustomError(bonds, "BondTooLow")
      .withArgs(first, 0n, BOND);
    await fixture.oracleBonds.connect(owner).postBond(first, BOND);
    await bonds.requireBonded(1, 0b011);
  });

  it("burns as much as it pays, and gives the rest of the pool back", async () => {
    await lose({ driver: 3_000_000n, operator: 1_000_000n, reward: 500_000n }, first);

    expect(await close(first)).to.deep.equal([
      ["CaseClosed", first, 1n, 4_000_000n, 500_000n, 4_500_000n, BOND - 9_000_000n],
    ]);
    expect(await bonds.burntMicro()).to.equal(4_500_000n);
    expect(await bonds.bondOf(first)).to.equal(BOND - 9_000_000n);
  });

  it("pays losses before rewards, and both only as far as half the pool goes", async () => {
    const { driver, operator, relayer } = fixture;
    await lose({ driver: 6_000_000n, operator: 2_000_000n, reward: 100_000_000n }, first);

    expect(await close(first)).to.deep.equal([["CaseClosed", first, 1n, 8_000_000n, 2_000_000n, 10_000_000n, 0n]]);
    for (const { address } of [driver, operator, relayer]) await bonds.collect(first, 1, address, 0);
    const credits = await Promise.all([driver, operator, relayer].map(({ address }) => bonds.creditOf(address, 0)));
    expect(credits).to.deep.equal([6_000_000n, 2_000_000n, 2_000_000n]);
  });

  it("pays all losses of a case in one proportion, whoever came first, and nobody twice", async () => {
    const { driver, operator, thief } = fixture;
    await lose({ driver: 30_000_000n }, first);
    await networkHelpers.time.increase(3_600n);
    await lose({ operator: 10_000_000n, reward: 9n }, first);

    expect(await close(first)).to.deep.equal([["CaseClosed", first, 1n, 10_000_000n, 0n, 10_000_000n, 0n]]);
    await bonds.collect(first, 1, driver.address, 0);
    await bonds.collect(first, 1, operator.address, 0);
    expect(await bonds.creditOf(driver.address, 0)).to.equal(7_500_000n);
    expect(await bonds.creditOf(operator.address, 0)).to.equal(2_500_000n);
    for (const account of [driver, thief]) {
      await expect(bonds.collect(first, 1, account.address, 0))
        .to.be.revertedWithCustomError(bonds, "NothingToCollect")
        .withArgs(first, 1, account.address);
    }
  });

  it("divides a loss among those who signed in proportion to their bonds, and none to who has no bond", async () => {
    const { erc20, payer, driver, thief } = fixture;
    await erc20.connect(payer).approve(await bonds.getAddress(), 3n * BOND);
    await fixture.oracleBonds.connect(payer).postBond(second, 2n * BOND);
    await lose({ driver: 8_000_000n }, first, second, thief.address);

    expect((await bonds.claimOf(first, 1, driver.address, 0)).lossMicro).to.equal(2_000_000n);
    expect((await bonds.claimOf(second, 1, driver.address, 0)).lossMicro).to.equal(6_000_000n);
    expect((await bonds.claimOf(thief.address, 1, driver.address, 0)).lossMicro).to.equal(0n);
  });

  it("counts a loss against the bond that backed the batch: the first case that began then or later, else the bond now", async () => {
    const { erc20, payer, driver } = fixture;
    await lose({ driver: 1_000_000n }, first);
    const openedAt = BigInt(await networkHelpers.time.latest());
    await erc20.connect(payer).approve(await bonds.getAddress(), BOND);
    await fixture.oracleBonds.connect(payer).postBond(first, BOND);

    await lose({ driver: 2_000_000n, settledAt: openedAt }, first);
    expect(await bonds.caseCountOf(first)).to.equal(1n);
    await lose({ driver: 4_000_000n, settledAt: openedAt + 1n }, first);
    expect(await bonds.caseCountOf(first)).to.equal(2n);
    await lose({ driver: 8_000_000n, settledAt: openedAt - 1n }, first);

    expect((await bonds.claimOf(first, 1, driver.address, 0)).lossMicro).to.equal(11_000_000n);
    expect((await bonds.claimOf(first, 2, driver.address, 0)).lossMicro).to.equal(4_000_000n);
    expect((await bonds.caseOf(first, 2)).poolMicro).to.equal(BOND);
  });

  it("takes no loss into a case that is closed, and an oracle without a bond owes nothing", async () => {
    const { driver } = fixture;
    await lose({ driver: 1_000_000n }, first);
    await close(first);
    await lose({ driver: 5_000_000n }, first);

    expect((await bonds.claimOf(first, 1, driver.address, 0)).lossMicro).to.equal(1_000_000n);
    expect(await bonds.caseCountOf(first)).to.equal(1n);
  });

  it("lets a deposit be paid to whom the contract says, and out again to its last millionth", async () => {
    const { erc20, relayer, thief } = fixture;
    const before = await erc20.balanceOf(relayer.address);
    await bonds.takeDeposit(relayer.address, 1_000_000n);
    await bonds.creditDeposit(thief.address, 1_000_000n);
    const own = fixture.oracleBonds.connect(thief);

    await expect(own.withdrawCredit(thief.address, 0, 1_000_001n, thief.address))
      .to.be.revertedWithCustomError(bonds, "BalanceTooLow")
      .withArgs(1_000_001n, 1_000_000n);
    await expect(
      fixture.oracleBonds.connect(relayer).withdrawCredit(thief.address, 0, 1n, relayer.address),
    ).to.be.revertedWithCustomError(bonds, "BalanceTooLow");
    await own.withdrawCredit(thief.address, 0, 1_000_000n, relayer.address);

    expect(await erc20.balanceOf(relayer.address)).to.equal(before);
    expect(await bonds.withdrawableOf(thief.address, 0, thief.address)).to.equal(0n);
  });
});
