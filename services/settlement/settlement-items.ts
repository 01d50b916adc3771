import type { SettlementItem } from "../chain/chain.ts";
import { openingOf } from "../domain/opening.ts";
import { totalOf } from "../domain/session-amounts.ts";
import { WattproofError } from "../errors.ts";
import type { Store } from "../store/store.ts";

/**
 * What the contract is told about a session of a batch, but for the kind of its evidence.
 * @throws STORE_CORRUPT if it has no CDR; TARIFF_MISSING, never pricing at zero
 */
export async function collectItem(
  store: Pick<Store, "findSession" | "findCdr" | "findTariff">,
  sessionId: string,
): Promise<Omit<SettlementItem, "isReadable">> {
  const session = await store.findSession(sessionId);
  const cdr = await store.findCdr(sessionId);
  if (session === null || cdr === null) {
    throw new WattproofError("STORE_CORRUPT", `Session ${sessionId} is in a batch without a CDR.`);
  }
  const tariff = await store.findTariff(session.terms.tariffId);
  if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${session.terms.tariffId}.`);
  const { energyMicroWh, chargingSeconds, connectedSeconds } = cdr;
  const toppedUpMicro = totalOf(session.state.topUps);
  const { terms, state } = session;
  const opening = openingOf(state.opening);
  return { terms, opening, tariff, energyMicroWh, chargingSeconds, connectedSeconds, toppedUpMicro };
}
