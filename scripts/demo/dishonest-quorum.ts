import { ZeroHash, type BaseWallet } from "ethers";

import { claimsOf, encodeSettlement } from "../../services/chain/settlement-call.ts";
import { batchDigestOf } from "../../services/domain/claims.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import type { Opening } from "../../services/domain/opening.ts";
import type { SessionTerms } from "../../services/domain/terms.ts";
import { demoAccount } from "../local-world/accounts.ts";
import { signAsQuorum } from "../local-world/registration.ts";
import { createTransactor, type MinedTransaction } from "../local-world/transactor.ts";
import type { World } from "../local-world/world.ts";

/** What a quorum claims that does not care what the meter signed. */
export interface WrongClaim {
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
}

/**
 * Settles a session wrongly, as oracles can whose keys were stolen: enough of them sign what they like, and anybody sends
 * it.
 *
 * @throws WattproofError TRANSACTION_FAILED
 */
export async function settleDishonestly(
  { chain, contracts, deployment }: World,
  { terms, opening }: { readonly terms: SessionTerms; readonly opening: Opening },
  tariff: Tariff,
  thieves: readonly BaseWallet[],
  claim: WrongClaim,
): Promise<MinedTransaction> {
  const { chargingSettlement } = contracts;
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.chargingSettlement };
  const items = [
    { terms, opening, tariff, ...claim, connectedSeconds: claim.chargingSeconds, toppedUpMicro: 0n, isReadable: true },
  ];
  // There are no records behind the claim; the quorum signs any root.
  const evidenceRoot = ZeroHash;
  const digest = batchDigestOf({ claims: claimsOf(items, domain), evidenceRoot }, domain);
  const signatures = thieves.flatMap((thief) =>
    signAsQuorum([thief], digest).map((signature) => ({ signer: thief.address, ...signature })),
  );
  const stranger = await createTransactor(chain, demoAccount("stranger"));

  return stranger.send(
    domain.verifyingContract,
    encodeSettlement(chargingSettlement.interface, items, evidenceRoot, signatures),
  );
}
