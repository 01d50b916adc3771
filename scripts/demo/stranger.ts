import type { Opening } from "../../services/domain/opening.ts";
import type { SessionTerms } from "../../services/domain/terms.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import { signedRecordOf } from "../simulator/signed-record.ts";
import { demoAccount } from "../local-world/accounts.ts";
import { createTransactor, type MinedTransaction } from "../local-world/transactor.ts";
import type { World } from "../local-world/world.ts";

/**
 * Settles a session from what its meter signed, with an account that is neither driver, operator nor oracle: whoever has
 * the records can.
 *
 * @throws WattproofError TRANSACTION_FAILED when the contract refuses them.
 */
export async function settleAsStranger(
  { chain, contracts }: World,
  { terms, opening }: { readonly terms: SessionTerms; readonly opening: Opening },
  tariff: Tariff,
  records: readonly Uint8Array[],
): Promise<MinedTransaction> {
  const stranger = await createTransactor(chain, demoAccount("stranger"));
  const content = packTariff(tariff);
  const session = { terms, opening, toppedUpMicro: 0n, tariff: content, records: records.map(signedRecordOf) };

  return stranger.send(
    await contracts.meterSettlement.getAddress(),
    contracts.meterSettlement.interface.encodeFunctionData("settleWithMeter", [session]),
  );
}
