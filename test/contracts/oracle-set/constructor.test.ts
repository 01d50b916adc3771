import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import {
  CHANGE_DELAY_SECONDS,
  DAY,
  deployedSettlement,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.ts";

const OPEN_END = 2n ** 40n - 1n;

describe("OracleSet constructor", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  it("refuses the zero address as owner", async () => {
    await expect(ethers.deployContract("OracleSet", [ZeroAddress, 1, []]))
      .to.be.revertedWithCustomError(fixture.oracleSet, "OwnableInvalidOwner")
      .withArgs(ZeroAddress);
  });

  it("refuses a delay above a year", async () => {
    await expect(ethers.deployContract("OracleSet", [fixture.owner.address, 365n * DAY + 1n, []]))
      .to.be.revertedWithCustomError(fixture.oracleSet, "ChangeDelayTooLong")
      .withArgs(365n * DAY + 1n, 365n * DAY);
  });

  it("refuses the zero address as oracle", async () => {
    await expect(
      ethers.deployContract("OracleSet", [fixture.owner.address, 1, [ZeroAddress]]),
    ).to.be.revertedWithCustomError(fixture.oracleSet, "OracleIsZero");
  });

  it("refuses an oracle that is listed twice", async () => {
    const { owner, oracle } = fixture;

    await expect(ethers.deployContract("OracleSet", [owner.address, 1, [oracle.address, oracle.address]]))
      .to.be.revertedWithCustomError(fixture.oracleSet, "OracleAlreadyAdded")
      .withArgs(oracle.address);
  });

  it("begins the terms of the first oracles at once", async () => {
    const { owner, oracle, relayer, thief } = fixture;
    const now = fixture.startedAt + 100n;
    await networkHelpers.time.setNextBlockTimestamp(now);

    const oracleSet = await ethers.deployContract("OracleSet", [
      owner.address,
      CHANGE_DELAY_SECONDS,
      [oracle.address, relayer.address],
    ]);

    const receipt = (await oracleSet.deploymentTransaction()?.wait()) ?? null;
    expect(eventsOf(receipt, oracleSet)).to.deep.equal([
      ["OwnershipTransferred", ZeroAddress, owner.address],
      ["OracleAdded", oracle.address, now],
      ["OracleAdded", relayer.address, now],
    ]);
    expect({
      owner: await oracleSet.owner(),
      changeDelaySeconds: await oracleSet.changeDelaySeconds(),
      oracle: [await oracleSet.isOracle(oracle.address), ...(await oracleSet.termOf(oracle.address))],
      relayer: [await oracleSet.isOracle(relayer.address), ...(await oracleSet.termOf(relayer.address))],
      thief: [await oracleSet.isOracle(thief.address), ...(await oracleSet.termOf(thief.address))],
    }).to.deep.equal({
      owner: owner.address,
      changeDelaySeconds: CHANGE_DELAY_SECONDS,
      oracle: [true, now, OPEN_END],
      relayer: [true, now, OPEN_END],
      thief: [false, 0n, 0n],
    });
  });
});
