import { TypedDataEncoder } from "ethers";
import { z } from "zod";

import type { SignedPayment } from "../../chain/sale-sender.ts";
import { WattproofError } from "../../errors.ts";
import { addressSchema as address, uintText } from "../../contract-values.ts";
import { offerSchema, paymentNonceOf, type OfferContent } from "../format/dossier-sale.ts";

/*
 * The wire of x402, version 2, scheme `exact` on an EVM chain by ERC-3009 (https://github.com/coinbase/x402): three headers
 * of base64 JSON. One rule is ours: the nonce of the authorisation names the offer, so that it pays for nothing else. So the
 * buyer chooses a salt and sends it beside the authorisation.
 */

export const paymentRequiredHeader = "PAYMENT-REQUIRED";
export const paymentSignatureHeader = "PAYMENT-SIGNATURE";
export const paymentResponseHeader = "PAYMENT-RESPONSE";

/** What a buyer has to know of the token. */
export interface PaidToken {
  readonly chainId: number;
  readonly address: string;
  /** Smallest units of 10⁻⁶ token. */
  readonly unit: bigint;
  /** As its domain of EIP-712 has them. */
  readonly name: string;
  readonly version: string;
}

/** A header is a line of a request; what is longer is no payment. */
const mostHeaderCharacters = 8_192;
/** Within this time the payment should reach the chain. */
const timeoutSeconds = 120;

const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/u);
const whole = uintText(256);
const payloadSchema = z.object({
  x402Version: z.literal(2),
  accepted: z.object({ scheme: z.string(), network: z.string(), asset: address, amount: whole, payTo: address }),
  payload: z.object({
    signature: z.string().regex(/^0x(?:[0-9a-fA-F]{2}){65,1024}$/u),
    authorization: z.object({
      ...{ from: address, to: address, value: whole, validAfter: whole, validBefore: whole, nonce: hash },
    }),
    salt: hash,
  }),
});

/** What a buyer is asked for: the content of the header and the body of status 402. */
export const paymentRequiredSchema = z.object({
  x402Version: z.literal(2),
  error: z.string(),
  resource: z.object({ url: z.string(), description: z.string(), mimeType: z.string() }),
  accepts: z.array(
    z.object({
      scheme: z.literal("exact"),
      network: z.string(),
      asset: address,
      payTo: address,
      amount: whole,
      maxTimeoutSeconds: z.int(),
      extra: z.object({
        name: z.string(),
        version: z.string(),
        assetTransferMethod: z.literal("eip3009"),
        offerId: hash,
        offer: offerSchema,
        nonce: z.string(),
      }),
    }),
  ),
});

const transferTypes = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

/** What a buyer is asked for an offer. */
export function paymentRequiredOf(
  {
    offerId,
    offer,
    payTo,
    url,
  }: { readonly offerId: string; readonly offer: OfferContent; readonly payTo: string; readonly url: string },
  token: PaidToken,
): z.output<typeof paymentRequiredSchema> {
  const { chainId, address: asset, unit, name, version } = token;
  return {
    x402Version: 2,
    error: "PAYMENT-SIGNATURE header is required",
    resource: { url, description: `Dossier ${offer.root}`, mimeType: "application/json" },
    accepts: [
      {
        ...{ scheme: "exact", network: `eip155:${chainId}`, asset, payTo },
        amount: (BigInt(offer.priceMicro) * unit).toString(),
        maxTimeoutSeconds: timeoutSeconds,
        extra: {
          ...{ name, version, assetTransferMethod: "eip3009", offerId, offer },
          nonce: "keccak256(abi.encode(bytes32 offerId, bytes32 salt)); send payload.salt",
        },
      },
    ],
  };
}

/**
 * Reads a signed payment for an offer.
 * @returns the payment, and the digest that the buyer has to have signed
 * @throws PAYMENT_INVALID naming what is wrong
 */
export function readPayment(
  header: string,
  { offerId, offer, payTo }: { readonly offerId: string; readonly offer: OfferContent; readonly payTo: string },
  token: PaidToken,
): { readonly payment: SignedPayment; readonly nonce: string; readonly digest: string } {
  const { accepted, payload } = decode(header);
  const { authorization, salt, signature } = payload;
  const expected = (BigInt(offer.priceMicro) * token.unit).toString();
  const wrong = (what: string): WattproofError => new WattproofError("PAYMENT_INVALID", what);
  if (accepted.scheme !== "exact" || accepted.network !== `eip155:${token.chainId}`) throw wrong("scheme or network");
  if (!isSame(accepted.asset, token.address)) throw wrong("asset");
  if (!isSame(authorization.to, payTo)) throw wrong("authorization.to");
  if (authorization.value !== expected) throw wrong("authorization.value");
  const nonce = paymentNonceOf(offerId, salt);
  if (!isSame(authorization.nonce, nonce)) throw wrong("authorization.nonce does not name the offer");
  const { from: buyer, validAfter, validBefore } = authorization;
  return {
    payment: { buyer, salt, validAfter, validBefore, signature },
    nonce,
    digest: digestOf(authorization, token),
  };
}

/** The base64 text of a header. */
export function encodeHeader(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString("base64");
}

function decode(header: string): z.output<typeof payloadSchema> {
  try {
    if (header.length > mostHeaderCharacters) throw new RangeError("The header is too long.");
    return payloadSchema.parse(JSON.parse(Buffer.from(header, "base64").toString("utf8")));
  } catch (error) {
    throw new WattproofError("PAYMENT_INVALID", "The header is no payment of x402, version 2.", { cause: error });
  }
}

function digestOf(authorization: object, { chainId, address: verifyingContract, name, version }: PaidToken): string {
  const domain = { name, version, chainId, verifyingContract };
  return TypedDataEncoder.hash(domain, transferTypes, { ...authorization });
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
