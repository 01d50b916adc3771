import { expect } from "chai";
import { concat, dataSlice, id, keccak256 } from "ethers";

import { createSoftwarePasskey, userPresent, userVerified } from "../../../scripts/gas/software-passkey.ts";
import { batchDigestOf, encodeAssertion } from "../../../services/domain/passkey.ts";
import { networkHelpers, ethers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import {
  assertionOf,
  batchOf,
  bring,
  call,
  passkeyWithAccount,
  passkeyWithoutAccount,
  type PasskeyFixture,
} from "../../helpers/passkey-fixture.ts";
import { DAY, DEPOSIT, HOLD } from "../../helpers/settlement-fixture.ts";
import { sessionIdOf } from "../../helpers/session-terms.ts";
import { termsOf } from "../../helpers/ways-in-fixture.ts";

describe("PasskeyAccount.executeBatch", () => {
  let fixture: PasskeyFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(passkeyWithAccount);
  });

  /** Tokens from the account to the relayer, who brings it: what a thief would like. */
  async function payment(nonce = 0) {
    const { erc20, relayer, address } = fixture;
    await erc20.mint(address, DEPOSIT);
    return batchOf(fixture, [call(await erc20.getAddress(), transfer(relayer.address, HOLD))], nonce);
  }

  function transfer(to: string, amount: bigint): string {
    return fixture.erc20.interface.encodeFunctionData("transfer", [to, amount]);
  }

  it("refuses another nonce than the account's next: an assertion counts once", async () => {
    const { account } = fixture;
    const batch = await payment();
    const assertion = assertionOf(fixture, batch);
    await bring(fixture, batch, assertion);

    await expect(bring(fixture, batch, assertion))
      .to.be.revertedWithCustomError(account, "NonceMismatch")
      .withArgs(0n, 1n);
    const ahead = { ...batch, nonce: 2 };
    await expect(bring(fixture, ahead)).to.be.revertedWithCustomError(account, "NonceMismatch").withArgs(2n, 1n);
  });

  it("refuses a batch after its deadline", async () => {
    const { account, startedAt } = fixture;
    const batch = await payment();
    await networkHelpers.time.setNextBlockTimestamp(startedAt + DAY + 1n);

    await expect(bring(fixture, batch))
      .to.be.revertedWithCustomError(account, "DeadlinePassed")
      .withArgs(startedAt + DAY + 1n, startedAt + DAY);
  });

  it("refuses an assertion of anything else, or made in another way", async () => {
    const { account, passkey, chainId, address } = fixture;
    const batch = await payment();
    const domain = { chainId, account: address };
    const digest = batchDigestOf(batch, domain);
    const good = passkey.assert(digest);
    const dearer = batch.calls.map((one) => ({ ...one, value: 1n }));
    const wrong = {
      "another challenge": assertionOf(fixture, { ...batch, calls: dearer }),
      "another deadline": assertionOf(fixture, { ...batch, deadline: batch.deadline + 1 }),
      "another account": encodeAssertion(
        passkey.assert(batchDigestOf(batch, { ...domain, account: dataSlice(id("other"), 12) })),
      ),
      "another chain": encodeAssertion(passkey.assert(batchDigestOf(batch, { ...domain, chainId: 1 }))),
      "another passkey": encodeAssertion(createSoftwarePasskey().assert(digest)),
      "a user who was not verified": assertionOf(fixture, batch, { flags: userPresent }),
      "a user who was not there": assertionOf(fixture, batch, { flags: userVerified }),
      "a registration": assertionOf(fixture, batch, { type: "webauthn.create" }),
      "s in the upper half": assertionOf(fixture, batch, { isHigh: true }),
      "flags that were not signed": encodeAssertion({
        ...passkey.assert(digest, { flags: userPresent }),
        authenticatorData: good.authenticatorData,
      }),
      "a challenge within another text": encodeAssertion({
        ...passkey.assert(id("else"), { origin: good.clientDataJson }),
      }),
      "no assertion": "0x",
    };

    for (const [name, assertion] of Object.entries(wrong)) {
      await expect(bring(fixture, batch, assertion), name).to.be.revertedWithCustomError(account, "AssertionInvalid");
    }
    await bring(fixture, batch, encodeAssertion(good));
  });

  it("undoes everything where one call fails, and passes its reason on", async () => {
    const { account, erc20, relayer, address } = fixture;
    const token = await erc20.getAddress();
    await erc20.mint(address, HOLD);
    const batch = batchOf(fixture, [
      call(token, transfer(relayer.address, HOLD)),
      call(token, transfer(relayer.address, 1n)),
    ]);

    await expect(bring(fixture, batch))
      .to.be.revertedWithCustomError(erc20, "ERC20InsufficientBalance")
      .withArgs(address, 0n, 1n);
    expect([await account.nonce(), await erc20.balanceOf(address)]).to.deep.equal([0n, HOLD]);
  });

  it("refuses a call with data of an address without code", async () => {
    const { account, relayer } = fixture;

    await expect(bring(fixture, batchOf(fixture, [call(relayer.address, "0x12345678")])))
      .to.be.revertedWithCustomError(account, "TargetWithoutCode")
      .withArgs(relayer.address);
  });

  it("cannot be entered a second time with the same assertion from within", async () => {
    const { account, address } = fixture;
    const inner = batchOf(fixture, []);
    const again = account.interface.encodeFunctionData("executeBatch", [
      [],
      0,
      inner.deadline,
      assertionOf(fixture, inner),
    ]);
    const batch = batchOf(fixture, [call(address, again)]);

    await expect(bring(fixture, batch)).to.be.revertedWithCustomError(account, "NonceMismatch").withArgs(0n, 1n);
  });

  it("takes the chain's coin and sends it on", async () => {
    const { relayer, otherDriver, address } = fixture;
    await relayer.sendTransaction({ to: address, value: 7n });
    const batch = batchOf(fixture, [call(otherDriver.address, "0x", 7n)]);

    await expect(bring(fixture, batch)).to.changeEtherBalances(ethers, [address, otherDriver], [-7n, 7n]);
  });

  it("lets anybody bring it to the account itself", async () => {
    const { account, erc20, relayer } = fixture;
    const batch = await payment();

    const { calls, nonce, deadline } = batch;
    const sent = await account.connect(relayer).executeBatch([...calls], nonce, deadline, assertionOf(fixture, batch));

    expect(eventsOf(await sent.wait(), account)).to.deep.equal([["BatchExecuted", 0n]]);
    expect([await erc20.balanceOf(relayer.address), await account.nonce()]).to.deep.equal([HOLD, 1n]);
  });
});

