import { expect } from "chai";
import { TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import { SETTLEMENT_BATCH_TYPES } from "../../helpers/claims.ts";
import { SESSION_TERMS_TYPES } from "../../helpers/session-terms.ts";
import {
  DAY,
  fundedSettlement,
  HOLD,
  sessionIn,
  type SettlementFixture,
  settlementGroup,
  termsOf,
  settleBatch,
  isLive,
  openingIn,
  commitmentIn,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement views", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  it("answer zero for accounts nobody used", async () => {
    const { settlement, thief } = fixture;

    expect(await settlement.accountOf(thief.address, 0)).to.deep.equal([0n, 0n, 0n]);
    expect(await settlement.creditOf(thief.address, 0)).to.deep.equal([0n, 0n]);
    expect(await settlement.withdrawableOf(thief.address, 0, thief.address)).to.equal(0n);
  });

  it("name the EIP-712 domain", async () => {
    const { settlement } = fixture;

    expect(await settlement.eip712Domain()).to.deep.equal([
      "0x0f",
      "Wattproof Charging Settlement",
      "1",
      31_337n,
      await settlement.getAddress(),
      ZeroHash,
      [],
    ]);
  });

  it("invariant 14: compute the session id as a wallet does, for usual terms and for the largest and smallest", async () => {
    const { settlement } = fixture;
    const largest = termsOf(fixture, {
      driver: "0xffffffffffffffffffffffffffffffffffffffff",
      operator: "0xffffffffffffffffffffffffffffffffffffffff",
      lane: 2n ** 32n - 1n,
      nonce: 2n ** 32n - 1n,
      agreement: 2n ** 32n - 1n,
      maximumPowerW: 2n ** 24n - 1n,
      evse: 2n ** 32n - 1n,
      meter: 2n ** 32n - 1n,
      holdMicro: 2n ** 64n - 1n,
      expiresAt: 2n ** 40n - 1n,
      tariffId: "0x" + "ff".repeat(32),
    });
    const smallest = {
      driver: ZeroAddress,
      operator: ZeroAddress,
      lane: 0n,
      nonce: 0n,
      agreement: 0n,
      maximumPowerW: 0n,
      evse: 0n,
      meter: 0n,
      holdMicro: 0n,
      expiresAt: 0n,
      tariffId: ZeroHash,
    };
    for (const terms of [termsOf(fixture), largest, smallest]) {
      expect(await settlement.sessionIdOf(terms)).to.equal(sessionIn(fixture, terms));
    }
  });

  it("give every field of the terms another session id", async () => {
    const { settlement, otherDriver, otherOperator } = fixture;
    const terms = termsOf(fixture);
    const variants = [
      terms,
      { ...terms, driver: otherDriver.address },
      { ...terms, lane: 1n },
      { ...terms, nonce: 1n },
      { ...terms, operator: otherOperator.address },
      { ...terms, agreement: 1n },
      { ...terms, maximumPowerW: 1n },
      { ...terms, evse: 1n },
      { ...terms, meter: 1n },
      { ...terms, tariffId: ZeroHash },
      { ...terms, holdMicro: 1n },
      { ...terms, expiresAt: 1n },
    ];
    expect(variants.length).to.equal(SESSION_TERMS_TYPES.SessionTerms.length + 1);

    const ids = await Promise.all(variants.map((variant) => settlement.sessionIdOf(variant)));

    expect(new Set(ids).size).to.equal(variants.length);
  });

  it("tell a session live from its opening to its settlement", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    const lives = [await isLive(fixture, terms)];

    await settlement.connect(driver).open(terms);
    lives.push(await isLive(fixture, terms));
    expect(await settlement.accountOf(driver.address, 0)).to.deep.equal([
      100_000_000n - HOLD,
      1n,
      await commitmentIn(fixture, terms),
    ]);
    await settleBatch(fixture, [settlementGroup(terms)]);
    lives.push(await isLive(fixture, terms));

    expect(lives).to.deep.equal([false, true, false]);
  });

  it("tell a session live after its expiry until somebody expires it", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    await settlement.connect(driver).open(terms);
    await networkHelpers.time.increaseTo(terms.expiresAt + DAY);
    expect(await isLive(fixture, terms)).to.equal(true);

    await settlement.connect(driver).expire(terms, await openingIn(fixture, terms), 0);

    expect(await isLive(fixture, terms)).to.equal(false);
  });

  it("tell only the exact terms of a live session live", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    await settlement.connect(driver).open(terms);

    expect(await isLive(fixture, { ...terms, holdMicro: HOLD + 1n })).to.equal(false);
    expect(await isLive(fixture, { ...terms, lane: 1n })).to.equal(false);
    expect(await isLive(fixture, terms, 1n)).to.equal(false);
  });

  it("tell a session live with the sum of its top-ups and with no other", async () => {
    const { settlement, driver } = fixture;
    const terms = termsOf(fixture);
    await settlement.connect(driver).open(terms);
    await settlement.connect(driver).topUp(terms, await openingIn(fixture, terms), 0, 5);

    const lives = [];
    for (const toppedUpMicro of [0n, 4n, 5n, 6n]) lives.push(await isLive(fixture, terms, toppedUpMicro));

    expect(lives).to.deep.equal([false, false, true, false]);
    expect((await settlement.accountOf(driver.address, 0)).commitment).to.equal(await commitmentIn(fixture, terms, 5n));
  });

  it("compute what oracles sign for a batch as a wallet does", async () => {
    const { settlement } = fixture;
    const batch = { claims: "0x" + "5a".repeat(32), evidenceRoot: "0x" + "6b".repeat(32), count: 7n };

    expect(await settlement.batchDigestOf(batch.claims, batch.evidenceRoot, batch.count)).to.equal(
      TypedDataEncoder.hash(fixture.domain, SETTLEMENT_BATCH_TYPES, batch),
    );
  });
});
