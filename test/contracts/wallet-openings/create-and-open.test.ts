import { expect } from "chai";
import { Wallet, type BaseWallet, type Result } from "ethers";

import { deploySafeWallets, signAsSafe, type SafeWallets } from "../../../scripts/gas/safe-wallets.ts";
import type { WalletOpenings } from "../../../types/index.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { openingIn, DEPOSIT, HOLD, OpeningRefusal } from "../../helpers/settlement-fixture.ts";
import { sessionIdOf, type Terms } from "../../helpers/session-terms.ts";
import { deployedWaysIn, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

const owners = [Wallet.createRandom(), Wallet.createRandom(), Wallet.createRandom()] as const;
const threshold = 2;

interface Fixture extends WaysInFixture {
  readonly openings: WalletOpenings;
  readonly safes: SafeWallets;
  readonly safe: string;
  readonly creation: string;
}

/** A Safe of two in three owners that is not deployed; a stranger has paid into its account. */
async function withSafe(): Promise<Fixture> {
  const fixture = await deployedWaysIn();
  const { settlement, erc20, driver } = fixture;
  const safes = await deploySafeWallets(driver);
  const addresses = owners.map(({ address }) => address);
  const safe = await safes.addressOf(addresses, threshold);
  await erc20.connect(driver).approve(settlement, DEPOSIT);
  await settlement.connect(driver).deposit(safe, 0, DEPOSIT);
  const openings = await ethers.deployContract("WalletOpenings", [settlement]);
  return { ...fixture, openings, safes, safe, creation: safes.creationOf(addresses, threshold) };
}

describe("WalletOpenings.createAndOpen, with the contracts of Safe", () => {
  let fixture: Fixture;
  let terms: Terms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(withSafe);
    terms = termsOf(fixture, { driver: fixture.safe });
  });

  async function sign(signers: readonly BaseWallet[], signed = terms): Promise<string> {
    const { safe, domain } = fixture;
    const safeDomain = { chainId: domain.chainId ?? null, verifyingContract: safe };
    return signAsSafe(sessionIdOf(domain, signed), safeDomain, signers);
  }

  async function open(signature: string, named = terms, creation = fixture.creation) {
    const { openings, relayer, safes } = fixture;
    return openings.connect(relayer).createAndOpen(safes.factory, creation, named, signature);
  }

  it("refuses a factory that reverts, or deploys another wallet", async () => {
    const { openings, safes, safe } = fixture;
    const signature = await sign(owners.slice(0, threshold));
    const ofOthers = safes.creationOf([owners[0].address], 1);

    for (const creation of ["0x12345678", ofOthers]) {
      await expect(open(signature, terms, creation))
        .to.be.revertedWithCustomError(openings, "WalletNotCreated")
        .withArgs(safe, safes.factory);
    }
    expect(await ethers.provider.getCode(safe)).to.equal("0x");
  });

  it("refuses what too few owners, or others, have signed, and deploys nothing then", async () => {
    const { settlement, safe } = fixture;
    const strangers = [Wallet.createRandom(), Wallet.createRandom()];
    const elsewhere = await sign(owners.slice(0, threshold), { ...terms, holdMicro: HOLD + 1n });

    for (const signature of ["0x", await sign([owners[0]]), await sign(strangers), elsewhere]) {
      await expect(open(signature)).to.be.revertedWithCustomError(settlement, "SignatureInvalid").withArgs(safe);
    }
    expect(await ethers.provider.getCode(safe)).to.equal("0x");
  });

  it("refuses what an opening refuses", async () => {
    const { settlement } = fixture;
    const above = { ...terms, holdMicro: DEPOSIT + 1n };

    await expect(open(await sign(owners.slice(0, threshold), above), above))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.HoldAboveBalance, DEPOSIT + 1n, DEPOSIT);
  });

  it("deploys the wallet and opens by one transaction of anybody", async () => {
    const { settlement, safe, domain } = fixture;

    const receipt = await (await open(await sign([owners[2], owners[0]]))).wait();

    const ofSettlement = (receipt?.logs ?? []).map((log) => settlement.interface.parseLog(log)?.name).filter(Boolean);
    expect(ofSettlement).to.deep.equal(["GroupOpened", "SessionOpened"]);
    const contract = new ethers.Contract(
      safe,
      ["function getThreshold() view returns (uint256)", "function getOwners() view returns (address[])"],
      ethers.provider,
    );
    const [needed, members] = await Promise.all([
      contract.getFunction("getThreshold")() as Promise<bigint>,
      contract.getFunction("getOwners")() as Promise<Result>,
    ]);
    expect([needed, ...members]).to.deep.equal([BigInt(threshold), ...owners.map(({ address }) => address)]);
    const opening = await openingIn({ settlement, domain }, terms);
    expect(await settlement.isLive(terms, opening, 0)).to.equal(true);
    expect((await settlement.accountOf(safe, 0)).freeMicro).to.equal(DEPOSIT - HOLD);
  });

  it("opens for a wallet that was deployed meanwhile, without calling the factory", async () => {
    const { driver, safes, creation, settlement, domain } = fixture;
    await driver.sendTransaction({ to: safes.factory, data: creation });

    await open(await sign(owners.slice(1)), terms, "0x12345678");

    const opening = await openingIn({ settlement, domain }, terms);
    expect(await settlement.isLive(terms, opening, 0)).to.equal(true);
  });
});