describe("PasskeyAccounts.createAndExecute", () => {
  it("creates the account, pays in and opens a session by one assertion, with money that was there before", async () => {
    const fixture = await networkHelpers.loadFixture(passkeyWithoutAccount);
    const { accounts, erc20, settlement, address, otherDriver, passkey } = fixture;
    await erc20.mint(address, DEPOSIT);
    const terms = termsOf(fixture, { driver: address });
    const spender = await settlement.getAddress();
    const batch = batchOf(fixture, [
      call(await erc20.getAddress(), erc20.interface.encodeFunctionData("approve", [spender, HOLD])),
      call(spender, settlement.interface.encodeFunctionData("deposit", [address, 0, HOLD])),
      call(spender, settlement.interface.encodeFunctionData("open", [terms])),
    ]);

    const receipt = await (await bring(fixture, batch)).wait();

    const { x, y } = passkey.point;
    const keyId = keccak256(concat([x, y]));
    expect(eventsOf(receipt, accounts)).to.deep.equal([["AccountCreated", address, keyId, otherDriver.address, x, y]]);
    expect(eventsOf(receipt, settlement).map(([name]) => name)).to.deep.equal([
      "Deposited",
      "GroupOpened",
      "SessionOpened",
    ]);
    const { freeMicro, nonce, commitment } = await settlement.accountOf(address, 0);
    expect([freeMicro, nonce, commitment !== 0n]).to.deep.equal([0n, 1n, true]);
    expect(await erc20.balanceOf(address)).to.equal(DEPOSIT - HOLD);
    const opened = settlement.filters.SessionOpened(sessionIdOf(fixture.domain, terms), address);
    expect(await settlement.queryFilter(opened)).to.have.length(1);
  });

  it("undoes the creation where the batch fails", async () => {
    const fixture = await networkHelpers.loadFixture(passkeyWithoutAccount);
    const batch = batchOf(fixture, []);

    await expect(bring(fixture, batch, assertionOf(fixture, { ...batch, nonce: 1 }))).to.be.revertedWithCustomError(
      fixture.account,
      "AssertionInvalid",
    );
    expect(await ethers.provider.getCode(fixture.address)).to.equal("0x");
  });
});
