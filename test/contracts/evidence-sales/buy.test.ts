import { expect } from "chai";
import { MaxUint256, Signature } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  AGREEMENT,
  offerIdOf,
  offerOf,
  openOffer,
  paymentOf,
  PRICE,
  type SalesFixture,
} from "../../helpers/evidence-sales-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";
import { DAY } from "../../helpers/settlement-fixture.ts";

describe("EvidenceSales.buy and buyWithPermit", () => {
  let fixture: SalesFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openOffer);
  });

  it("refuse an offer that nobody made, and one with another price", async () => {
    const { sales, buyer } = fixture;
    await expect(sales.connect(buyer).buy(offerOf(fixture, { priceMicro: 1n }))).to.be.revertedWithCustomError(
      sales,
      "OfferNotOpen",
    );
  });

  it("refuse an offer that has expired", async () => {
    const { sales, buyer } = fixture;
    const { expiresAt } = offerOf(fixture);
    await networkHelpers.time.setNextBlockTimestamp(expiresAt);
    await expect(sales.connect(buyer).buy(offerOf(fixture)))
      .to.be.revertedWithCustomError(sales, "OfferExpired")
      .withArgs(expiresAt, expiresAt);
  });

  it("refuse an agreement that was retired meanwhile", async () => {
    const { sales, partnerAgreements, operator, buyer } = fixture;
    await partnerAgreements.connect(operator).retire(AGREEMENT);
    await expect(sales.connect(buyer).buy(offerOf(fixture)))
      .to.be.revertedWithCustomError(sales, "AgreementNotBinding")
      .withArgs(operator.address, AGREEMENT);
  });

  it("refuse a buyer who allowed too little", async () => {
    const { sales, erc20, buyer } = fixture;
    await erc20.connect(buyer).approve(sales, PRICE - 1n);
    await expect(sales.connect(buyer).buy(offerOf(fixture))).to.be.revertedWithCustomError(
      erc20,
      "ERC20InsufficientAllowance",
    );
    const permit = { value: PRICE, deadline: 0, v: 27, r: `0x${"01".repeat(32)}`, s: `0x${"01".repeat(32)}` };
    await expect(sales.connect(buyer).buyWithPermit(offerOf(fixture), permit))
      .to.be.revertedWithCustomError(sales, "AllowanceTooLow")
      .withArgs(PRICE - 1n, PRICE);
  });

  it("take the price and say what was bought, by whom, under which licence", async () => {
    const { sales, erc20, operator, buyer } = fixture;
    const content = offerOf(fixture);
    const before = await erc20.balanceOf(buyer.address);

    const receipt = await (await sales.connect(buyer).buy(content)).wait();

    expect(eventsOf(receipt, sales)).to.deep.equal([
      [
        "DossierSold",
        offerIdOf(content),
        buyer.address,
        content.root,
        operator.address,
        AGREEMENT,
        PRICE,
        2_000_000n,
        content.licenceHash,
      ],
    ]);
    expect(before - (await erc20.balanceOf(buyer.address))).to.equal(PRICE);
    expect(await erc20.balanceOf(sales)).to.equal(PRICE);
    expect([await sales.owedMicro(), await sales.unallottedMicro()]).to.deep.equal([PRICE, 2_000_000n]);
    expect(await sales.soldMicroOf(operator.address, AGREEMENT)).to.equal(PRICE);
  });

  it("sell to many buyers, each for the price", async () => {
    const { sales, buyer } = fixture;
    for (let i = 0; i < 3; i += 1) await sales.connect(buyer).buy(offerOf(fixture));
    expect(await sales.owedMicro()).to.equal(3n * PRICE);
  });

  it("take a permit, and one that somebody sent before", async () => {
    const { sales, erc20, buyer, thief, tokenDomain } = fixture;
    await erc20.connect(buyer).approve(sales, 0);
    const types = {
      Permit: ["owner:address", "spender:address", "value:uint256", "nonce:uint256", "deadline:uint256"].map((text) => {
        const [name = "", type = ""] = text.split(":");
        return { name, type };
      }),
    };
    const owner = buyer.address;
    const spender = await sales.getAddress();
    const message = { owner, spender, value: PRICE, nonce: await erc20.nonces(owner), deadline: MaxUint256 };
    const { v, r, s } = Signature.from(await buyer.signTypedData(tokenDomain, types, message));
    await erc20.connect(thief).permit(owner, spender, PRICE, MaxUint256, v, r, s);

    await sales.connect(buyer).buyWithPermit(offerOf(fixture), { value: PRICE, deadline: MaxUint256, v, r, s });

    expect(await sales.owedMicro()).to.equal(PRICE);
  });
});

