import { expect } from "chai";
import { AbiCoder, concat, keccak256, toBeHex, ZeroAddress } from "ethers";

import { createSoftwarePasskey } from "../../../scripts/gas/software-passkey.ts";
import type { AccountCall } from "../../../services/domain/passkey.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { batchOf, bring, call, passkeyWithAccount, type PasskeyFixture } from "../../helpers/passkey-fixture.ts";
import { DAY, DEPOSIT } from "../../helpers/settlement-fixture.ts";

const DELAY = 3n * DAY;
/** ERC-7821: a batch, all of it or nothing. */
const BATCH_MODE = toBeHex(1n << 248n, 32);

describe("Recovery of a passkey account", () => {
  let fixture: PasskeyFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(passkeyWithAccount);
  });

  function encoded(calls: readonly AccountCall[]): string {
    const tuples = calls.map(({ target, value, callData }) => [target, value, callData]);
    return AbiCoder.defaultAbiCoder().encode(["tuple(address,uint256,bytes)[]"], [tuples]);
  }

  function ownCall(name: "cancelRecovery" | "changeKey" | "changeRecovery", values: readonly unknown[]): AccountCall {
    return call(fixture.address, fixture.account.interface.encodeFunctionData(name as "changeKey", values as never));
  }

  async function announce(): Promise<bigint> {
    await fixture.account.connect(fixture.otherDriver).announceRecovery();
    return BigInt(await networkHelpers.time.latest()) + DELAY;
  }

  it("is announced by the recovery account alone, and once", async () => {
    const { account, driver, otherDriver } = fixture;

    await expect(account.connect(driver).announceRecovery())
      .to.be.revertedWithCustomError(account, "NotRecovery")
      .withArgs(driver.address, otherDriver.address);
    const recoverableAt = await announce();
    expect(await account.recoverableAt()).to.equal(recoverableAt);
    await expect(account.connect(otherDriver).announceRecovery())
      .to.be.revertedWithCustomError(account, "RecoveryPending")
      .withArgs(recoverableAt);
  });

  it("does nothing before it is announced, nor within the delay", async () => {
    const { account, erc20, otherDriver, address } = fixture;
    await erc20.mint(address, DEPOSIT);
    const data = erc20.interface.encodeFunctionData("transfer", [otherDriver.address, DEPOSIT]);
    const theft = encoded([call(await erc20.getAddress(), data)]);

    const attempt = () => account.connect(otherDriver).execute(BATCH_MODE, theft);
    await expect(attempt()).to.be.revertedWithCustomError(account, "AccountUnauthorized").withArgs(otherDriver.address);
    const recoverableAt = await announce();
    await networkHelpers.time.setNextBlockTimestamp(recoverableAt - 1n);
    await expect(attempt()).to.be.revertedWithCustomError(account, "AccountUnauthorized").withArgs(otherDriver.address);
    await networkHelpers.time.setNextBlockTimestamp(recoverableAt);
    await attempt();
    expect(await erc20.balanceOf(address)).to.equal(0n);
  });

  it("is carried out by the recovery account alone, also once its delay is over", async () => {
    const { account, erc20, driver, relayer, address } = fixture;
    await erc20.mint(address, DEPOSIT);
    await networkHelpers.time.increaseTo(await announce());

    for (const thief of [driver, relayer]) {
      const data = erc20.interface.encodeFunctionData("transfer", [thief.address, DEPOSIT]);
      const theft = encoded([call(await erc20.getAddress(), data)]);
      await expect(account.connect(thief).execute(BATCH_MODE, theft))
        .to.be.revertedWithCustomError(account, "AccountUnauthorized")
        .withArgs(thief.address);
    }
    expect(await erc20.balanceOf(address)).to.equal(DEPOSIT);
  });

  it("is cancelled by the passkey, within the delay and after it", async () => {
    const { account, otherDriver } = fixture;
    for (const [nonce, isRipe] of [false, true].entries()) {
      const recoverableAt = await announce();
      if (isRipe) await networkHelpers.time.increaseTo(recoverableAt);
      const batch = {
        ...batchOf(fixture, [ownCall("cancelRecovery", [])], nonce),
        deadline: Number(recoverableAt + DAY),
      };

      const receipt = await (await bring(fixture, batch)).wait();

      expect(eventsOf(receipt, account)).to.deep.equal([
        ["BatchExecuted", BigInt(nonce)],
        ["RecoveryCancelled", otherDriver.address],
      ]);
      await networkHelpers.time.increase(DELAY);
      await expect(account.connect(otherDriver).execute(BATCH_MODE, encoded([]))).to.be.revertedWithCustomError(
        account,
        "AccountUnauthorized",
      );
    }
  });

  it("gives the account to another passkey, and the former can do nothing more", async () => {
    const { account, otherDriver } = fixture;
    const next = createSoftwarePasskey();
    const { x, y } = next.point;
    await networkHelpers.time.increaseTo(await announce());

    const sent = await account.connect(otherDriver).execute(BATCH_MODE, encoded([ownCall("changeKey", [x, y])]));

    expect(eventsOf(await sent.wait(), account)).to.deep.equal([["KeyChanged", keccak256(concat([x, y])), x, y]]);
    expect([[...(await account.getFunction("signer")())], await account.recoverableAt()]).to.deep.equal([[x, y], 0n]);
    const batch = { ...batchOf(fixture, []), deadline: (await networkHelpers.time.latest()) + Number(DAY) };
    await expect(bring(fixture, batch)).to.be.revertedWithCustomError(account, "AssertionInvalid");
    await bring({ ...fixture, passkey: { ...next, point: fixture.passkey.point } }, batch);
    // The next recovery has to wait again.
    await expect(account.connect(otherDriver).execute(BATCH_MODE, encoded([]))).to.be.revertedWithCustomError(
      account,
      "AccountUnauthorized",
    );
  });

  it("is over when the passkey names another recovery account", async () => {
    const { account, otherDriver, driver } = fixture;
    await announce();

    const receipt = await (
      await bring(fixture, batchOf(fixture, [ownCall("changeRecovery", [driver.address])]))
    ).wait();

    expect(eventsOf(receipt, account).at(-1)).to.deep.equal(["RecoveryChanged", driver.address]);
    expect([await account.recovery(), await account.recoverableAt()]).to.deep.equal([driver.address, 0n]);
    await expect(account.connect(otherDriver).announceRecovery()).to.be.revertedWithCustomError(account, "NotRecovery");
  });

  it("is nobody's where no recovery account is named", async () => {
    const { account } = fixture;
    await bring(fixture, batchOf(fixture, [ownCall("changeRecovery", [ZeroAddress])]));

    await expect(account.connect(fixture.driver).announceRecovery())
      .to.be.revertedWithCustomError(account, "NotRecovery")
      .withArgs(fixture.driver.address, ZeroAddress);
  });

  it("refuses the account as its own recovery account, and cancelling what was not announced", async () => {
    const { account, address } = fixture;

    await expect(
      bring(fixture, batchOf(fixture, [ownCall("changeRecovery", [address])])),
    ).to.be.revertedWithCustomError(account, "RecoveryIsAccount");
    await expect(bring(fixture, batchOf(fixture, [ownCall("cancelRecovery", [])]))).to.be.revertedWithCustomError(
      account,
      "RecoveryNotPending",
    );
  });

  it("lets nobody else change key or recovery account, or cancel", async () => {
    const { account, passkey, relayer, otherDriver } = fixture;
    const { x, y } = passkey.point;
    await announce();

    for (const caller of [relayer, otherDriver]) {
      const as = account.connect(caller);
      for (const attempt of [
        () => as.changeKey(x, y),
        () => as.changeRecovery(caller.address),
        () => as.cancelRecovery(),
      ]) {
        await expect(attempt()).to.be.revertedWithCustomError(account, "NotAccount").withArgs(caller.address);
      }
    }
  });
});
