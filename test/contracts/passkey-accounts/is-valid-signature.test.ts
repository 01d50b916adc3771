import { expect } from "chai";
import { id } from "ethers";

import { batchDigestOf, encodeAssertion, nestedDigestOf } from "../../../services/domain/passkey.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { batchOf, passkeyWithAccount, type PasskeyFixture } from "../../helpers/passkey-fixture.ts";
import { DEPOSIT } from "../../helpers/settlement-fixture.ts";
import { sessionIdOf } from "../../helpers/session-terms.ts";
import { termsOf } from "../../helpers/ways-in-fixture.ts";

const GOOD = "0x1626ba7e";
const BAD = "0xffffffff";

describe("PasskeyAccount.isValidSignature", () => {
  let fixture: PasskeyFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(passkeyWithAccount);
  });

  it("refuses an assertion for the digest itself, for another account, and that of a batch", async () => {
    const { account, passkey, chainId, address, driver } = fixture;
    const digest = id("anything");
    const batch = batchOf(fixture, []);

    for (const challenge of [
      digest,
      nestedDigestOf(digest, { chainId, account: driver.address }),
      nestedDigestOf(digest, { chainId: 1, account: address }),
    ]) {
      expect(await account.isValidSignature(digest, encodeAssertion(passkey.assert(challenge)))).to.equal(BAD);
    }
    const batchDigest = batchDigestOf(batch, { chainId, account: address });
    expect(await account.batchDigestOf([...batch.calls], batch.nonce, batch.deadline)).to.equal(batchDigest);
    expect(await account.isValidSignature(batchDigest, encodeAssertion(passkey.assert(batchDigest)))).to.equal(BAD);
  });

  it("lets the passkey open a session by a signature of the terms", async () => {
    const { account, settlement, erc20, passkey, chainId, address, driver, relayer } = fixture;
    await erc20.connect(driver).approve(settlement, DEPOSIT);
    await settlement.connect(driver).deposit(address, 0, DEPOSIT);
    const terms = termsOf(fixture, { driver: address });
    const sessionId = sessionIdOf(fixture.domain, terms);
    const signature = encodeAssertion(passkey.assert(nestedDigestOf(sessionId, { chainId, account: address })));

    expect(await account.isValidSignature(sessionId, signature)).to.equal(GOOD);
    await settlement.connect(relayer).openSigned(terms, signature);
    expect((await settlement.accountOf(address, 0)).commitment).to.not.equal(0n);
  });
});
