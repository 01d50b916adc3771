import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import {
  CHANGE_DELAY_SECONDS,
  fundedSettlement,
  hostileSettlement,
  hostileSettlementOfSixDecimals,
  type SettlementFixture,
  type Signer,
} from "../../helpers/settlement-fixture.ts";

const BOND = 40_000_000n;
const LIABILITY_SECONDS = BigInt(defaultRules.liabilitySeconds);

async function hostileSettlementOfEighteenDecimals() {
  return await hostileSettlement(18);
}

function firstOracle({ oracles }: Pick<SettlementFixture, "oracles">): Signer {
  const [oracle] = oracles;
  if (oracle === undefined) throw new Error("There is no oracle");
  return oracle;
}

describe("ChargingSettlement.postBond", () => {
  let fixture: SettlementFixture;
  let oracle: Signer;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
    oracle = firstOracle(fixture);
  });

  it("refuses the zero address as oracle", async () => {
    const { settlement, payer } = fixture;

    await expect(settlement.connect(payer).postBond(ZeroAddress, 0)).to.be.revertedWithCustomError(
      settlement,
      "AddressZero",
    );
  });

  it("refuses nothing, and an amount that is not a multiple of the unit", async () => {
    const { settlement, payer } = fixture;
    await expect(settlement.connect(payer).postBond(oracle.address, 0)).to.be.revertedWithCustomError(
      settlement,
      "AmountZero",
    );

    const hostile = await networkHelpers.loadFixture(hostileSettlementOfEighteenDecimals);
    await expect(hostile.settlement.connect(hostile.payer).postBond(oracle.address, 10n ** 12n + 1n))
      .to.be.revertedWithCustomError(hostile.settlement, "AmountNotMultiple")
      .withArgs(10n ** 12n + 1n, 10n ** 12n);
  });

  it("refuses more than the ledger can hold", async () => {
    const { settlement, payer } = fixture;
    const owed = await settlement.owedMicro();

    await expect(settlement.connect(payer).postBond(oracle.address, 2n ** 64n - 1n))
      .to.be.revertedWithCustomError(settlement, "LedgerFull")
      .withArgs(owed + 2n ** 64n - 1n, 2n ** 64n - 1n);
  });

  it("invariant 2: refuses a transfer of which less arrives, or that answers false", async () => {
    const { settlement, erc20, payer } = await networkHelpers.loadFixture(hostileSettlementOfSixDecimals);
    await erc20.setFee(100);
    await expect(settlement.connect(payer).postBond(oracle.address, 1_000))
      .to.be.revertedWithCustomError(settlement, "TransferMismatch")
      .withArgs(990, 1_000);
    await erc20.setFee(0);
    await erc20.setAnswer(1);

    await expect(settlement.connect(payer).postBond(oracle.address, 1_000))
      .to.be.revertedWithCustomError(settlement, "SafeERC20FailedOperation")
      .withArgs(await erc20.getAddress());
  });

  it("takes a bond from anybody, and adds up", async () => {
    const { settlement, payer } = fixture;
    await settlement.connect(payer).postBond(oracle.address, 5);

    expect(await outcomeOf(fixture, () => settlement.connect(payer).postBond(oracle.address, BOND))).to.deep.equal({
      events: [["BondPosted", oracle.address, payer.address, BOND]],
      changes: { "payer tokens": -BOND, "settlement tokens": BOND, "oracle 0 bond": BOND, owed: BOND },
    });
    expect(await settlement.bondOf(oracle.address)).to.equal(BOND + 5n);
  });
});

