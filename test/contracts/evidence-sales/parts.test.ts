import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  AGREEMENT,
  type SalesFixture,
  offerOf,
  partLeaf,
  PRICE,
  rootOver,
  signRound,
  soldOnce,
} from "../../helpers/evidence-sales-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { passEpochs } from "../../helpers/partners-fixture.ts";
import { settleBatch, settlementGroup, termsOf, USUAL_PRICE } from "../../helpers/settlement-fixture.ts";

const POOL = 2_000_000n;
const FIRST = 1_500_000n;
const SECOND = 400_000n;

describe("The parts of a sale", () => {
  let fixture: SalesFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(soldOnce);
  });

  async function allot(totalMicro: bigint, parts: readonly [string, string], changes: object = {}) {
    const { sales, relayer } = fixture;
    const root = rootOver(...parts);
    const round = (await sales.roundCount()) + 1n;
    return await sales
      .connect(relayer)
      .allot(root, totalMicro, await signRound(fixture, { round, root, totalMicro, ...changes }));
  }

  const leaves = (first = FIRST, second = SECOND): [string, string] => [
    partLeaf(fixture.driver.address, 0n, first),
    partLeaf(fixture.otherDriver.address, 7n, second),
  ];

  function partsOf(first = FIRST, second = SECOND, round = 1n) {
    const [left, right] = leaves(first, second);
    return [
      { round, driver: fixture.driver.address, lane: 0n, amountMicro: first, proof: [right] },
      { round, driver: fixture.otherDriver.address, lane: 7n, amountMicro: second, proof: [left] },
    ];
  }

  const freeOf = async (driver: { readonly address: string }, lane: number) =>
    (await fixture.settlement.accountOf(driver.address, lane)).freeMicro;

  describe("withdrawPart", () => {
    async function expectRefusal(action: Promise<unknown>, error: string, ...details: unknown[]): Promise<void> {
      await expect(action)
        .to.be.revertedWithCustomError(fixture.sales, error)
        .withArgs(...details);
    }

    it("refuses nothing, the zero address, and more than the part", async () => {
      const { sales, operator, host, thief } = fixture;
      const of = operator.address;
      await expectRefusal(sales.connect(host).withdrawPart(of, AGREEMENT, 0, host.address), "AmountZero");
      await expectRefusal(sales.connect(host).withdrawPart(of, AGREEMENT, 1, ZeroAddress), "AddressZero");
      await expectRefusal(
        sales.connect(host).withdrawPart(of, AGREEMENT, 1_000_001, host.address),
        "BalanceTooLow",
        1_000_001,
        1_000_000,
      );
      await expectRefusal(sales.connect(thief).withdrawPart(of, AGREEMENT, 1, thief.address), "BalanceTooLow", 1, 0);
    });

    it("pays each party its part once, and nothing of the drivers'", async () => {
      const { sales, erc20, operator, host, thief } = fixture;
      const receipt = await (
        await sales.connect(host).withdrawPart(operator.address, AGREEMENT, 1_000_000, thief.address)
      ).wait();
      expect(eventsOf(receipt, sales)).to.deep.equal([
        ["PartWithdrawn", operator.address, AGREEMENT, host.address, thief.address, 1_000_000n],
      ]);
      await sales.connect(operator).withdrawPart(operator.address, AGREEMENT, 7_000_000, operator.address);

      expect(await erc20.balanceOf(sales)).to.equal(POOL);
      expect(await sales.owedMicro()).to.equal(POOL);
      for (const party of [operator.address, host.address, await sales.getAddress()]) {
        expect(await sales.withdrawableOf(operator.address, AGREEMENT, party)).to.equal(0n);
      }
    });
  });

  describe("allot", () => {
    it("refuses a round of nothing, and more than sales brought in since the last one", async () => {
      const { sales, buyer } = fixture;
      await expect(allot(0n, leaves())).to.be.revertedWithCustomError(sales, "AmountZero");
      await expect(allot(POOL + 1n, leaves()))
        .to.be.revertedWithCustomError(sales, "RoundAbovePool")
        .withArgs(POOL + 1n, POOL);
      await allot(FIRST + SECOND, leaves());
      await sales.connect(buyer).buy(offerOf(fixture));
      await expect(allot(2n * POOL, leaves()))
        .to.be.revertedWithCustomError(sales, "RoundAbovePool")
        .withArgs(2n * POOL, POOL + 100_000n);
    });

    it("refuses what no quorum signed, and what it signed for another round", async () => {
      const { sales, oracleCommittee, relayer, oracles } = fixture;
      const root = rootOver(...leaves());
      const one = await signRound(fixture, { round: 1n, root, totalMicro: POOL }, oracles.slice(0, 1));
      await expect(sales.connect(relayer).allot(root, POOL, one)).to.be.revertedWithCustomError(
        oracleCommittee,
        "SignatureCountWrong",
      );
      await expect(allot(POOL, leaves(), { round: 2n })).to.be.revertedWithCustomError(
        oracleCommittee,
        "SignerNotMember",
      );
    });

    it("keeps a round beside the earlier ones", async () => {
      const { sales } = fixture;
      const receipt = await (await allot(FIRST + SECOND, leaves())).wait();
      const root = rootOver(...leaves());
      expect(eventsOf(receipt, sales)).to.deep.equal([["RoundAllotted", 1n, root, FIRST + SECOND]]);
      expect([...(await sales.roundOf(1))]).to.deep.equal([root, FIRST + SECOND]);
      expect(await sales.unallottedMicro()).to.equal(100_000n);
    });
  });

  describe("creditParts", () => {
    it("refuses a round that nobody allotted", async () => {
      const { sales, thief } = fixture;
      for (const round of [0n, 1n]) {
        await expect(sales.connect(thief).creditParts(partsOf(FIRST, SECOND, round)))
          .to.be.revertedWithCustomError(sales, "RoundUnknown")
          .withArgs(round);
      }
    });

    it("refuses another driver, lane, amount or proof than the round's", async () => {
      const { sales, thief } = fixture;
      await allot(FIRST + SECOND, leaves());
      const [part] = partsOf();
      if (part === undefined) throw new Error("There is a part");
      for (const change of [{ driver: thief.address }, { lane: 1n }, { amountMicro: FIRST + 1n }, { proof: [] }]) {
        await expect(sales.connect(thief).creditParts([{ ...part, ...change }])).to.be.revertedWithCustomError(
          sales,
          "PartNotInRound",
        );
      }
    });

    it("refuses more than the round took, where a quorum named more", async () => {
      const { sales, thief } = fixture;
      await allot(FIRST, leaves());
      await sales.connect(thief).creditParts(partsOf().slice(0, 1));
      await expect(sales.connect(thief).creditParts(partsOf().slice(1)))
        .to.be.revertedWithCustomError(sales, "RoundExhausted")
        .withArgs(1, SECOND, 0);
    });

    it("credits drivers on their lanes, once, whoever calls, and passes over what was credited", async () => {
      const { sales, settlement, erc20, thief, driver, otherDriver } = fixture;
      await allot(FIRST + SECOND, leaves());
      const before = await freeOf(driver, 0);
      await sales.connect(thief).creditParts(partsOf().slice(0, 1));

      const receipt = await (await sales.connect(thief).creditParts(partsOf())).wait();

      expect(eventsOf(receipt, sales)).to.deep.equal([["PartCredited", 1n, otherDriver.address, 7n, SECOND]]);
      expect(eventsOf(receipt, settlement).map(([name]) => name)).to.deep.equal(["Deposited"]);
      expect((await freeOf(driver, 0)) - before).to.equal(FIRST);
      expect(await freeOf(otherDriver, 7)).to.equal(SECOND);
      expect(await sales.owedMicro()).to.equal(PRICE - FIRST - SECOND);
      expect(await erc20.balanceOf(sales)).to.equal(PRICE - FIRST - SECOND);
    });

    it("keeps parts claimable for ever: later rounds, also of a stolen quorum, do not reach them", async () => {
      const { sales, buyer, thief, driver } = fixture;
      await allot(POOL, leaves(FIRST, POOL - FIRST));
      await sales.connect(buyer).buy(offerOf(fixture));
      const stolen = partLeaf(thief.address, 0n, 2n * POOL);
      await allot(POOL, [stolen, stolen]);
      const theft = { round: 2n, driver: thief.address, lane: 0n, amountMicro: 2n * POOL, proof: [stolen] };
      await expect(sales.connect(thief).creditParts([theft]))
        .to.be.revertedWithCustomError(sales, "RoundExhausted")
        .withArgs(2, 2n * POOL, POOL);
      await networkHelpers.time.increase(3_650n * 86_400n);
      const before = await freeOf(driver, 0);

      await sales.creditParts(partsOf(FIRST, POOL - FIRST));

      expect((await freeOf(driver, 0)) - before).to.equal(FIRST);
    });
  });

  describe("collect", () => {
    it("refuses where the pool earned nothing", async () => {
      const { sales, operator } = fixture;
      await expect(sales.collect(operator.address, AGREEMENT)).to.be.revertedWithCustomError(sales, "AmountZero");
    });

    it("adds to the pool what it earned as a partner of sessions", async () => {
      const { sales, settlement, erc20, operator, driver } = fixture;
      const terms = termsOf(fixture, { agreement: AGREEMENT });
      await settlement.connect(driver).open(terms);
      await settleBatch(fixture, [settlementGroup(terms)]);
      await passEpochs();
      const earned = (USUAL_PRICE * 2_000n) / 10_000n;

      const receipt = await (await sales.collect(operator.address, AGREEMENT)).wait();

      expect(eventsOf(receipt, sales)).to.deep.equal([["PoolCollected", operator.address, AGREEMENT, earned]]);
      expect(await sales.unallottedMicro()).to.equal(POOL + earned);
      expect(await erc20.balanceOf(sales)).to.equal(PRICE + earned);
      expect(await sales.owedMicro()).to.equal(PRICE + earned);
    });
  });
});
