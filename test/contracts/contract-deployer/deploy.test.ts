import { expect } from "chai";
import { concat, id, ZeroAddress } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";

async function deployedDeployer() {
  const [account, stranger] = await ethers.getSigners();
  if (!account || !stranger) throw new Error("There are too few accounts");
  return { deployer: await ethers.deployContract("ContractDeployer"), account, stranger };
}

const salt = id("a contract");

describe("ContractDeployer.deploy", () => {
  async function guardCode(owner: string): Promise<string> {
    const factory = await ethers.getContractFactory("OpeningGuard");
    return concat([factory.bytecode, factory.interface.encodeDeploy([owner, owner])]);
  }

  it("refuses a second contract with the same salt, whatever its code", async () => {
    const { deployer, account, stranger } = await networkHelpers.loadFixture(deployedDeployer);
    await deployer.connect(account).deploy(salt, await guardCode(account.address));

    for (const owner of [account, stranger]) {
      await expect(deployer.connect(account).deploy(salt, await guardCode(owner.address))).to.revert(ethers);
    }
  });

  it("refuses nothing as code, and passes on why a constructor refuses", async () => {
    const { deployer, account } = await networkHelpers.loadFixture(deployedDeployer);
    await expect(deployer.connect(account).deploy(salt, "0x")).to.revert(ethers);

    const { interface: abi } = await ethers.getContractFactory("OpeningGuard");
    await expect(deployer.connect(account).deploy(salt, await guardCode(ZeroAddress)))
      .to.be.revertedWithCustomError({ interface: abi }, "OwnableInvalidOwner")
      .withArgs(ZeroAddress);
    expect(await deployer.blockOf(await deployer.addressOf(account.address, salt))).to.equal(0n);
  });

  it("puts each contract where its account and salt say, whoever was there before, and keeps the block", async () => {
    const { deployer, account, stranger } = await networkHelpers.loadFixture(deployedDeployer);
    const expected = await deployer.addressOf(account.address, salt);
    // A stranger who wants to be first gets an address of their own.
    await deployer.connect(stranger).deploy(salt, await guardCode(stranger.address));
    expect(await ethers.provider.getCode(expected)).to.equal("0x");
    expect(await deployer.connect(account).deploy.staticCall(salt, await guardCode(account.address))).to.equal(
      expected,
    );

    const response = await deployer.connect(account).deploy(salt, await guardCode(account.address));

    const guard = await ethers.getContractAt("OpeningGuard", expected);
    expect([await guard.owner(), await guard.guardian()]).to.deep.equal([account.address, account.address]);
    expect(await deployer.blockOf(expected)).to.equal(BigInt((await response.wait())?.blockNumber ?? 0));
    expect(await deployer.blockOf(await deployer.addressOf(account.address, id("another")))).to.equal(0n);
  });
});
