import { expect } from "chai";
import { concat, keccak256, ZeroAddress, ZeroHash } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { passkeyWithAccount, passkeyWithoutAccount } from "../../helpers/passkey-fixture.ts";

describe("PasskeyAccounts.create", () => {
  it("refuses a point that is not on the curve", async () => {
    const { accounts, account, passkey } = await networkHelpers.loadFixture(passkeyWithoutAccount);
    const { x } = passkey.point;

    await expect(accounts.create(x, ZeroHash, ZeroAddress))
      .to.be.revertedWithCustomError(account, "SignerP256InvalidPublicKey")
      .withArgs(x, ZeroHash);
  });

  it("creates the account at the address that was known, with its key and recovery account", async () => {
    const { accounts, account, address, passkey, otherDriver } =
      await networkHelpers.loadFixture(passkeyWithoutAccount);
    const { x, y } = passkey.point;

    const receipt = await (await accounts.create(x, y, otherDriver.address)).wait();

    expect(eventsOf(receipt, accounts)).to.deep.equal([
      ["AccountCreated", address, keccak256(concat([x, y])), otherDriver.address, x, y],
    ]);
    expect([...(await account.getFunction("signer")())]).to.deep.equal([x, y]);
    expect([await account.recovery(), await account.nonce(), await account.recoverableAt()]).to.deep.equal([
      otherDriver.address,
      0n,
      0n,
    ]);
    // The 45 bytes of ERC-1167.
    expect(ethers.dataLength(await ethers.provider.getCode(address))).to.equal(45);
  });

  it("leaves an account alone that is there", async () => {
    const { accounts, account, address, passkey, otherDriver } = await networkHelpers.loadFixture(passkeyWithAccount);
    const { x, y } = passkey.point;

    const receipt = await (await accounts.create(x, y, otherDriver.address)).wait();

    expect(receipt?.logs).to.deep.equal([]);
    expect(await accounts.create.staticCall(x, y, otherDriver.address)).to.equal(address);
    expect([...(await account.getFunction("signer")())]).to.deep.equal([x, y]);
  });

  it("gives each recovery account its own address", async () => {
    const { accounts, address, passkey } = await networkHelpers.loadFixture(passkeyWithAccount);
    const { x, y } = passkey.point;

    const other = await accounts.create.staticCall(x, y, ZeroAddress);
    await accounts.create(x, y, ZeroAddress);

    expect(other).to.not.equal(address);
    expect(await (await ethers.getContractAt("PasskeyAccount", other)).recovery()).to.equal(ZeroAddress);
  });
});

describe("PasskeyAccount.initialize", () => {
  it("is the factory's alone: of an account as of the code that accounts share", async () => {
    const { accounts, account, passkey, relayer } = await networkHelpers.loadFixture(passkeyWithAccount);
    const { x, y } = passkey.point;
    const shared = await ethers.getContractAt("PasskeyAccount", await accounts.implementation());

    for (const target of [account, shared]) {
      await expect(target.connect(relayer).initialize(x, y, relayer.address))
        .to.be.revertedWithCustomError(target, "NotFactory")
        .withArgs(relayer.address);
    }
  });
});
