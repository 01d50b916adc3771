import { Signature, recoverAddress } from "ethers";

import { batchDigestOf } from "../domain/claims.ts";
import { loweringDigestOf } from "../domain/lowered-price.ts";
import type { SettlementDomain } from "../domain/terms.ts";
import type { Chain, OracleSignature } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import { encodeAnswer, encodeChallenge, encodeLowering, encodeMeterSettlement } from "./proof-calls.ts";
import { claimsOf, encodeSettlement } from "./settlement-call.ts";
import type { DigestSigner } from "./digest-signer.ts";

/** What oracles sign, and the calls that carry it. Nothing here asks the endpoint. */
export type ClaimCalls = Pick<
  Chain,
  | "claimsOf"
  | "signClaims"
  | "recoverSigner"
  | "signLowering"
  | "recoverLoweringSigner"
  | "encodeLowering"
  | "encodeSettlement"
  | "encodeMeterSettlement"
  | "encodeChallenge"
  | "encodeAnswer"
  | "signDossier"
  | "signOffer"
>;

export function createClaimCalls(deps: {
  readonly wallet: DigestSigner;
  readonly domain: SettlementDomain;
  readonly interfaces: ContractInterfaces;
}): ClaimCalls {
  const { wallet, domain, interfaces } = deps;

  async function sign(digest: string): Promise<OracleSignature> {
    const { r, yParityAndS: vs } = await wallet.sign(digest);
    return { signer: wallet.address, r, vs };
  }

  return {
    claimsOf: (items) => claimsOf(items, domain),
    signClaims: (signed) => sign(batchDigestOf(signed, domain)),
    signDossier: sign,
    signOffer: sign,
    recoverSigner: (signed, signature) => signerOf(batchDigestOf(signed, domain), signature),
    signLowering: (lowered) => sign(loweringDigestOf(lowered, domain)),
    recoverLoweringSigner: (lowered, signature) => signerOf(loweringDigestOf(lowered, domain), signature),
    encodeLowering: (terms, priceMicro, signatures) => encodeLowering(interfaces, terms, priceMicro, signatures),
    encodeSettlement: (items, evidenceRoot, signatures) => ({
      target: "chargingSettlement",
      calldata: encodeSettlement(interfaces.settlement, items, evidenceRoot, signatures),
    }),
    encodeMeterSettlement: (sessions) => encodeMeterSettlement(interfaces, sessions),
    encodeChallenge: (challenge) => encodeChallenge(interfaces, challenge),
    encodeAnswer: (answer) => encodeAnswer(interfaces, answer),
  };
}

function signerOf(digest: string, { r, vs }: Omit<OracleSignature, "signer">): string | null {
  try {
    return recoverAddress(digest, Signature.from({ r, yParityAndS: vs }));
  } catch {
    // The library throws for numbers that are no signature.
    return null;
  }
}
