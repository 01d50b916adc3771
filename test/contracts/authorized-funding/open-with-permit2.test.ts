import { expect } from "chai";
import { Contract, MaxUint256 } from "ethers";

import { PERMIT2_ADDRESS, WITNESSED_TRANSFER_TYPES } from "../../../scripts/gas/permit2.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { installPermit2, PERMIT2_ERRORS } from "../../helpers/permit2.ts";
import { SESSION_TERMS_TYPES, sessionIdOf, type Terms } from "../../helpers/session-terms.ts";
import {
  DAY,
  DEPOSIT,
  HOLD,
  OpeningRefusal,
  type Signer,
  isLive,
  openingIn,
} from "../../helpers/settlement-fixture.ts";
import { deployedWaysIn, outcomeOf, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";

/** Permit2 is there, and driver and wallet let it take their tokens, as its users do once. */
async function waysInWithPermit2(): Promise<WaysInFixture> {
  const fixture = await deployedWaysIn();
  const { erc20, driver, wallet } = fixture;
  await installPermit2();
  await erc20.connect(driver).approve(PERMIT2_ADDRESS, MaxUint256);
  const approval = erc20.interface.encodeFunctionData("approve", [PERMIT2_ADDRESS, MaxUint256]);
  await wallet.connect(driver).execute(await erc20.getAddress(), approval);
  return fixture;
}

describe("AuthorizedFunding.openWithPermit2", () => {
  const permit2 = new Contract(PERMIT2_ADDRESS, PERMIT2_ERRORS, ethers.provider);
  let fixture: WaysInFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(waysInWithPermit2);
  });

  /** The driver's signature of a transfer of HOLD with the terms as witness. */
  async function sign(
    signer: Signer,
    terms: Terms,
    changes: { token?: string; amount?: bigint; spender?: string; nonce?: bigint; deadline?: bigint } = {},
  ): Promise<string> {
    const { erc20, funding, startedAt, tokenDomain } = fixture;
    return await signer.signTypedData(
      { name: "Permit2", chainId: tokenDomain.chainId ?? null, verifyingContract: PERMIT2_ADDRESS },
      { ...WITNESSED_TRANSFER_TYPES, ...SESSION_TERMS_TYPES },
      {
        permitted: { token: changes.token ?? (await erc20.getAddress()), amount: changes.amount ?? HOLD },
        spender: changes.spender ?? (await funding.getAddress()),
        nonce: changes.nonce ?? 77n,
        deadline: changes.deadline ?? startedAt + DAY,
        witness: terms,
      },
    );
  }

  async function open(terms: Terms, signature: string, changes: { amount?: bigint; deadline?: bigint } = {}) {
    const { funding, relayer, startedAt } = fixture;
    const transfer = { amount: HOLD, nonce: 77n, deadline: startedAt + DAY, ...changes, signature };
    return await funding.connect(relayer).openWithPermit2(terms, transfer);
  }

  it("refuses where there is no Permit2", async () => {
    const without = await networkHelpers.loadFixture(deployedWaysIn);
    const transfer = { amount: HOLD, nonce: 77n, deadline: without.startedAt + DAY, signature: "0x" };
    await networkHelpers.setCode(PERMIT2_ADDRESS, "0x");

    await expect(without.funding.openWithPermit2(termsOf(without), transfer))
      .to.be.revertedWithCustomError(without.funding, "Permit2Missing")
      .withArgs(PERMIT2_ADDRESS);
  });

  it("refuses a signature of anybody else, for another spender, token, amount, number, time or session", async () => {
    const { driver, otherDriver, relayer, startedAt } = fixture;
    const terms = termsOf(fixture);

    for (const wrong of [
      await sign(otherDriver, terms),
      await sign(driver, terms, { spender: relayer.address }),
      await sign(driver, terms, { token: relayer.address }),
      await sign(driver, terms, { amount: HOLD + 1n }),
      await sign(driver, terms, { nonce: 78n }),
      await sign(driver, terms, { deadline: startedAt + 2n * DAY }),
      await sign(driver, { ...terms, holdMicro: 1n }),
      await sign(driver, { ...terms, operator: relayer.address }),
    ]) {
      await expect(open(terms, wrong)).to.be.revertedWithCustomError(permit2, "InvalidSigner");
    }
  });

  it("refuses a signature after its deadline", async () => {
    const { driver, startedAt } = fixture;
    const terms = termsOf(fixture);
    const signature = await sign(driver, terms, { deadline: startedAt });

    await expect(open(terms, signature, { deadline: startedAt }))
      .to.be.revertedWithCustomError(permit2, "SignatureExpired")
      .withArgs(startedAt);
  });

  it("refuses what the settlement contract refuses, and takes nothing then", async () => {
    const { erc20, driver, settlement } = fixture;
    const terms = termsOf(fixture, { nonce: 1n });

    await expect(open(terms, await sign(driver, terms)))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.NonceMismatch, 1, 0);
    expect(await erc20.balanceOf(driver.address)).to.equal(10n * DEPOSIT);
  });

  it("refuses to count one signature twice", async () => {
    const { driver, settlement } = fixture;
    const deadline = fixture.startedAt + 9n * DAY;
    const terms = termsOf(fixture);
    const signature = await sign(driver, terms, { deadline });
    await open(terms, signature, { deadline });
    await networkHelpers.time.increaseTo(terms.expiresAt);
    await settlement.expire(terms, await openingIn(fixture, terms), 0);

    await expect(open(terms, signature, { deadline })).to.be.revertedWithCustomError(permit2, "InvalidNonce");
  });

  it("funds and opens by one signature; anybody sends it", async () => {
    const { funding, domain, driver, relayer, startedAt } = fixture;
    const terms = termsOf(fixture);
    const signature = await sign(driver, terms, { amount: DEPOSIT });
    const transfer = { amount: DEPOSIT, nonce: 77n, deadline: startedAt + DAY, signature };
    expect(await funding.permit2()).to.equal(PERMIT2_ADDRESS);
    expect(await funding.connect(relayer).openWithPermit2.staticCall(terms, transfer)).to.equal(
      sessionIdOf(domain, terms),
    );

    const outcome = await outcomeOf(fixture, funding, driver.address, async () =>
      open(terms, signature, { amount: DEPOSIT }),
    );

    expect(outcome).to.deep.equal({
      events: [["Funded", driver.address, driver.address, 0n, DEPOSIT]],
      changes: {
        "driver tokens": -DEPOSIT,
        "settlement tokens": DEPOSIT,
        owed: DEPOSIT,
        free: DEPOSIT - HOLD,
        nonce: 1n,
        live: 1n,
      },
    });
    expect(await isLive(fixture, terms)).to.equal(true);
  });

  it("takes the signature that a contract wallet accepts, and no other", async () => {
    const { driver, otherDriver, wallet } = fixture;
    const terms = termsOf(fixture, { driver: await wallet.getAddress() });

    await expect(open(terms, await sign(otherDriver, terms))).to.be.revertedWithCustomError(
      permit2,
      "InvalidContractSignature",
    );
    await open(terms, await sign(driver, terms));

    expect(await isLive(fixture, terms)).to.equal(true);
  });
});
