import { expect } from "chai";

import type { HostileWallet } from "../../../types/index.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { signTerms } from "../../helpers/orders.ts";
import { outcomeOf } from "../../helpers/outcome.ts";
import { packTerms, type Terms } from "../../helpers/session-terms.ts";
import {
  DEPOSIT,
  fundedSettlement,
  HOLD,
  OpeningRefusal,
  sessionIn,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  termsOf,
  isLive,
  commitmentIn,
  groupOpened,
} from "../../helpers/settlement-fixture.ts";

describe("ChargingSettlement.openSigned", () => {
  let fixture: SettlementFixture;
  let terms: Terms;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
    terms = termsOf(fixture);
  });

  async function expectSignatureInvalid(signature: string, named = terms): Promise<void> {
    const { settlement, relayer } = fixture;
    await expect(settlement.connect(relayer).openSigned(named, signature))
      .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
      .withArgs(named.driver);
  }

  it("refuses a signature of somebody else, also of the sender and of the operator", async () => {
    for (const signer of [fixture.thief, fixture.relayer, fixture.operator, fixture.otherDriver]) {
      await expectSignatureInvalid(await signTerms(fixture, signer, terms));
    }
  });

  for (const [field, change] of Object.entries({
    driver: { driver: "0x1111111111111111111111111111111111111111" },
    lane: { lane: 1n },
    nonce: { nonce: 1n },
    operator: { operator: "0x1111111111111111111111111111111111111111" },
    agreement: { agreement: 1n },
    evse: { evse: 8n },
    meter: { meter: 8n },
    maximumPowerW: { maximumPowerW: 22_001n },
    tariffId: { tariffId: "0x" + "11".repeat(32) },
    holdMicro: { holdMicro: HOLD + 1n },
    expiresAt: { expiresAt: 2n ** 40n - 1n },
  })) {
    it(`invariant 10: refuses a signature of terms with another ${field}`, async () => {
      await expectSignatureInvalid(await signTerms(fixture, fixture.driver, terms), termsOf(fixture, change));
    });
  }

  for (const [statement, change] of [
    ["chain", { chainId: 1n }],
    ["contract", { verifyingContract: "0x1111111111111111111111111111111111111111" }],
    ["contract's name", { name: "Wattproof Vehicle Consents" }],
    ["version", { version: "2" }],
  ] as const) {
    it(`invariant 14: refuses a signature for another ${statement}`, async () => {
      const elsewhere = { ...fixture, domain: { ...fixture.domain, ...change } };

      await expectSignatureInvalid(await signTerms(elsewhere, fixture.driver, terms));
    });
  }

  it("invariant 15: refuses malformed signatures, and the zero address that they recover to", async () => {
    const signature = await signTerms(fixture, fixture.driver, terms);
    const nobody = termsOf(fixture, { driver: ethers.ZeroAddress });
    for (const malformed of ["0x", signature.slice(0, -2), `${signature}00`, `0x${"00".repeat(65)}`]) {
      await expectSignatureInvalid(malformed);
      await expectSignatureInvalid(malformed, nobody);
    }
  });

  it("refuses what an opening by the driver refuses", async () => {
    const { settlement, driver, relayer, openingGuard, guardian } = fixture;
    const poor = termsOf(fixture, { holdMicro: DEPOSIT + 1n });
    await expect(settlement.connect(relayer).openSigned(poor, await signTerms(fixture, driver, poor)))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.HoldAboveBalance, DEPOSIT + 1n, DEPOSIT);

    await openingGuard.connect(guardian).pauseOpening();
    await expect(
      settlement.connect(relayer).openSigned(terms, await signTerms(fixture, driver, terms)),
    ).to.be.revertedWithCustomError(settlement, "OpeningPaused");
  });

  it("invariant 8: refuses a signature that was used, while the session is live, and after it was settled", async () => {
    const { settlement, driver, relayer } = fixture;
    const signature = await signTerms(fixture, driver, terms);
    await settlement.connect(relayer).openSigned(terms, signature);
    await expect(settlement.connect(relayer).openSigned(terms, signature))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.SessionLive, 0, 0);

    await settleBatch(fixture, [settlementGroup(terms)]);

    await expect(settlement.connect(relayer).openSigned(terms, signature))
      .to.be.revertedWithCustomError(settlement, "OpeningRefused")
      .withArgs(OpeningRefusal.NonceMismatch, 0, 1);
  });

  it("opens the session whoever sends the signature", async () => {
    const { settlement, driver, thief } = fixture;
    const sessionId = sessionIn(fixture, terms);
    const signature = await signTerms(fixture, driver, terms);
    expect(await settlement.connect(thief).openSigned.staticCall(terms, signature)).to.equal(sessionId);

    expect(await outcomeOf(fixture, () => settlement.connect(thief).openSigned(terms, signature))).to.deep.equal({
      events: [await groupOpened(terms), ["SessionOpened", sessionId, driver.address, packTerms(terms)]],
      changes: {
        "driver/0 free": -HOLD,
        "driver/0 nonce": 1n,
        "driver/0 commitment": await commitmentIn(fixture, terms),
      },
    });
  });

  describe("for a contract wallet", () => {
    let wallet: HostileWallet;
    let walletTerms: Terms;

    beforeEach(async () => {
      wallet = await ethers.deployContract("HostileWallet");
      walletTerms = termsOf(fixture, { driver: await wallet.getAddress() });
      await fixture.settlement.connect(fixture.payer).deposit(await wallet.getAddress(), 0, DEPOSIT);
    });

    for (const [statement, answer] of [
      ["no", 1],
      ["by reverting", 2],
      ["with nothing", 3],
    ] as const) {
      it(`refuses when the wallet answers ${statement}`, async () => {
        await wallet.setAnswer(answer);

        await expectSignatureInvalid("0x1234", walletTerms);
      });
    }

    it("refuses an owner's signature that goes around the wallet", async () => {
      const owned = await ethers.deployContract("ContractWallet", [fixture.driver.address]);
      const ownedTerms = termsOf(fixture, { driver: await owned.getAddress() });

      await expectSignatureInvalid(await signTerms(fixture, fixture.thief, ownedTerms), ownedTerms);
    });

    it("invariant 17: refuses a wallet that changes anything while it is asked", async () => {
      const { settlement, driver, relayer } = fixture;
      const ofDriver = await signTerms(fixture, driver, terms);
      for (const data of [
        settlement.interface.encodeFunctionData("withdraw", [0, DEPOSIT, relayer.address]),
        settlement.interface.encodeFunctionData("advanceNonce", [0]),
        settlement.interface.encodeFunctionData("openSigned", [terms, ofDriver]),
      ]) {
        await wallet.setCall(await settlement.getAddress(), data);

        await expectSignatureInvalid("0x", walletTerms);
      }
      expect(await settlement.accountOf(walletTerms.driver, 0)).to.deep.equal([DEPOSIT, 0n, 0n]);
    });

    it("opens when the wallet says yes, and asks nothing of it afterwards", async () => {
      const { settlement, relayer } = fixture;
      await settlement.connect(relayer).openSigned(walletTerms, "0x");
      await wallet.setAnswer(1);
      expect(await isLive(fixture, walletTerms)).to.equal(true);

      await settleBatch(fixture, [settlementGroup(walletTerms)]);

      expect(await isLive(fixture, walletTerms)).to.equal(false);
    });

    it("invariant 8: opens once, whatever the wallet says the second time", async () => {
      const { settlement, relayer } = fixture;
      await settlement.connect(relayer).openSigned(walletTerms, "0x");
      await settleBatch(fixture, [settlementGroup(walletTerms)]);

      await expect(settlement.connect(relayer).openSigned(walletTerms, "0x"))
        .to.be.revertedWithCustomError(settlement, "OpeningRefused")
        .withArgs(OpeningRefusal.NonceMismatch, 0, 1);
    });

    it("opens by the signature of a wallet's owner", async () => {
      const { settlement, relayer, driver, payer } = fixture;
      const owned = await ethers.deployContract("ContractWallet", [driver.address]);
      await settlement.connect(payer).deposit(await owned.getAddress(), 0, DEPOSIT);
      const ownedTerms = termsOf(fixture, { driver: await owned.getAddress() });

      await settlement.connect(relayer).openSigned(ownedTerms, await signTerms(fixture, driver, ownedTerms));

      expect(await isLive(fixture, ownedTerms)).to.equal(true);
    });
  });
});
