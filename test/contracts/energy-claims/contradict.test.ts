import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  claim,
  claimableMeters,
  claimOf,
  type ClaimContent,
  type ClaimsFixture,
  ClaimStatus,
  CONTRADICTION_SECONDS,
  intervalOf,
  nextPeriod,
  REGISTER,
} from "../../helpers/energy-claims-fixture.ts";
import { recordOf, type SignedRecord } from "../../helpers/meter-settlement-fixture.ts";
import { beginReading, endReading } from "../../helpers/ocmf.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import type { LiveTerms } from "../../helpers/session-terms.ts";
import { afterCharge, MAXIMUM_SESSION_SECONDS, openedAs, termsOf } from "../../helpers/settlement-fixture.ts";

/** The register at which a later session begins, and one 10⁻⁶ Wh above the claimed end of 500 kWh. */
const BELOW = "499.999999999";
const AT_THE_END = "500.000";

describe("EnergyClaims.contradict", () => {
  let fixture: ClaimsFixture;
  let content: ClaimContent;
  /** A live session that was opened after the claimed period. */
  let terms: LiveTerms;

  /** The usual claim, and the driver's session at meter 1 two days and more after its period. */
  async function claimAndLaterSession(): Promise<ClaimsFixture> {
    const prepared = await claimableMeters();
    await claim(prepared);
    return prepared;
  }

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(claimAndLaterSession);
    const { settlement, driver } = fixture;
    content = claimOf(fixture);
    await settlement.connect(driver).expire(fixture.terms, fixture.terms.opening, 0);
    const now = BigInt(await networkHelpers.time.latest());
    const later = termsOf(fixture, { evse: 1n, meter: 1n, nonce: 1n, expiresAt: now + MAXIMUM_SESSION_SECONDS });
    terms = await openedAs(fixture, driver, later);
    await afterCharge();
  });

  function recordFrom(begin: string, changes: object = {}): SignedRecord {
    return recordOf(fixture, terms, {
      readings: [
        { ...beginReading, RV: begin, ...changes },
        { ...endReading, RV: "512.000", ...changes },
      ],
    });
  }

  async function contradict(
    record = recordFrom(BELOW),
    { claimId = 1n, claimed = content, index = 0n, session = terms, by = fixture.relayer } = {},
  ) {
    return await fixture.claims.connect(by).contradict(claimId, claimed, index, session, session.opening, 0, [record]);
  }

  async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
    await expect(action)
      .to.be.revertedWithCustomError(fixture.claims, error)
      .withArgs(...details);
  }

  it("refuses a claim that nobody made, and one that was contradicted", async () => {
    await expectRefusal(contradict(undefined, { claimId: 2n }), "ClaimNotActive", 2, ClaimStatus.None);
    await contradict();
    await expectRefusal(contradict(), "ClaimNotActive", 1, ClaimStatus.Contradicted);
  });

  it("refuses a claim whose window is over", async () => {
    const { claimedAt } = await fixture.claims.claimOf(1);
    const deadline = claimedAt + CONTRADICTION_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);

    await expectRefusal(contradict(), "WindowPassed", deadline + 1n, deadline);
  });

  it("refuses what was not claimed", async () => {
    const other = claimOf(fixture, { intervals: [intervalOf({ to: 600_000_000_000n })] });
    await expectRefusal(contradict(undefined, { claimed: other }), "ClaimMismatch", 1);
  });

  it("refuses an interval that the claim does not have", async () => {
    await expectRefusal(contradict(undefined, { index: 1n }), "IntervalUnknown", 1, 1);
  });

  it("refuses a register that restarts, which says nothing about earlier records", async () => {
    const { settlement, driver } = fixture;
    const intervals = [intervalOf({ register: 0n, device: 2n, from: 7n, to: 20n })];
    const periodEnd = await nextPeriod(fixture.periodEnd);
    await claim(fixture, { intervals, periodEnd });
    await settlement.connect(driver).expire(terms, terms.opening, 0);

    const claimed = claimOf(fixture, { intervals, periodEnd });
    await expectRefusal(contradict(undefined, { claimId: 2n, claimed }), "RegisterRestarts", 2);
  });

  it("refuses a session at another device", async () => {
    await expectRefusal(contradict(undefined, { session: { ...terms, meter: 2n } }), "DeviceDiffers", 2, 1);
  });

  it("refuses a session that never opened: its terms could have been signed into a record long ago", async () => {
    const { claims } = fixture;
    const written = { ...terms, nonce: 2n };
    await expect(contradict(undefined, { session: written })).to.be.revertedWithCustomError(claims, "SessionNotLive");
  });

  it("refuses another time of opening than the session's", async () => {
    const { claims } = fixture;
    const moved = { ...terms, opening: { ...terms.opening, openedAt: terms.opening.openedAt + 1n } };
    await expect(contradict(undefined, { session: moved })).to.be.revertedWithCustomError(claims, "SessionNotLive");
  });

  it("refuses a session that opened before the period ended", async () => {
    const periodEnd = terms.opening.openedAt + 1n;
    const intervals = [intervalOf({ from: 500_000_000_000n, to: 500_000_000_001n, energyMicroWh: 1n })];
    await claim(fixture, { periodEnd, intervals });

    const claimed = claimOf(fixture, { periodEnd, intervals });
    await expectRefusal(
      contradict(undefined, { claimId: 2n, claimed }),
      "SessionTooEarly",
      terms.opening.openedAt,
      periodEnd,
    );
  });

  it("refuses a record that the session's meter did not sign for it", async () => {
    const { meterSettlement } = fixture;
    const record = recordOf(fixture, fixture.terms);
    await expect(contradict(record)).to.be.revertedWithCustomError(meterSettlement, "IdTagMissing");
    await expect(contradict({ ...recordFrom(BELOW), r: `0x${"01".repeat(32)}` })).to.be.revertedWithCustomError(
      meterSettlement,
      "RecordSignatureInvalid",
    );
  });

  it("refuses a record of another register", async () => {
    const record = recordFrom(BELOW, { RI: '"01-00:B1.08.00*FF"' });
    const { claims } = fixture;
    await expect(contradict(record)).to.be.revertedWithCustomError(claims, "RegisterDiffers");
    await expect(contradict(recordFrom(BELOW, { RI: '"01-00:B3.08.00*FF"' })))
      .to.be.revertedWithCustomError(claims, "RegisterDiffers")
      .withArgs(1, 0, REGISTER);
  });

  it("refuses a record that agrees with the claim", async () => {
    await expectRefusal(contradict(recordFrom(AT_THE_END)), "NothingContradicted", 500_000_000_000n, 500_000_000_000n);
  });

  it("takes the bond for challenger and beneficiary, half each", async () => {
    const { claims, relayer, beneficiary, operator } = fixture;
    const receipt = await (await contradict()).wait();

    const nothing = `0x${"00".repeat(32)}`;
    expect(eventsOf(receipt, claims)).to.deep.equal([
      ["ClaimContradicted", 1n, relayer.address, nothing, 390_000n, 390_000n],
    ]);
    const { status, bondMicro } = await claims.claimOf(1);
    expect([status, bondMicro]).to.deep.equal([ClaimStatus.Contradicted, 0n]);
    expect(await claims.owedMicroOf(relayer.address)).to.equal(390_000n);
    expect(await claims.owedMicroOf(beneficiary.address)).to.equal(390_000n);
    expect(await claims.owedMicroOf(operator.address)).to.equal(0n);
    // Whoever claimed wrongly has lost the energy, too.
    expect((await claims.markOf(1, 1))[0].claimedTo).to.equal(500_000_000_000n);
  });

  it("contradicts a claim that was retired within the window", async () => {
    const { claims, operator } = fixture;
    await claims.connect(operator).retire(1, "NEa 2026/4711");
    await contradict();

    expect((await claims.claimOf(1)).status).to.equal(ClaimStatus.Contradicted);
  });

  it("costs the claimant half the bond that contradicts a claim of its own", async () => {
    const { claims, operator } = fixture;
    await contradict(undefined, { by: operator });

    expect(await claims.owedMicroOf(operator.address)).to.equal(390_000n);
  });
});