describe("EvidenceSales.buyWithReceiveAuthorization and buyWithTransferAuthorization", () => {
  const kinds = [
    ["ReceiveWithAuthorization", "buyWithReceiveAuthorization"],
    ["TransferWithAuthorization", "buyWithTransferAuthorization"],
  ] as const;
  for (const [type, call] of kinds) {
    describe(type, () => {
      let fixture: SalesFixture;

      beforeEach(async () => {
        fixture = await networkHelpers.loadFixture(openOffer);
      });

      it("refuses a payment for another offer of the same price, and of another amount", async () => {
        const { sales, erc20, relayer } = fixture;
        const other = offerOf(fixture, { root: ethers.id("junk") });
        for (const payment of [
          await paymentOf(fixture, type, { content: other }),
          await paymentOf(fixture, type, { value: PRICE - 1n }),
          await paymentOf(fixture, type, { signer: fixture.thief }),
        ]) {
          await expect(sales.connect(relayer)[call](offerOf(fixture), payment)).to.be.revertedWithCustomError(
            erc20,
            "AuthorizationInvalid",
          );
        }
      });

      it("refuses a payment that counted, and one that the buyer cancelled", async () => {
        const { sales, erc20, relayer, buyer, tokenDomain } = fixture;
        const payment = await paymentOf(fixture, type);
        await sales.connect(relayer)[call](offerOf(fixture), payment);
        const nonce = await sales.paymentNonceOf(offerIdOf(offerOf(fixture)), payment.salt);
        await expect(sales.connect(relayer)[call](offerOf(fixture), payment))
          .to.be.revertedWithCustomError(sales, "PaymentCounted")
          .withArgs(buyer.address, nonce);

        const another = await paymentOf(fixture, type, { salt: ethers.id("another") });
        const cancelled = await sales.paymentNonceOf(offerIdOf(offerOf(fixture)), another.salt);
        const types = {
          CancelAuthorization: [
            { name: "authorizer", type: "address" },
            { name: "nonce", type: "bytes32" },
          ],
        };
        const signature = await buyer.signTypedData(tokenDomain, types, {
          authorizer: buyer.address,
          nonce: cancelled,
        });
        await erc20.cancelAuthorization(buyer.address, cancelled, signature);
        await expect(sales.connect(relayer)[call](offerOf(fixture), another))
          .to.be.revertedWithCustomError(sales, "PaymentUsed")
          .withArgs(buyer.address, cancelled);
      });

      it("sells to the buyer who signed, whoever sends it", async () => {
        const { sales, erc20, relayer, buyer } = fixture;
        const receipt = await (
          await sales.connect(relayer)[call](offerOf(fixture), await paymentOf(fixture, type))
        ).wait();

        const [sold] = eventsOf(receipt, sales);
        expect(sold?.slice(0, 3)).to.deep.equal(["DossierSold", offerIdOf(offerOf(fixture)), buyer.address]);
        expect(await erc20.balanceOf(sales)).to.equal(PRICE);
        expect(await sales.owedMicro()).to.equal(PRICE);
      });

      it("takes the payment of a contract wallet", async () => {
        const { sales, erc20, relayer, buyer, tokenDomain, startedAt } = fixture;
        const wallet = await ethers.deployContract("ContractWallet", [buyer.address]);
        await erc20.mint(wallet, PRICE);
        const salt = ethers.id("wallet");
        const nonce = await sales.paymentNonceOf(offerIdOf(offerOf(fixture)), salt);
        const window = { validAfter: 0n, validBefore: startedAt + 30n * DAY };
        const from = await wallet.getAddress();
        const message = { from, to: await sales.getAddress(), value: PRICE, ...window, nonce };
        const fields = ["from:address", "to:address", "value:uint256", "validAfter:uint256", "validBefore:uint256"];
        const types = {
          [type]: [...fields, "nonce:bytes32"].map((text) => {
            const [name = "", fieldType = ""] = text.split(":");
            return { name, type: fieldType };
          }),
        };
        const plain = await buyer.signTypedData(tokenDomain, types, message);
        // Another length than a plain signature's goes to the token as it is, for the wallet to judge.
        await expect(
          sales.connect(relayer)[call](offerOf(fixture), { buyer: from, salt, ...window, signature: `${plain}00` }),
        ).to.be.revertedWithCustomError(erc20, "AuthorizationInvalid");

        await sales.connect(relayer)[call](offerOf(fixture), { buyer: from, salt, ...window, signature: plain });

        expect(await erc20.balanceOf(wallet)).to.equal(0n);
        expect(await sales.owedMicro()).to.equal(PRICE);
      });
    });
  }
});
