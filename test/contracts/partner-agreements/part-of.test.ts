import { expect } from "chai";
import fc from "fast-check";

import { type AgreementsFixture, proposedAgreement } from "../../helpers/agreements-fixture.ts";
import { networkHelpers } from "../../helpers/chain.ts";

const MOST_MICRO = 2n ** 64n - 1n;

describe("PartnerAgreements.partOf", () => {
  let fixture: AgreementsFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(proposedAgreement);
  });

  it("gives the operator the whole where there is no agreement, and nobody else anything", async () => {
    const { agreements, operator, host } = fixture;

    for (const totalMicro of [0n, 1n, MOST_MICRO]) {
      expect(await agreements.partOf(operator.address, 0, operator.address, totalMicro)).to.equal(totalMicro);
      expect(await agreements.partOf(operator.address, 0, host.address, totalMicro)).to.equal(0n);
    }
  });

  it("gives nobody anything of an agreement that is another operator's or does not exist", async () => {
    const { agreements, operator, otherOperator, host } = fixture;

    for (const [owner, agreement] of [
      [otherOperator, 1],
      [operator, 2],
    ] as const) {
      for (const party of [operator, otherOperator, host]) {
        expect(await agreements.partOf(owner.address, agreement, party.address, 1_000_000)).to.equal(0n);
      }
    }
  });

  it("gives accounts that are not partners a share of nothing", async () => {
    const { agreements, operator, stranger } = fixture;

    expect(await agreements.partOf(operator.address, 1, stranger.address, MOST_MICRO)).to.equal(0n);
  });

  it("rounds partners down and leaves the rest to the operator", async () => {
    const { agreements, operator, host, roaming } = fixture;

    // 30 % and 5.5 %, by hand. Of 3 the exact rest would be 3; a millionth of it waits until the total has grown.
    for (const [totalMicro, hostMicro, roamingMicro, operatorMicro] of [
      [0n, 0n, 0n, 0n],
      [1n, 0n, 0n, 1n],
      [3n, 0n, 0n, 2n],
      [19n, 5n, 1n, 13n],
      [10_000n, 3_000n, 550n, 6_450n],
      [7_810_225n, 2_343_067n, 429_562n, 5_037_596n],
      [MOST_MICRO, 5_534_023_222_112_865_484n, 1_014_570_924_054_025_338n, 11_898_149_927_542_660_792n],
    ] as const) {
      expect(
        await Promise.all(
          [host, roaming, operator].map(({ address }) => agreements.partOf(operator.address, 1, address, totalMicro)),
        ),
      ).to.deep.equal([hostMicro, roamingMicro, operatorMicro]);
    }
  });

  it("gives all to partners who share the whole", async () => {
    const { agreements, operator, partners } = fixture;
    await agreements.connect(operator).propose(partners.map(({ address }) => ({ partner: address, shareBps: 1_250n })));

    for (const { address } of partners) {
      expect(await agreements.partOf(operator.address, 2, address, 8_007n)).to.equal(1_000n);
    }
    expect(await agreements.partOf(operator.address, 2, operator.address, 8_007n)).to.equal(0n);
  });

  it("never takes back what it gave of a smaller total, and never gives more than there is", async () => {
    const { agreements, operator, partners } = fixture;
    const parties = [...partners, operator];
    let agreement = 1n;

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1_250 }), { minLength: 1, maxLength: 8 }),
        fc.bigInt({ min: 0n, max: 1_000_000n }),
        fc.array(fc.bigInt({ min: 1n, max: 3n }), { minLength: 1, maxLength: 8 }),
        async (sharesBps, firstMicro, steps) => {
          await agreements
            .connect(operator)
            .propose(sharesBps.map((bps, i) => ({ partner: parties[i]?.address ?? "", shareBps: BigInt(bps) })));
          agreement += 1n;
          // Around a multiple of 10,000 several partners' parts step up at once.
          let totalMicro = firstMicro * 10_000n + 9_998n;
          let before = parties.map(() => 0n);
          for (const stepMicro of steps) {
            const parts = await Promise.all(
              parties.map(({ address }) => agreements.partOf(operator.address, agreement, address, totalMicro)),
            );
            const sum = parts.reduce((left, right) => left + right);
            expect(parts.every((part, i) => part >= (before[i] ?? 0n))).to.equal(true);
            expect(sum <= totalMicro && totalMicro - sum < BigInt(sharesBps.length)).to.equal(true);
            if (totalMicro % 10_000n === 0n || sharesBps.length === 1) expect(sum).to.equal(totalMicro);
            before = parts;
            totalMicro += stepMicro;
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
