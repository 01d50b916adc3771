import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  CHANGE_DELAY_SECONDS,
  deployedSettlement,
  MAXIMUM_SESSION_SECONDS,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement constructor", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  async function deploy(decimals: number, changeDelaySeconds: bigint, maximumSessionSeconds: bigint) {
    const erc20 = await ethers.deployContract("HostileToken", [decimals]);
    const oracleSet = await ethers.deployContract("OracleSet", [fixture.owner.address, changeDelaySeconds, []]);
    return await ethers.deployContract("ChargingSettlement", [
      await erc20.getAddress(),
      await fixture.tariffRegistry.getAddress(),
      await fixture.meterRegistry.getAddress(),
      await oracleSet.getAddress(),
      maximumSessionSeconds,
    ]);
  }

  it("refuses a token without code", async () => {
    await expect(
      ethers.deployContract("ChargingSettlement", [
        fixture.thief.address,
        await fixture.tariffRegistry.getAddress(),
        await fixture.meterRegistry.getAddress(),
        await fixture.oracleSet.getAddress(),
        MAXIMUM_SESSION_SECONDS,
      ]),
    ).to.be.revertedWithoutReason(ethers);
  });

  for (const decimals of [0, 5, 19, 255]) {
    it(`refuses a token with ${decimals} decimals`, async () => {
      await expect(deploy(decimals, CHANGE_DELAY_SECONDS, MAXIMUM_SESSION_SECONDS))
        .to.be.revertedWithCustomError(fixture.settlement, "DecimalsOutOfRange")
        .withArgs(decimals, 6, 18);
    });
  }

  it("refuses an oracle set without code", async () => {
    await expect(
      ethers.deployContract("ChargingSettlement", [
        await fixture.erc20.getAddress(),
        await fixture.tariffRegistry.getAddress(),
        await fixture.meterRegistry.getAddress(),
        fixture.thief.address,
        MAXIMUM_SESSION_SECONDS,
      ]),
    ).to.be.revertedWithoutReason(ethers);
  });

  it("refuses an oracle set whose changes take no longer than the longest session", async () => {
    await expect(deploy(6, MAXIMUM_SESSION_SECONDS, MAXIMUM_SESSION_SECONDS))
      .to.be.revertedWithCustomError(fixture.settlement, "ChangeDelayTooShort")
      .withArgs(MAXIMUM_SESSION_SECONDS, MAXIMUM_SESSION_SECONDS);
  });

  it("takes an oracle set whose changes take a second longer than the longest session", async () => {
    const settlement = await deploy(6, MAXIMUM_SESSION_SECONDS + 1n, MAXIMUM_SESSION_SECONDS);

    expect(await settlement.maximumSessionSeconds()).to.equal(MAXIMUM_SESSION_SECONDS);
  });

  for (const [decimals, unit] of [
    [6, 1n],
    [8, 100n],
    [18, 1_000_000_000_000n],
  ] as const) {
    it(`stores amounts of a token with ${decimals} decimals in units of ${unit}`, async () => {
      const settlement = await deploy(decimals, CHANGE_DELAY_SECONDS, MAXIMUM_SESSION_SECONDS);

      expect(await settlement.unit()).to.equal(unit);
    });
  }

  it("names what it was made of and owes nothing", async () => {
    const { settlement, erc20, tariffRegistry, oracleSet } = fixture;

    expect({
      erc20: await settlement.erc20(),
      unit: await settlement.unit(),
      tariffRegistry: await settlement.tariffRegistry(),
      oracleSet: await settlement.oracleSet(),
      maximumSessionSeconds: await settlement.maximumSessionSeconds(),
      owedMicro: await settlement.owedMicro(),
    }).to.deep.equal({
      erc20: await erc20.getAddress(),
      unit: 1n,
      tariffRegistry: await tariffRegistry.getAddress(),
      oracleSet: await oracleSet.getAddress(),
      maximumSessionSeconds: MAXIMUM_SESSION_SECONDS,
      owedMicro: 0n,
    });
  });
});
