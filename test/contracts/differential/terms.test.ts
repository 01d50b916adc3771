import { expect } from "chai";
import fc from "fast-check";

import { tagOf } from "../../../services/domain/id-tag.ts";
import { packTerms, sessionIdOf, unpackTerms } from "../../../services/domain/terms.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { packTerms as packTermsOfTest, type Terms } from "../../helpers/session-terms.ts";
import {
  fundedSettlement,
  openingGroup,
  signedOpeningOf,
  type SettlementFixture,
  termsOf,
} from "../../helpers/settlement-fixture.ts";

const SEED = 20_261_124;

const UINT32 = fc.oneof(fc.constantFrom(0, 1, 2 ** 32 - 1), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const bytes = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => ethers.hexlify(value));
const ADDRESS = bytes(20).map((value) => ethers.getAddress(value));

const TERMS = fc.record({
  driver: ADDRESS,
  lane: UINT32,
  nonce: UINT32,
  operator: ADDRESS,
  agreement: UINT32,
  evse: UINT32,
  meter: UINT32,
  maximumPowerW: fc.oneof(fc.constantFrom(0, 1, 2 ** 24 - 1), fc.integer({ min: 0, max: 2 ** 24 - 1 })),
  tariffId: bytes(32),
  holdMicro: fc.oneof(fc.constantFrom(0n, 1n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  expiresAt: fc.oneof(fc.constantFrom(0, 1, 2 ** 40 - 1), fc.integer({ min: 0, max: 2 ** 40 - 1 })),
});

/** Base32 with five bits a character as a string of bits, in other words than the service's. */
function idTagFromBits(digest: string): string {
  const bits = BigInt(digest).toString(2).padStart(256, "0").slice(0, 100);
  return (bits.match(/.{5}/g) ?? []).map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(five, 2)]).join("");
}

/** The terms as the service reads them. */
function ofService(terms: Terms) {
  return {
    driver: terms.driver,
    lane: Number(terms.lane),
    nonce: Number(terms.nonce),
    operator: terms.operator,
    agreement: Number(terms.agreement),
    evse: Number(terms.evse),
    meter: Number(terms.meter),
    maximumPowerW: Number(terms.maximumPowerW),
    tariffId: terms.tariffId,
    holdMicro: terms.holdMicro,
    expiresAt: Number(terms.expiresAt),
  };
}

describe("The session terms of service and contract", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  it("have the same session id in 500 cases, edges included", async () => {
    const { settlement } = fixture;
    const address = await settlement.getAddress();
    const caller = await ethers.deployContract("BatchCaller");
    const cases = fc.sample(TERMS, { numRuns: 500, seed: SEED });

    const answers = await caller.callAll(
      address,
      cases.map((terms) => settlement.interface.encodeFunctionData("sessionIdOf", [terms])),
    );

    const domain = { chainId: 31_337, verifyingContract: address };
    expect([...answers]).to.deep.equal(cases.map((terms) => sessionIdOf(terms, domain)));
  });

  it("pack and unpack to the same terms in 500 cases, edges included", () => {
    for (const terms of fc.sample(TERMS, { numRuns: 500, seed: SEED })) {
      const packed = packTerms(terms);

      expect(unpackTerms(packed, terms)).to.deep.equal(terms);
      const inBigints = {
        ...terms,
        lane: BigInt(terms.lane),
        nonce: BigInt(terms.nonce),
        agreement: BigInt(terms.agreement),
        maximumPowerW: BigInt(terms.maximumPowerW),
        evse: BigInt(terms.evse),
        meter: BigInt(terms.meter),
        expiresAt: BigInt(terms.expiresAt),
      };
      expect(packTermsOfTest(inBigints)).to.equal(packed);
    }
  });

  it("are read by the service from the two events of a session, the group's and its own", async () => {
    const { settlement, driver, relayer } = fixture;
    const terms = termsOf(fixture);
    const opening = await signedOpeningOf(fixture, driver, terms);
    await settlement.connect(relayer).openBatch([openingGroup(terms, [opening])]);
    const [group] = await settlement.queryFilter(settlement.filters.GroupOpened());
    const [event] = await settlement.queryFilter(settlement.filters.SessionOpened());
    if (group === undefined || event === undefined) throw new Error("No session was opened");

    const read = unpackTerms(event.args.terms, {
      driver: event.args.driver,
      operator: group.args.operator,
      agreement: Number(group.args.agreement),
      tariffId: group.args.tariffId,
    });

    expect(read).to.deep.equal(ofService(terms));
    const domain = { chainId: 31_337, verifyingContract: await settlement.getAddress() };
    expect(sessionIdOf(read, domain)).to.equal(event.args.sessionId);
  });

  it("have a tag of the first 100 bits of a digest", async () => {
    const { settlement } = fixture;
    const sessionId = await settlement.sessionIdOf(termsOf(fixture));
    const digests = [sessionId, "0x" + "00".repeat(32), "0x" + "ff".repeat(32)];
    const random = fc.sample(bytes(32), { numRuns: 200, seed: SEED });

    for (const digest of [...digests, ...random]) expect(tagOf(digest)).to.equal(idTagFromBits(digest));
    expect(tagOf("0x" + "ff".repeat(32))).to.equal("7".repeat(20));
  });
});
