import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { transferOf } from "../../helpers/funding-fixture.ts";
import { DEPOSIT, HOLD } from "../../helpers/settlement-fixture.ts";
import { permissiveWaysIn, termsOf, type WaysInFixture } from "../../helpers/ways-in-fixture.ts";
import type { PermissiveToken } from "../../../types/index.ts";

/** As in PermissiveToken.sol. */
const Answer = { Nothing: 0, Zero: 1, One: 2 } as const;

describe("AuthorizedFunding on a token whose fallback accepts every call", () => {
  let fixture: WaysInFixture<PermissiveToken>;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(permissiveWaysIn);
  });

  /** A thief opens a session in the driver's name: with no signature, and with tokens of the thief's own. */
  async function open(way: "plain" | "wallet"): Promise<unknown> {
    const { funding, relayer } = fixture;
    const terms = termsOf(fixture);
    const transfer = transferOf(fixture, HOLD);
    const nothing = `0x${"00".repeat(32)}`;
    return way === "plain"
      ? await funding.connect(relayer).openWithTransferAuthorization(terms, transfer, 27, nothing, nothing)
      : await funding.connect(relayer).openWithWalletTransferAuthorization(terms, transfer, `${nothing}00`);
  }

  for (const way of ["plain", "wallet"] as const) {
    it(`opens nothing, whatever the fallback answers and whatever it moves (${way})`, async () => {
      const { erc20, funding, settlement, driver, otherDriver } = fixture;
      await erc20.connect(driver).approve(await settlement.getAddress(), DEPOSIT);
      await settlement.connect(driver).deposit(driver.address, 0, DEPOSIT);

      for (const amount of [0n, HOLD]) {
        await erc20.set(Answer.Nothing, otherDriver.address, amount);
        await expect(open(way)).to.be.revertedWithoutReason(ethers);
        await erc20.set(Answer.Zero, otherDriver.address, amount);
        await expect(open(way)).to.be.revertedWithCustomError(funding, "AuthorizationNotTaken");
        await erc20.set(Answer.One, otherDriver.address, amount);
        await expect(open(way)).to.be.revertedWithCustomError(funding, "AuthorizationUsed");
      }
      expect((await settlement.accountOf(driver.address, 0)).commitment).to.equal(0n);
    });
  }
});
