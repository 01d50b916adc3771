import { Contract } from "ethers";
import { z } from "zod";

import { evidenceAddressOf } from "../../../services/chain/deployment.ts";
import type { EvidenceRole } from "../../../services/contracts.ts";
import type { DataConsents } from "../../../types/evidence/DataConsents.ts";
import type { EnergyClaims } from "../../../types/evidence/EnergyClaims.ts";
import type { EvidenceSales } from "../../../types/evidence/EvidenceSales.ts";
import type { RevenueShares } from "../../../types/evidence/RevenueShares.ts";
import { artifactOf } from "../../deploy/artifacts.ts";
import { demoAccount } from "../../local-world/accounts.ts";
import { createTransactor, type Transactor } from "../../local-world/transactor.ts";
import type { World } from "../../local-world/world.ts";
import { revenueShareAt } from "../../operator/market/contracts.ts";

/** The market's contracts in the demo, and who acts on them. */
export interface Stands {
  readonly world: World;
  readonly claims: EnergyClaims;
  readonly sales: EvidenceSales;
  readonly consents: DataConsents;
  readonly shares: RevenueShares;
  readonly owner: Transactor;
  /** Who buys the dossier. */
  readonly buyer: Transactor;
  /** Who hold shares. */
  readonly holders: readonly Transactor[];
}

/** What energy is claimed for in the demo. */
export const demoPurpose = { number: 1, group: 1, name: "X-DEMO-2026" } as const;
/** The agreement whose partner is the drivers' pool, and the one whose partner is the revenue share. */
export const demoAgreements = { pool: 1, share: 2 } as const;
export const demoShares = { bps: 1_000, count: 100, priceMicro: 1_000_000n, bought: [60, 40] } as const;
/** What drivers get of a sale, and the least that each of them asks for, in basis points. */
export const demoDriversBps = { pool: 3_000, least: 2_500 } as const;

export async function openStands(world: World): Promise<Stands> {
  const { chain } = world;
  const at = (role: EvidenceRole): unknown =>
    new Contract(evidenceAddressOf(world.deployment, role), artifactOf(role).interface, world.provider);
  const holders = [];
  for (const name of ["share holder", "second share holder"]) {
    holders.push(await createTransactor(chain, demoAccount(name)));
  }
  // The types are generated from the same artifacts that the interfaces are read from.
  return {
    world,
    claims: at("energyClaims") as EnergyClaims,
    sales: at("evidenceSales") as EvidenceSales,
    consents: at("dataConsents") as DataConsents,
    shares: at("revenueShares") as RevenueShares,
    owner: await createTransactor(chain, demoAccount("owner")),
    buyer: await createTransactor(chain, demoAccount("dossier buyer")),
    holders,
  };
}

/** The share of the demo's operator; `null` before it was created. */
export async function findShare({ shares, world }: Stands): Promise<ReturnType<typeof revenueShareAt> | null> {
  const [created] = await shares.queryFilter(shares.filters.RevenueShareCreated(undefined, world.operator.address));
  return created === undefined ? null : revenueShareAt(world, z.string().parse(created.args.share));
}

/** Gives an account play money and lets a contract take it. */
export async function payable({ world }: Stands, who: Transactor, spender: string, amountMicro: bigint): Promise<void> {
  const { erc20, chargingSettlement } = world.contracts;
  const amount = amountMicro * (await chargingSettlement.unit());
  const token = await erc20.getAddress();
  await who.send(token, erc20.interface.encodeFunctionData("mint", [who.address, amount]));
  await who.send(token, erc20.interface.encodeFunctionData("approve", [spender, amount]));
}
