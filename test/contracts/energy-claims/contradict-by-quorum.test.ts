import { expect } from "chai";
import { id } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  type ClaimsFixture,
  ClaimStatus,
  CONTRADICTION_SECONDS,
  madeClaim,
  signContradiction,
} from "../../helpers/energy-claims-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

const REASON = id("session 7 was corrected");

describe("EnergyClaims.contradictByQuorum", () => {
  let fixture: ClaimsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(madeClaim);
  });

  async function contradict(claimId = 1n, signed = { claimId, reasonHash: REASON }) {
    const { claims, relayer } = fixture;
    return await claims.connect(relayer).contradictByQuorum(claimId, REASON, await signContradiction(fixture, signed));
  }

  it("refuses a claim that nobody made, and one that was contradicted", async () => {
    const { claims } = fixture;
    await expect(contradict(2n)).to.be.revertedWithCustomError(claims, "ClaimNotActive").withArgs(2, ClaimStatus.None);
    await contradict();
    await expect(contradict())
      .to.be.revertedWithCustomError(claims, "ClaimNotActive")
      .withArgs(1, ClaimStatus.Contradicted);
  });

  it("refuses a claim whose window is over", async () => {
    const { claims } = fixture;
    const deadline = (await claims.claimOf(1)).claimedAt + CONTRADICTION_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);

    await expect(contradict())
      .to.be.revertedWithCustomError(claims, "WindowPassed")
      .withArgs(deadline + 1n, deadline);
  });

  it("refuses what no quorum signed, and what it signed for another claim or reason", async () => {
    const { claims, oracleCommittee, relayer, oracles } = fixture;
    const one = await signContradiction(fixture, { claimId: 1n, reasonHash: REASON }, oracles.slice(0, 1));
    await expect(claims.connect(relayer).contradictByQuorum(1, REASON, one))
      .to.be.revertedWithCustomError(oracleCommittee, "SignatureCountWrong")
      .withArgs(1, 2);
    for (const signed of [
      { claimId: 2n, reasonHash: REASON },
      { claimId: 1n, reasonHash: id("another") },
    ]) {
      await expect(contradict(1n, signed)).to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember");
    }
  });

  it("gives the whole bond to the beneficiary, so that no quorum earns by its word", async () => {
    const { claims, relayer, beneficiary } = fixture;
    const receipt = await (await contradict()).wait();

    expect(eventsOf(receipt, claims)).to.deep.equal([["ClaimContradicted", 1n, relayer.address, REASON, 0n, 780_000n]]);
    expect((await claims.claimOf(1)).status).to.equal(ClaimStatus.Contradicted);
    expect(await claims.owedMicroOf(beneficiary.address)).to.equal(780_000n);
    expect(await claims.owedMicroOf(relayer.address)).to.equal(0n);
  });
});
