import { ZeroAddress } from "ethers";

import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";

/** An agreement, and who of its partners has signed. */
export interface Agreement {
  readonly agreement: number;
  readonly operator: string;
  readonly status: "proposed" | "binding" | "retired";
  readonly shares: readonly { readonly partner: string; readonly shareBps: number; readonly hasSigned: boolean }[];
}

/** @throws REGISTRY_ENTRY_UNKNOWN */
export async function requireAgreement({ contracts }: ChainAccess, agreement: number): Promise<Agreement> {
  const { partnerAgreements } = contracts;
  const [operator, shares, signedCount, isRetired] = await partnerAgreements.agreementOf(agreement);
  if (operator === ZeroAddress) {
    throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `There is no agreement ${agreement}.`);
  }
  const signed = await Promise.all(shares.map(({ partner }) => partnerAgreements.hasSigned(agreement, partner)));
  return {
    agreement,
    operator,
    status: isRetired ? "retired" : Number(signedCount) === shares.length ? "binding" : "proposed",
    shares: shares.map(({ partner, shareBps }, index) => ({
      partner,
      shareBps: Number(shareBps),
      hasSigned: signed[index] === true,
    })),
  };
}

/** An agreement in words. */
export function agreementLines({ agreement, operator, status, shares }: Agreement): readonly string[] {
  return [
    `agreement ${agreement} of ${operator}: ${status}`,
    ...shares.map(
      ({ partner, shareBps, hasSigned }) =>
        `  ${partner}  ${shareBps / 100} %  ${hasSigned ? "has signed" : "has not signed"}`,
    ),
  ];
}
