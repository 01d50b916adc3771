import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS, deployedSettlement, type SettlementFixture } from "../../helpers/settlement-fixture.ts";

const OPEN_END = 2n ** 40n - 1n;

describe("OracleSet.addOracle", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("refuses everybody but the owner, oracles too", async () => {
    const { oracleSet, oracle, thief } = fixture;

    for (const caller of [thief, oracle]) {
      await expect(oracleSet.connect(caller).addOracle(thief.address))
        .to.be.revertedWithCustomError(oracleSet, "OwnableUnauthorizedAccount")
        .withArgs(caller.address);
    }
  });

  it("refuses the zero address", async () => {
    const { oracleSet, owner } = fixture;

    await expect(oracleSet.connect(owner).addOracle(ZeroAddress)).to.be.revertedWithCustomError(
      oracleSet,
      "OracleIsZero",
    );
  });

  it("refuses an oracle, one whose term is about to begin, and one whose term is running out", async () => {
    const { oracleSet, owner, oracle, relayer } = fixture;
    await oracleSet.connect(owner).addOracle(relayer.address);

    for (const account of [oracle, relayer]) {
      await expect(oracleSet.connect(owner).addOracle(account.address))
        .to.be.revertedWithCustomError(oracleSet, "OracleAlreadyAdded")
        .withArgs(account.address);
    }
    await oracleSet.connect(owner).removeOracle(oracle.address);
    await expect(oracleSet.connect(owner).addOracle(oracle.address))
      .to.be.revertedWithCustomError(oracleSet, "OracleAlreadyAdded")
      .withArgs(oracle.address);
  });

  it("begins a term after the delay and not a second earlier", async () => {
    const { oracleSet, owner, relayer } = fixture;
    const now = fixture.startedAt + 100n;
    const activeFrom = now + CHANGE_DELAY_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(now);

    const receipt = await (await oracleSet.connect(owner).addOracle(relayer.address)).wait();

    expect(eventsOf(receipt, oracleSet)).to.deep.equal([["OracleAdded", relayer.address, activeFrom]]);
    expect(await oracleSet.termOf(relayer.address)).to.deep.equal([activeFrom, OPEN_END]);
    await networkHelpers.time.increaseTo(activeFrom - 1n);
    expect(await oracleSet.isOracle(relayer.address)).to.equal(false);
    await networkHelpers.time.increaseTo(activeFrom);
    expect(await oracleSet.isOracle(relayer.address)).to.equal(true);
  });

  it("begins a new term of an oracle whose old one is over", async () => {
    const { oracleSet, owner, oracle } = fixture;
    await oracleSet.connect(owner).removeOracle(oracle.address);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);

    await oracleSet.connect(owner).addOracle(oracle.address);

    expect(await oracleSet.isOracle(oracle.address)).to.equal(false);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await oracleSet.isOracle(oracle.address)).to.equal(true);
  });
});
