import { expect } from "chai";
import { id } from "ethers";

import { networkHelpers } from "../../helpers/chain.ts";
import {
  nonceOf,
  offerIdOf,
  offerOf,
  openOffer,
  paymentOf,
  PRICE,
  type SalesFixture,
  sendToToken,
  signArrival,
} from "../../helpers/evidence-sales-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

const TYPE = "TransferWithAuthorization";

describe("EvidenceSales.buyWithArrivedPayment and returnPayment", () => {
  let fixture: SalesFixture;
  let nonce: string;
  let payment: Awaited<ReturnType<typeof paymentOf>>;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(openOffer);
    payment = await paymentOf(fixture, TYPE);
    nonce = nonceOf(offerOf(fixture), payment.salt);
  });

  const arrival = (changes: object = {}) =>
    signArrival(fixture, { buyer: fixture.buyer.address, nonce, amountMicro: PRICE, ...changes });

  async function buy(paid = payment, signatures = arrival()) {
    return await fixture.sales.connect(fixture.relayer).buyWithArrivedPayment(offerOf(fixture), paid, await signatures);
  }

  async function giveBack(signatures = arrival()) {
    const { sales, relayer, buyer } = fixture;
    return await sales.connect(relayer).returnPayment(buyer.address, nonce, PRICE, await signatures);
  }

  it("refuse a payment that the token did not use", async () => {
    const { sales, buyer } = fixture;
    await expect(buy()).to.be.revertedWithCustomError(sales, "PaymentNotUsed").withArgs(buyer.address, nonce);
  });

  it("refuse a payment that the buyer did not sign", async () => {
    const { sales, buyer } = fixture;
    await sendToToken(fixture, payment);
    const forged = await paymentOf(fixture, TYPE, { signer: fixture.thief });
    await expect(buy(forged)).to.be.revertedWithCustomError(sales, "SignatureInvalid").withArgs(buyer.address);
  });

  it("refuse a nonce that was used elsewhere, although another buyer's money is here: only a quorum can tell", async () => {
    const { sales, oracleCommittee, erc20, thief } = fixture;
    // The thief sends the buyer's payment to the token, and uses up the nonce of a payment of its own.
    await sendToToken(fixture, payment);
    await erc20.mint(thief.address, PRICE);
    const own = await paymentOf({ ...fixture, buyer: thief }, TYPE, { salt: id("thief"), signer: thief });
    const types = {
      CancelAuthorization: [
        { name: "authorizer", type: "address" },
        { name: "nonce", type: "bytes32" },
      ],
    };
    const cancelled = nonceOf(offerOf(fixture), own.salt);
    await erc20.cancelAuthorization(
      thief.address,
      cancelled,
      await thief.signTypedData(fixture.tokenDomain, types, { authorizer: thief.address, nonce: cancelled }),
    );

    await expect(buy(own)).to.be.revertedWithCustomError(oracleCommittee, "SignerNotMember");
    await buy();
    expect(await sales.owedMicro()).to.equal(PRICE);
  });

  it("refuse more than is here and belongs to nobody, even where a quorum signs", async () => {
    const { sales, buyer, erc20, tokenDomain } = fixture;
    await sales.connect(buyer).buy(offerOf(fixture));
    const types = {
      CancelAuthorization: [
        { name: "authorizer", type: "address" },
        { name: "nonce", type: "bytes32" },
      ],
    };
    const signature = await buyer.signTypedData(tokenDomain, types, { authorizer: buyer.address, nonce });
    await erc20.cancelAuthorization(buyer.address, nonce, signature);

    for (const action of [buy(), giveBack()]) {
      await expect(action).to.be.revertedWithCustomError(sales, "NothingArrived").withArgs(0, PRICE);
    }
  });

  it("count an arrived payment once, as a sale or as money that goes back", async () => {
    const { sales, erc20, buyer } = fixture;
    await sendToToken(fixture, payment);
    const receipt = await (await buy()).wait();
    expect(eventsOf(receipt, sales)[0]?.slice(0, 3)).to.deep.equal([
      "DossierSold",
      offerIdOf(offerOf(fixture)),
      buyer.address,
    ]);
    for (const action of [buy(), giveBack()]) {
      await expect(action).to.be.revertedWithCustomError(sales, "PaymentCounted").withArgs(buyer.address, nonce);
    }
    expect(await erc20.balanceOf(sales)).to.equal(PRICE);
  });

  it("give back what arrived for an offer that ended", async () => {
    const { sales, erc20, operator, buyer } = fixture;
    const before = await erc20.balanceOf(buyer.address);
    await sendToToken(fixture, payment);
    await sales.connect(operator).withdrawOffer(offerIdOf(offerOf(fixture)), offerOf(fixture));
    await expect(buy()).to.be.revertedWithCustomError(sales, "OfferNotOpen");

    const receipt = await (await giveBack()).wait();

    expect(eventsOf(receipt, sales)).to.deep.equal([["PaymentReturned", buyer.address, nonce, PRICE]]);
    expect(await erc20.balanceOf(buyer.address)).to.equal(before);
    await expect(giveBack()).to.be.revertedWithCustomError(sales, "PaymentCounted");
  });
});
