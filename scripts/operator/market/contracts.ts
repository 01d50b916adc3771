import { Contract, type Provider } from "ethers";

import { evidenceAddressOf } from "../../../services/chain/deployment.ts";
import type { EnergyClaims } from "../../../types/evidence/EnergyClaims.ts";
import type { EvseCovenant } from "../../../types/evidence/EvseCovenant.ts";
import type { EvidenceSales } from "../../../types/evidence/EvidenceSales.ts";
import type { RevenueShare } from "../../../types/evidence/RevenueShare.ts";
import type { RevenueShares } from "../../../types/evidence/RevenueShares.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { Transaction, Writer } from "../../command-line/transact.ts";
import { artifactOf } from "../../deploy/artifacts.ts";

type Place = Pick<ChainAccess, "deployment" | "provider">;

/*
 * The contracts of the market of evidence, for reading. The types are generated from the same artifacts that the
 * interfaces are read from. All throw EVIDENCE_NOT_DEPLOYED.
 */

export function energyClaimsOf({ deployment, provider }: Place): EnergyClaims {
  const address = evidenceAddressOf(deployment, "energyClaims");
  const contract: unknown = new Contract(address, artifactOf("energyClaims").interface, provider);
  return contract as EnergyClaims;
}

export function evidenceSalesOf({ deployment, provider }: Place): EvidenceSales {
  const address = evidenceAddressOf(deployment, "evidenceSales");
  const contract: unknown = new Contract(address, artifactOf("evidenceSales").interface, provider);
  return contract as EvidenceSales;
}

export function revenueSharesOf({ deployment, provider }: Place): RevenueShares {
  const address = evidenceAddressOf(deployment, "revenueShares");
  const contract: unknown = new Contract(address, artifactOf("revenueShares").interface, provider);
  return contract as RevenueShares;
}

export function evseCovenantOf({ deployment, provider }: Place): EvseCovenant {
  const address = evidenceAddressOf(deployment, "evseCovenant");
  const contract: unknown = new Contract(address, artifactOf("evseCovenant").interface, provider);
  return contract as EvseCovenant;
}

export function revenueShareAt({ provider }: { readonly provider: Provider }, address: string): RevenueShare {
  const contract: unknown = new Contract(address, artifactOf("revenueShare").interface, provider);
  return contract as RevenueShare;
}

/** What allowing a contract to take tokens came to. */
export interface Allowance {
  readonly transactions: readonly Transaction[];
  /** Nobody can say what the next call would do: a dry run has allowed nothing. */
  readonly isOpen: boolean;
}

/** Lets a contract take so many tokens of the account, in 10⁻⁶ token, unless it may already. */
export async function allow(
  writer: Writer,
  spender: string,
  amountMicro: bigint,
  isDryRun: boolean,
): Promise<Allowance> {
  const { erc20, chargingSettlement } = writer.chain.contracts;
  const amount = amountMicro * (await chargingSettlement.unit());
  if ((await erc20.allowance(writer.address, spender)) >= amount) return { transactions: [], isOpen: false };
  const approval = { contract: "erc20", method: "approve", parameters: [spender, amount] } as const;
  const { transaction } = await writer.call(approval);
  return { transactions: [transaction], isOpen: isDryRun };
}
