import { expect } from "chai";
import { AbiCoder, keccak256, ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  COVENANT_BOND,
  type CovenantFixture,
  CovenantStatus,
  type CovenantTerms,
  deployedCovenants,
  PROOF_SECONDS,
} from "../../helpers/evse-covenant-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { SharePhase } from "../../helpers/revenue-share-fixture.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("EvseCovenant.pledge", () => {
  let fixture: CovenantFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCovenants);
  });

  function pledge(changes: Partial<CovenantTerms> = {}, by = fixture.operator) {
    return fixture.covenants.connect(by).pledge({ ...fixture.pledged, ...changes });
  }

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.covenants, error)
      .withArgs(...details);
  }

  it("refuses a share that the deployment's contract did not create", async () => {
    const stranger = fixture.thief.address;
    for (const share of [stranger, ZeroAddress]) await expectRefusal(pledge({ share }), "ShareUnknown", share);
  });

  it("refuses everybody but the share's issuer", async () => {
    const { thief, operator } = fixture;
    await expectRefusal(pledge({}, thief), "NotIssuer", thief.address, operator.address);
  });

  it("refuses a share that has failed", async () => {
    await networkHelpers.time.increaseTo(fixture.saleEndsAt);
    await expectRefusal(pledge(), "PhaseWrong", SharePhase.Failed);
  });

  it("refuses a share that has no agreement yet", async () => {
    const { shares, operator, saleEndsAt } = fixture;
    const terms = { name: "B", symbol: "B", shareBps: 1, shareCount: 1, priceMicro: 1, saleEndsAt };
    const share = await shares.connect(operator).create.staticCall(terms);
    await shares.connect(operator).create(terms);
    await expectRefusal(pledge({ share }), "AgreementMissing", share);
  });

  it("refuses an end that is over, or later than anybody means", async () => {
    const now = BigInt(await networkHelpers.time.latest()) + 10n;
    const latest = now + 3_650n * DAY;
    for (const endsAt of [now, latest + 1n]) {
      await networkHelpers.time.setNextBlockTimestamp(now);
      await expectRefusal(pledge({ endsAt }), "EndOutOfRange", endsAt, now + 1n, latest);
      fixture = await networkHelpers.loadFixture(deployedCovenants);
    }
    await networkHelpers.time.setNextBlockTimestamp(now);
    await pledge({ endsAt: latest });
  });

  it("refuses to put nothing at stake", async () => {
    await expectRefusal(pledge({ bondMicro: 0n }), "BondZero");
  });

  it("refuses no EVSE, and more than 256", async () => {
    for (const count of [0, 257]) {
      const evses = Array.from({ length: count }, () => 1n);
      await expectRefusal(pledge({ evses }), "EvseCountOutOfRange", count, 1, 256);
    }
    await pledge({ evses: Array.from({ length: 256 }, () => 1n) });
  });

  it("refuses an EVSE of another operator, and one that is not there", async () => {
    const { operator, otherOperator } = fixture;
    const refuse = (evses: bigint[], owner: string) =>
      expectRefusal(pledge({ evses }), "NotEvseOperator", evses.at(-1), operator.address, owner);
    await refuse([1n, 3n], otherOperator.address);
    await refuse([4_000n], ZeroAddress);
  });

  it("refuses where the token does not move the bond", async () => {
    await expect(pledge({ bondMicro: 10n * COVENANT_BOND + 1n })).to.be.revertedWithCustomError(
      fixture.erc20,
      "ERC20InsufficientAllowance",
    );
  });

  it("binds the bond, and keeps the terms by their hash", async () => {
    const { covenants, erc20, operator, pledged } = fixture;
    const balance = await erc20.balanceOf(operator.address);

    const receipt = await (await pledge()).wait();

    const terms = [pledged.share, pledged.endsAt, pledged.bondMicro, pledged.evses];
    expect(eventsOf(receipt, covenants)).to.deep.equal([
      ["CovenantPledged", 1n, pledged.share, operator.address, terms],
    ]);
    expect(await erc20.balanceOf(covenants)).to.equal(COVENANT_BOND);
    expect(await erc20.balanceOf(operator.address)).to.equal(balance - COVENANT_BOND);
    const type = "tuple(address share, uint40 endsAt, uint64 bondMicro, uint32[] evses)";
    const termsHash = keccak256(AbiCoder.defaultAbiCoder().encode([type], [pledged]));
    const pledgedAt = BigInt(await networkHelpers.time.latest());
    expect([...(await covenants.covenantOf(1))]).to.deep.equal([CovenantStatus.Active, pledgedAt, termsHash]);
    expect(await covenants.proofSeconds()).to.equal(PROOF_SECONDS);
    await pledge();
    expect(await covenants.covenantCount()).to.equal(2n);
  });
});
