import { expect } from "chai";

import {
  type AgreementsFixture,
  consentOf as partnerConsentOf,
  PARTNER_CONSENT_TYPES,
  proposedAgreement,
} from "../../helpers/agreements-fixture.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { consentOf, ConsentStatus, consentIdOf, signConsent, signRevocation } from "../../helpers/consents-fixture.ts";
import { signTerms, signTopUp, signWithdrawal } from "../../helpers/orders.ts";
import {
  fundedSettlement,
  type SettlementFixture,
  termsOf,
  isLive,
  openingIn,
} from "../../helpers/settlement-fixture.ts";
import {
  fundedWaysIn,
  signTerms as signVehicleTerms,
  termsOf as wayTermsOf,
  type WaysInFixture,
} from "../../helpers/ways-in-fixture.ts";

interface Account {
  readonly address: string;
}

/** Delegates an account (EIP-7702); the code then runs on the account's own storage. */
async function delegate({ address }: Account, to: string): Promise<void> {
  await networkHelpers.setCode(address, `0xef0100${to.slice(2).toLowerCase()}`);
}

async function delegateTo(account: Account, name: string): Promise<void> {
  await delegate(account, await (await ethers.deployContract(name, [])).getAddress());
}

async function burning(account: Account, gas: number): Promise<void> {
  await delegateTo(account, "GasBurningWallet");
  await (await ethers.getContractAt("GasBurningWallet", account.address)).setToBurn(gas);
}

/** To what an account can be delegated whose own key still signs. */
const delegations: Record<string, (account: Account) => Promise<void>> = {
  "a contract that knows no signatures": (account) => delegateTo(account, "BatchCaller"),
  "a contract that answers every call": (account) => delegateTo(account, "AnsweringStub"),
  "a wallet that refuses every signature": async (account) => {
    await delegateTo(account, "HostileWallet");
    await (await ethers.getContractAt("HostileWallet", account.address)).setAnswer(1);
  },
  "a wallet that uses up its gas": (account) => burning(account, 10_000_000),
  nothing: (account) => delegate(account, `0x${"42".repeat(20)}`),
};

for (const [name, prepare] of Object.entries(delegations)) {
  describe(`An account that is delegated to ${name}`, () => {
    describe("as a driver", () => {
      let fixture: SettlementFixture;

      beforeEach(async () => {
        fixture = await networkHelpers.loadFixture(fundedSettlement);
        await prepare(fixture.driver);
      });

      it("opens, tops up and withdraws by its plain signature", async () => {
        const { settlement, driver, relayer, startedAt } = fixture;
        const terms = termsOf(fixture);

        await settlement.connect(relayer).openSigned(terms, await signTerms(fixture, driver, terms));
        expect(await isLive(fixture, terms)).to.equal(true);
        await settlement
          .connect(relayer)
          .topUpSigned(terms, await openingIn(fixture, terms), 0, 5n, await signTopUp(fixture, driver, terms, 0n, 5n));
        expect(await isLive(fixture, terms, 5n)).to.equal(true);
        const { nonce, freeMicro } = await settlement.accountOf(driver.address, 0);
        const deadline = startedAt + 86_400n;
        const order = { driver: driver.address, lane: 0n, nonce, amount: 1n, recipient: relayer.address, deadline };
        await settlement.connect(relayer).withdrawSigned(order, await signWithdrawal(fixture, driver, order));
        expect((await settlement.accountOf(driver.address, 0)).freeMicro).to.equal(freeMicro - 1n);
      });

      it("is not opened for by anybody else's signature", async () => {
        const { settlement, otherDriver, relayer, driver } = fixture;
        const terms = termsOf(fixture);

        for (const signature of [await signTerms(fixture, otherDriver, terms), "0x", `0x${"00".repeat(65)}`]) {
          await expect(settlement.connect(relayer).openSigned(terms, signature))
            .to.be.revertedWithCustomError(settlement, "SignatureInvalid")
            .withArgs(driver.address);
        }
      });
    });

    describe("beside a vehicle", () => {
      let fixture: WaysInFixture;

      beforeEach(async () => {
        fixture = await networkHelpers.loadFixture(fundedWaysIn);
      });

      it("consents and revokes by its plain signature, and so does its vehicle open", async () => {
        const { consents, driver, vehicle, relayer } = fixture;
        const consent = consentOf(fixture);
        await prepare(driver);
        await prepare(vehicle);
        await consents.connect(relayer).grantFor(consent, await signConsent(fixture, driver, consent));

        const terms = wayTermsOf(fixture);
        const signature = await signVehicleTerms(fixture, vehicle, terms);
        await consents.connect(relayer).openByVehicle(consent, terms, signature);
        expect(await isLive(fixture, terms)).to.equal(true);
        await consents.connect(relayer).revokeFor(consent, await signRevocation(fixture, driver, consent));
        expect(await consents.statusOf(consentIdOf(consent))).to.equal(ConsentStatus.Revoked);
      });
    });

    describe("as a partner", () => {
      let fixture: AgreementsFixture;

      beforeEach(async () => {
        fixture = await networkHelpers.loadFixture(proposedAgreement);
      });

      it("agrees by its plain signature", async () => {
        const { agreements, domain, host, stranger } = fixture;
        await prepare(host);
        const signature = await host.signTypedData(domain, PARTNER_CONSENT_TYPES, partnerConsentOf(fixture));

        await agreements.connect(stranger).signFor(1, host.address, signature);

        expect(await agreements.hasSigned(1, host.address)).to.equal(true);
      });
    });
  });
}

describe("An account with code", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(fundedSettlement);
  });

  /** Only the account's code can take the signature: it is not the driver's own. */
  async function openByCode(): Promise<unknown> {
    const { settlement, relayer, otherDriver } = fixture;
    const terms = termsOf(fixture);
    const signature = await signTerms(fixture, otherDriver, terms);
    return await settlement.connect(relayer).openSigned(terms, signature, { gasLimit: 2_000_000 });
  }

  it("signs by ERC-1271 where the plain signature is not its own", async () => {
    await burning(fixture.driver, 10_000);

    await openByCode();

    expect(await isLive(fixture, termsOf(fixture))).to.equal(true);
  });

  it("gets half a million gas for that, and no more", async () => {
    await burning(fixture.driver, 500_000);
    await expect(openByCode()).to.be.revertedWithCustomError(fixture.settlement, "SignatureInvalid");

    await burning(fixture.driver, 490_000);
    await openByCode();

    expect(await isLive(fixture, termsOf(fixture))).to.equal(true);
  });

  it("is not believed when it answers with anything but the word of ERC-1271", async () => {
    const selector = "0x1626ba7e";
    await delegateTo(fixture.driver, "AnsweringStub");
    const stub = await ethers.getContractAt("AnsweringStub", fixture.driver.address);
    for (const word of [0n, 1n, BigInt(selector), (BigInt(selector) << 224n) | 1n]) {
      await stub.answer(selector, word);
      await expect(openByCode()).to.be.revertedWithCustomError(fixture.settlement, "SignatureInvalid");
    }
    await stub.answer(selector, BigInt(selector) << 224n);

    await openByCode();

    expect(await isLive(fixture, termsOf(fixture))).to.equal(true);
  });
});
