import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import type { EnergyClaims } from "../../../types/evidence/EnergyClaims.ts";

export const claimStatuses = ["none", "active", "retired", "contradicted"] as const;

export const claimIdInput = z
  .string()
  .regex(/^[1-9][0-9]{0,17}$/u, "must be the number of a claim")
  .transform(BigInt);

/** A claim as the contract has it now. */
export interface KnownClaim {
  readonly claimId: bigint;
  readonly purpose: number;
  readonly status: (typeof claimStatuses)[number];
  readonly claimant: string;
  readonly holder: string;
  readonly claimedAt: number;
  readonly energyMicroWh: bigint;
  readonly bondMicro: bigint;
}

/** @throws CLAIM_UNKNOWN */
export async function requireClaim(claims: EnergyClaims, claimId: bigint): Promise<KnownClaim> {
  const state = await claims.claimOf(claimId);
  const status = claimStatuses[Number(state.status)];
  if (status === undefined || status === "none") {
    throw new WattproofError("CLAIM_UNKNOWN", `There is no claim ${claimId}.`);
  }
  const { claimant, purpose, claimedAt, energyMicroWh, bondMicro } = state;
  return {
    ...{ claimId, purpose: Number(purpose), status, claimant, holder: await claims.ownerOf(claimId) },
    ...{ claimedAt: Number(claimedAt), energyMicroWh, bondMicro },
  };
}

/** The number of the purpose with this name. @throws CLAIM_PURPOSE_UNKNOWN */
export async function findClaimPurpose(claims: EnergyClaims, name: string): Promise<number> {
  const count = Number(await claims.purposeCount());
  for (let purpose = 1; purpose <= count; purpose += 1) {
    if ((await claims.purposeOf(purpose)).name === name) return purpose;
  }
  throw new WattproofError("CLAIM_PURPOSE_UNKNOWN", `${name} is none of ${count}.`);
}