describe("ChargingSettlement.withdrawBond", () => {
  let fixture: SettlementFixture;
  let oracle: Signer;

  async function bondedOracle(): Promise<SettlementFixture> {
    const funded = await fundedSettlement();
    await funded.settlement.connect(funded.payer).postBond(firstOracle(funded).address, BOND);
    return funded;
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(bondedOracle);
    oracle = firstOracle(fixture);
  });

  async function expectBound(): Promise<void> {
    const { settlement } = fixture;
    await expect(settlement.connect(oracle).withdrawBond(1, oracle.address))
      .to.be.revertedWithCustomError(settlement, "BondBound")
      .withArgs(oracle.address);
  }

  /** Names a committee without the oracle, and waits until it is in force. */
  async function replaceOracle(): Promise<void> {
    const { oracleCommittee, owner, oracles } = fixture;
    await oracleCommittee.connect(owner).schedule(
      oracles.slice(1).map(({ address }) => address),
      2,
    );
    await networkHelpers.time.increaseTo((await oracleCommittee.scheduledVersion()).activeFrom);
  }

  it("refuses a member that withdraws its bond", async () => {
    await expectBound();
  });

  it("refuses who will be a member", async () => {
    const { settlement, oracleCommittee, owner, payer, thief } = fixture;
    await settlement.connect(payer).postBond(thief.address, BOND);
    await oracleCommittee.connect(owner).schedule([thief.address], 1);

    await expect(settlement.connect(thief).withdrawBond(1, thief.address))
      .to.be.revertedWithCustomError(settlement, "BondBound")
      .withArgs(thief.address);
  });

  it("refuses a former member until all that it signed can be challenged no more, and whoever resigned", async () => {
    await replaceOracle();
    const { activeFrom } = { activeFrom: BigInt(await networkHelpers.time.latest()) };
    await expectBound();
    await networkHelpers.time.setNextBlockTimestamp(activeFrom + LIABILITY_SECONDS - 1n);
    await expectBound();

    fixture = await networkHelpers.loadFixture(bondedOracle);
    await fixture.oracleCommittee.connect(oracle).resign();
    await expectBound();
  });

  it("refuses nothing, more than the bond, and somebody else's bond", async () => {
    const { settlement, thief } = fixture;
    await expect(settlement.connect(thief).withdrawBond(0, thief.address)).to.be.revertedWithCustomError(
      settlement,
      "AmountZero",
    );
    await expect(settlement.connect(thief).withdrawBond(1, thief.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(1, 0);
    await replaceOracle();
    await networkHelpers.time.increase(LIABILITY_SECONDS);
    await expect(settlement.connect(oracle).withdrawBond(BOND + 1n, oracle.address))
      .to.be.revertedWithCustomError(settlement, "BalanceTooLow")
      .withArgs(BOND + 1n, BOND);
  });

  it("refuses the zero address and itself as recipient", async () => {
    const { settlement, payer, thief } = fixture;
    await settlement.connect(payer).postBond(thief.address, 5);

    await expect(settlement.connect(thief).withdrawBond(1, ZeroAddress)).to.be.revertedWithCustomError(
      settlement,
      "AddressZero",
    );
    await expect(settlement.connect(thief).withdrawBond(1, settlement)).to.be.revertedWithCustomError(
      settlement,
      "RecipientIsSettlement",
    );
  });

  it("pays a former member its bond, to the last millionth and to whom it says", async () => {
    const { settlement, payer } = fixture;
    await replaceOracle();
    await networkHelpers.time.increase(LIABILITY_SECONDS);

    expect(await outcomeOf(fixture, () => settlement.connect(oracle).withdrawBond(BOND, payer.address))).to.deep.equal({
      events: [["BondWithdrawn", oracle.address, payer.address, BOND]],
      changes: { "payer tokens": BOND, "settlement tokens": -BOND, "oracle 0 bond": -BOND, owed: -BOND },
    });
  });

  it("invariant 11: lets an oracle out that resigned, whatever the owner does", async () => {
    const { settlement, oracleCommittee, owner, oracles } = fixture;
    await oracleCommittee.connect(oracle).resign();
    await oracleCommittee.connect(owner).schedule(
      oracles.slice(1).map(({ address }) => address),
      1,
    );
    await networkHelpers.time.increase(LIABILITY_SECONDS);

    await settlement.connect(oracle).withdrawBond(BOND, oracle.address);

    expect(await settlement.bondOf(oracle.address)).to.equal(0n);
    expect(CHANGE_DELAY_SECONDS > LIABILITY_SECONDS).to.equal(true);
  });
});
