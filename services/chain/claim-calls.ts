import type { SigningKey } from "ethers";
import { Signature, recoverAddress } from "ethers";

import { batchDigestOf } from "../domain/claims.ts";
import type { SettlementDomain } from "../domain/terms.ts";
import type { Chain } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import { encodeAnswer, encodeChallenge, encodeMeterSettlement } from "./proof-calls.ts";
import { claimsOf, encodeSettlement } from "./settlement-call.ts";

/** What oracles sign, and the calls that carry it. Nothing here asks the endpoint. */
export type ClaimCalls = Pick<
  Chain,
  | "claimsOf"
  | "signClaims"
  | "recoverSigner"
  | "encodeSettlement"
  | "encodeMeterSettlement"
  | "encodeChallenge"
  | "encodeAnswer"
  | "signDossier"
>;

export function createClaimCalls(deps: {
  readonly wallet: { readonly address: string; readonly signingKey: SigningKey };
  readonly domain: SettlementDomain;
  readonly interfaces: ContractInterfaces;
}): ClaimCalls {
  const { wallet, domain, interfaces } = deps;
  return {
    claimsOf: (items) => claimsOf(items, domain),
    signClaims(signed) {
      const { r, yParityAndS: vs } = wallet.signingKey.sign(batchDigestOf(signed, domain));
      return { signer: wallet.address, r, vs };
    },
    signDossier(digest) {
      const { r, yParityAndS: vs } = wallet.signingKey.sign(digest);
      return { signer: wallet.address, r, vs };
    },
    recoverSigner(signed, { r, vs }) {
      try {
        return recoverAddress(batchDigestOf(signed, domain), Signature.from({ r, yParityAndS: vs }));
      } catch {
        // The library throws for numbers that are no signature.
        return null;
      }
    },
    encodeSettlement: (items, evidenceRoot, signatures) => ({
      target: "chargingSettlement",
      calldata: encodeSettlement(interfaces.settlement, items, evidenceRoot, signatures),
    }),
    encodeMeterSettlement: (sessions) => encodeMeterSettlement(interfaces, sessions),
    encodeChallenge: (challenge) => encodeChallenge(interfaces, challenge),
    encodeAnswer: (answer) => encodeAnswer(interfaces, answer),
  };
}
