import type { EvidenceMarket } from "../../chain/evidence-market.ts";
import type { SaleSender } from "../../chain/sale-sender.ts";
import { WattproofError } from "../../errors.ts";
import type { OfferContent } from "../format/dossier-sale.ts";
import type { StatementSigner } from "./sign-statements.ts";
import { readPayment, type PaidToken } from "./x402.ts";

/** Something for sale, and where its price goes. */
export interface ForSale {
  readonly offerId: string;
  readonly offer: OfferContent;
  readonly payTo: string;
}

/** What became of a payment. */
export interface Sold {
  readonly buyer: string;
  /** `null` where the buyer had bought before. */
  readonly txHash: string | null;
}

/** Sells dossiers over HTTP: the facilitator of x402 and its seller in one. */
export interface DossierShop {
  /**
   * `isOpen`: whether somebody can buy under it now.
   * @throws OFFER_UNKNOWN if nobody ever offered it, and what the chain throws
   */
  find(offerId: string): Promise<ForSale & { readonly isOpen: boolean }>;
  readToken(): Promise<PaidToken>;
  /**
   * Takes a payment, once: who sends the same again gets the dossier again. One that somebody brought to the token without
   * a sale counts with the word of a quorum.
   * @throws PAYMENT_INVALID, SALE_REFUSED, SALE_UNFINISHED, SALE_UNAVAILABLE without an account that sends
   */
  take(forSale: ForSale, header: string): Promise<Sold>;
}

export function createDossierShop(deps: {
  readonly market: EvidenceMarket;
  /** `null`: this service sends no sales. */
  readonly sender: SaleSender | null;
  readonly statementSigner: Pick<StatementSigner, "signTogether">;
}): DossierShop {
  const { market, sender, statementSigner } = deps;
  let token: PaidToken | null = null;

  async function readToken(): Promise<PaidToken> {
    token ??= { chainId: market.chainId, ...(await market.readToken()) };
    return token;
  }

  return {
    async find(offerId) {
      const found = await market.readOffer(offerId);
      if (found === null) throw new WattproofError("OFFER_UNKNOWN", offerId);
      return { offerId, offer: found.content, isOpen: found.isOpen, payTo: market.addressOf("evidenceSales") };
    },
    readToken,
    async take(forSale, header) {
      const { offerId, offer } = forSale;
      const { payment, nonce, digest } = readPayment(header, forSale, await readToken());
      const { buyer, signature } = payment;
      // The signature shows that it is the buyer who asks.
      const isBuyer = (): Promise<boolean> => market.hasSigned(buyer, digest, signature);
      if ((await market.hasBought(offerId, buyer)) && (await isBuyer())) return { buyer, txHash: null };
      if (sender === null) throw new WattproofError("SALE_UNAVAILABLE", "Buy on the chain: EvidenceSales.buy.");
      try {
        return { buyer, txHash: await sender.sell(offer, payment, null) };
      } catch (error) {
        const isUsed =
          error instanceof WattproofError && error.code === "SALE_REFUSED" && error.detail === "PaymentUsed";
        const txHash = isUsed ? await market.findPayment(buyer, nonce) : null;
        if (txHash === null) throw error;
        const arrival = { kind: "arrival" as const, buyer, nonce, amountMicro: offer.priceMicro, txHash };
        const { signatures } = await statementSigner.signTogether({ statement: arrival, backings: [] });
        return { buyer, txHash: await sender.sell(offer, payment, signatures) };
      }
    },
  };
}
