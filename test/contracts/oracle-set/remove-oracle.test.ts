import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { CHANGE_DELAY_SECONDS, deployedSettlement, type SettlementFixture } from "../../helpers/settlement-fixture.ts";

describe("OracleSet.removeOracle", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("refuses everybody but the owner, the oracle itself too", async () => {
    const { oracleSet, oracle, thief } = fixture;

    for (const caller of [thief, oracle]) {
      await expect(oracleSet.connect(caller).removeOracle(oracle.address))
        .to.be.revertedWithCustomError(oracleSet, "OwnableUnauthorizedAccount")
        .withArgs(caller.address);
    }
  });

  it("refuses an account that never was an oracle, and one that was removed", async () => {
    const { oracleSet, owner, oracle, thief } = fixture;
    await oracleSet.connect(owner).removeOracle(oracle.address);

    for (const account of [thief, oracle]) {
      await expect(oracleSet.connect(owner).removeOracle(account.address))
        .to.be.revertedWithCustomError(oracleSet, "OracleNotAdded")
        .withArgs(account.address);
    }
  });

  it("ends the term after the delay and not a second earlier", async () => {
    const { oracleSet, owner, oracle } = fixture;
    const now = fixture.startedAt + 100n;
    const activeUntil = now + CHANGE_DELAY_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(now);

    const receipt = await (await oracleSet.connect(owner).removeOracle(oracle.address)).wait();

    expect(eventsOf(receipt, oracleSet)).to.deep.equal([["OracleRemoved", oracle.address, activeUntil]]);
    await networkHelpers.time.increaseTo(activeUntil - 1n);
    expect(await oracleSet.isOracle(oracle.address)).to.equal(true);
    await networkHelpers.time.increaseTo(activeUntil);
    expect(await oracleSet.isOracle(oracle.address)).to.equal(false);
    expect((await oracleSet.termOf(oracle.address)).activeUntil).to.equal(activeUntil);
  });

  it("keeps a term that has not begun from ever beginning, and lets the account be added again", async () => {
    const { oracleSet, owner, relayer } = fixture;
    const addedAt = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(addedAt);
    await oracleSet.connect(owner).addOracle(relayer.address);
    await networkHelpers.time.setNextBlockTimestamp(addedAt + 50n);

    const receipt = await (await oracleSet.connect(owner).removeOracle(relayer.address)).wait();

    expect(eventsOf(receipt, oracleSet)).to.deep.equal([["OracleRemoved", relayer.address, addedAt + 50n]]);
    await networkHelpers.time.increaseTo(addedAt + CHANGE_DELAY_SECONDS + 1n);
    expect(await oracleSet.isOracle(relayer.address)).to.equal(false);
    await oracleSet.connect(owner).addOracle(relayer.address);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await oracleSet.isOracle(relayer.address)).to.equal(true);
  });
});
