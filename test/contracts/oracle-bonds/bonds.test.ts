import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import {
  CHANGE_DELAY_SECONDS,
  fundedSettlement,
  hostileSettlement,
  type SettlementFixture,
  type Signer,
} from "../../helpers/settlement-fixture.ts";

const LEAST = defaultRules.leastBondMicro;
const BOND = 40_000_000n;
const LIABILITY_SECONDS = BigInt(defaultRules.liabilitySeconds);

/** The payer may post bonds. */
async function bondsWithPayer(): Promise<SettlementFixture> {
  const fixture = await fundedSettlement();
  await fixture.erc20.connect(fixture.payer).approve(fixture.addresses.OracleBonds, 10n * BOND);
  return fixture;
}

async function hostileBonds(decimals: number) {
  const fixture = await hostileSettlement(decimals);
  await fixture.erc20.connect(fixture.payer).approve(fixture.addresses.OracleBonds, 10n ** 30n);
  return fixture;
}
const hostileOfSix = () => hostileBonds(6);
const hostileOfEighteen = () => hostileBonds(18);

describe("OracleBonds", () => {
  let fixture: SettlementFixture;
  let oracle: Signer;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondsWithPayer);
    const [first] = fixture.oracles;
    if (first === undefined) throw new Error("There is no oracle");
    oracle = first;
  });

  describe("postBond", () => {
    it("refuses the zero address, nothing, and more than it can hold", async () => {
      const { oracleBonds, payer } = fixture;
      const bonds = oracleBonds.connect(payer);
      await expect(bonds.postBond(ZeroAddress, 1)).to.be.revertedWithCustomError(oracleBonds, "AddressZero");
      await expect(bonds.postBond(oracle.address, 0)).to.be.revertedWithCustomError(oracleBonds, "AmountZero");
      const owed = await oracleBonds.owedMicro();
      await expect(bonds.postBond(oracle.address, 2n ** 64n - owed))
        .to.be.revertedWithCustomError(oracleBonds, "LedgerFull")
        .withArgs(2n ** 64n, 2n ** 64n - 1n);
    });

    it("refuses an amount that is not a multiple of the unit", async () => {
      const { oracleBonds, payer } = await networkHelpers.loadFixture(hostileOfEighteen);
      await expect(oracleBonds.connect(payer).postBond(oracle.address, 10n ** 12n + 1n))
        .to.be.revertedWithCustomError(oracleBonds, "AmountNotMultiple")
        .withArgs(10n ** 12n + 1n, 10n ** 12n);
    });

    it("invariant 2: refuses a transfer of which less arrives, or that answers false", async () => {
      const { oracleBonds, erc20, payer } = await networkHelpers.loadFixture(hostileOfSix);
      await erc20.setFee(100);
      await expect(oracleBonds.connect(payer).postBond(oracle.address, 1_000))
        .to.be.revertedWithCustomError(oracleBonds, "TransferMismatch")
        .withArgs(990, 1_000);
      await erc20.setFee(0);
      await erc20.setAnswer(1);

      await expect(oracleBonds.connect(payer).postBond(oracle.address, 1_000)).to.be.revertedWithCustomError(
        oracleBonds,
        "SafeERC20FailedOperation",
      );
    });

    it("takes a bond from anybody, and adds up; the settlement holds none of it", async () => {
      const { oracleBonds, payer } = fixture;
      await oracleBonds.connect(payer).postBond(oracle.address, 5);

      const outcome = await outcomeOf(fixture, () => oracleBonds.connect(payer).postBond(oracle.address, BOND));

      expect(outcome.changes).to.deep.equal({
        "payer tokens": -BOND,
        "bonds tokens": BOND,
        "bonds owed": BOND,
        "oracle 0 bond": BOND,
      });
      expect(await oracleBonds.bondOf(oracle.address)).to.equal(LEAST + BOND + 5n);
    });
  });

  describe("withdrawBond", () => {
    async function expectBound(): Promise<void> {
      await expect(fixture.oracleBonds.connect(oracle).withdrawBond(1, oracle.address))
        .to.be.revertedWithCustomError(fixture.oracleBonds, "BondBound")
        .withArgs(oracle.address);
    }

    async function replaceOracle(): Promise<void> {
      const { oracleCommittee, owner, oracles } = fixture;
      await oracleCommittee.connect(owner).schedule(
        oracles.slice(1).map(({ address }) => address),
        2,
      );
      await networkHelpers.time.increaseTo((await oracleCommittee.scheduledVersion()).activeFrom);
    }

    it("refuses a member, who will be one, and a former one until the last second of its liability", async () => {
      const { oracleBonds, oracleCommittee, owner, thief, payer } = fixture;
      await expectBound();
      await oracleBonds.connect(payer).postBond(thief.address, BOND);
      const snapshot = await networkHelpers.takeSnapshot();
      await oracleCommittee.connect(owner).schedule([thief.address], 1);
      await expect(oracleBonds.connect(thief).withdrawBond(1, thief.address))
        .to.be.revertedWithCustomError(oracleBonds, "BondBound")
        .withArgs(thief.address);

      await snapshot.restore();
      await replaceOracle();
      const activeFrom = BigInt(await networkHelpers.time.latest());
      await networkHelpers.time.setNextBlockTimestamp(activeFrom + LIABILITY_SECONDS - 1n);
      await expectBound();
    });

    it("refuses nothing, more than the bond, somebody else's, the zero address and itself as recipient", async () => {
      const { oracleBonds, thief, payer } = fixture;
      const bonds = oracleBonds.connect(thief);
      await expect(bonds.withdrawBond(0, thief.address)).to.be.revertedWithCustomError(oracleBonds, "AmountZero");
      await expect(bonds.withdrawBond(1, thief.address))
        .to.be.revertedWithCustomError(oracleBonds, "BalanceTooLow")
        .withArgs(1, 0);
      await oracleBonds.connect(payer).postBond(thief.address, 5);
      await expect(bonds.withdrawBond(1, ZeroAddress)).to.be.revertedWithCustomError(oracleBonds, "AddressZero");
      await expect(bonds.withdrawBond(1, oracleBonds)).to.be.revertedWithCustomError(oracleBonds, "RecipientIsHolder");
    });

    it("invariant 11: pays a former member, and one that resigned, whatever the owner does", async () => {
      const { oracleBonds, oracleCommittee, payer } = fixture;
      await oracleCommittee.connect(oracle).resign();
      await expectBound();
      await networkHelpers.time.increase(LIABILITY_SECONDS);

      const outcome = await outcomeOf(fixture, () => oracleBonds.connect(oracle).withdrawBond(LEAST, payer.address));

      expect(outcome.changes).to.deep.equal({
        "payer tokens": LEAST,
        "bonds tokens": -LEAST,
        "bonds owed": -LEAST,
        "oracle 0 bond": -LEAST,
      });
      expect(CHANGE_DELAY_SECONDS > LIABILITY_SECONDS).to.equal(true);
    });
  });

  describe("requireBonded", () => {
    async function expectTooLow(signers: number): Promise<void> {
      await expect(fixture.oracleBonds.requireBonded(1, signers))
        .to.be.revertedWithCustomError(fixture.oracleBonds, "BondTooLow")
        .withArgs(oracle.address, 0n, LEAST);
    }

    it("no longer counts a bond that was there when its oracle last signed and was withdrawn since", async () => {
      const { oracleBonds, oracleCommittee } = fixture;
      await oracleBonds.requireBonded(1, 0b111);
      await oracleCommittee.connect(oracle).resign();
      await networkHelpers.time.increase(LIABILITY_SECONDS);
      await oracleBonds.requireBonded(1, 0b011);

      await oracleBonds.connect(oracle).withdrawBond(LEAST, oracle.address);

      await expectTooLow(0b001);
      await expectTooLow(0b111);
      await oracleBonds.requireBonded(1, 0b110);
      await expectTooLow(0b001);
    });

    it("remembers the members of one committee only", async () => {
      const { oracleBonds, oracleCommittee, owner, thief } = fixture;
      await oracleBonds.requireBonded(1, 0b111);
      await oracleCommittee.connect(owner).schedule([thief.address], 1);
      await networkHelpers.time.increaseTo((await oracleCommittee.scheduledVersion()).activeFrom);

      await expect(oracleBonds.requireBonded(2, 0b1))
        .to.be.revertedWithCustomError(oracleBonds, "BondTooLow")
        .withArgs(thief.address, 0n, LEAST);
    });

    it("is nothing that anybody could gain by calling", async () => {
      const { oracleBonds, thief } = fixture;
      const before = await oracleBonds.bondOf(oracle.address);
      await oracleBonds.connect(thief).requireBonded(1, 0b111);

      expect(await oracleBonds.bondOf(oracle.address)).to.equal(before);
    });
  });

  it("takes losses and deposits from the contract of challenges alone", async () => {
    const { oracleBonds, owner, thief, oracles } = fixture;
    const loss = {
      sessionId: `0x${"01".repeat(32)}`,
      liable: [oracle.address],
      settledAt: 1n,
      driver: thief.address,
      driverMicro: 1n,
      operator: thief.address,
      agreement: 0n,
      operatorMicro: 1n,
      challenger: thief.address,
      rewardMicro: 1n,
    };
    for (const caller of [owner, thief, ...oracles]) {
      const bonds = oracleBonds.connect(caller);
      for (const call of [
        bonds.claimLoss(loss),
        bonds.takeDeposit(thief.address, 1),
        bonds.creditDeposit(thief.address, 1),
      ]) {
        await expect(call).to.be.revertedWithCustomError(oracleBonds, "NotChallenges").withArgs(caller.address);
      }
    }
  });

  it("refuses tokens of fewer than 6 and of more than 18 decimals, and keeps what it was deployed with", async () => {
    const { oracleBonds, oracleCommittee, partnerAgreements, challenges } = fixture;
    const parties = [oracleCommittee, partnerAgreements, challenges].map((contract) => contract.getAddress());
    const [committee, agreements, caller] = await Promise.all(parties);
    for (const decimals of [5n, 19n]) {
      const token = await ethers.deployContract("HostileToken", [decimals]);
      await expect(
        ethers.deployContract("OracleBonds", [
          await token.getAddress(),
          committee ?? "",
          agreements ?? "",
          caller ?? "",
          1n,
        ]),
      )
        .to.be.revertedWithCustomError(oracleBonds, "DecimalsOutOfRange")
        .withArgs(decimals, 6, 18);
    }
    expect(await oracleBonds.oracleCommittee()).to.equal(committee);
    expect(await oracleBonds.partnerAgreements()).to.equal(agreements);
    expect(await oracleBonds.challenges()).to.equal(caller);
    expect([await oracleBonds.leastBondMicro(), await oracleBonds.unit()]).to.deep.equal([LEAST, 1n]);
  });
});
