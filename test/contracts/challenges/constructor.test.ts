import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  CHALLENGE_WINDOW_SECONDS,
  DAY,
  deployedSettlement,
  HOUR,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.ts";

const LIABILITY_SECONDS = 2n * DAY;

describe("Challenges constructor", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  async function deploy(
    changes: {
      windowSeconds?: bigint;
      answerSeconds?: bigint;
      ringSize?: bigint;
      rewardShareBps?: bigint;
    },
    bonds?: string,
  ) {
    const { settlement, meterSettlement, oracleCommittee, owner } = fixture;
    return await ethers.deployContract("Challenges", [
      await settlement.getAddress(),
      await meterSettlement.getAddress(),
      await oracleCommittee.getAddress(),
      bonds ?? (await bondsFor(ethers.getCreateAddress({ from: owner.address, nonce: (await owner.getNonce()) + 1 }))),
      {
        windowSeconds: CHALLENGE_WINDOW_SECONDS,
        answerSeconds: DAY / 2n,
        rewardMicro: 1_000n,
        rewardShareBps: 500n,
        demandDepositMicro: 77n,
        ringSize: 10n,
        ...changes,
      },
    ]);
  }

  /** Bonds that listen to the contract at this address. */
  async function bondsFor(challenges: string): Promise<string> {
    const { erc20, oracleCommittee, partnerAgreements } = fixture;
    const parties = [erc20, oracleCommittee, partnerAgreements].map((contract) => contract.getAddress());
    const bonds = await ethers.deployContract("OracleBonds", [...(await Promise.all(parties)), challenges, 1n]);
    return await bonds.getAddress();
  }

  it("refuses bonds that listen to another contract, or go by other oracles", async () => {
    await expect(deploy({}, await fixture.oracleBonds.getAddress())).to.be.revertedWithCustomError(
      fixture.challenges,
      "NeighbourMismatch",
    );
  });

  it("refuses a reward of more than all that was lost", async () => {
    await expect(deploy({ rewardShareBps: 10_001n }))
      .to.be.revertedWithCustomError(fixture.challenges, "RewardShareTooHigh")
      .withArgs(10_001n, 10_000n);
    expect(await (await deploy({ rewardShareBps: 10_000n })).rewardShareBps()).to.equal(10_000n);
  });

  it("refuses a ring of nothing and one of more than a million batches", async () => {
    for (const ringSize of [0n, 1_000_001n]) {
      await expect(deploy({ ringSize }))
        .to.be.revertedWithCustomError(fixture.challenges, "RingSizeOutOfRange")
        .withArgs(ringSize, 1n, 1_000_000n);
    }
  });

  it("refuses windows after which no oracle would answer any more", async () => {
    for (const [windowSeconds, answerSeconds] of [
      [DAY, DAY],
      [LIABILITY_SECONDS - HOUR, HOUR],
      [HOUR, 2n ** 40n - 1n],
      [2n ** 40n - 1n, 2n ** 40n - 1n],
    ] as const) {
      await expect(deploy({ windowSeconds, answerSeconds }))
        .to.be.revertedWithCustomError(fixture.challenges, "LiabilityTooShort")
        .withArgs(LIABILITY_SECONDS, windowSeconds + answerSeconds);
    }
  });

  it("invariant 19: refuses windows of less than an hour, by a second", async () => {
    for (const short of [0n, 1n, HOUR - 1n]) {
      for (const windows of [{ windowSeconds: short }, { answerSeconds: short }]) {
        await expect(deploy(windows))
          .to.be.revertedWithCustomError(fixture.challenges, "WindowTooShort")
          .withArgs(short, HOUR);
      }
    }
    const challenges = await deploy({ windowSeconds: HOUR, answerSeconds: HOUR });

    expect([await challenges.challengeWindowSeconds(), await challenges.answerWindowSeconds()]).to.deep.equal([
      HOUR,
      HOUR,
    ]);
  });

  it("keeps what it was deployed with", async () => {
    const { settlement, meterSettlement, oracleCommittee } = fixture;
    const challenges = await deploy({ windowSeconds: DAY, answerSeconds: DAY - 1n, ringSize: 1_000_000n });

    expect({
      settlement: await challenges.settlement(),
      meterSettlement: await challenges.meterSettlement(),
      oracleCommittee: await challenges.oracleCommittee(),
      challengeWindowSeconds: await challenges.challengeWindowSeconds(),
      answerWindowSeconds: await challenges.answerWindowSeconds(),
      rewardMicro: await challenges.rewardMicro(),
      rewardShareBps: await challenges.rewardShareBps(),
      demandDepositMicro: await challenges.demandDepositMicro(),
      ringSize: await challenges.ringSize(),
      batchCount: await challenges.batchCount(),
    }).to.deep.equal({
      settlement: await settlement.getAddress(),
      meterSettlement: await meterSettlement.getAddress(),
      oracleCommittee: await oracleCommittee.getAddress(),
      challengeWindowSeconds: DAY,
      answerWindowSeconds: DAY - 1n,
      rewardMicro: 1_000n,
      rewardShareBps: 500n,
      demandDepositMicro: 77n,
      ringSize: 1_000_000n,
      batchCount: 0n,
    });
  });
});
