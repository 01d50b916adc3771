import type { VehicleOpenings } from "../../chain/vehicle-openings.ts";
import { decideTokenStart } from "../../domain/charging/token-start.ts";
import { accountOf } from "../../domain/vehicle-consent.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import type { ChargingTransaction } from "../../store/charging.ts";
import type { Store } from "../../store/store.ts";
import type { IdTokenBinding, TokenOpening } from "../../store/tokens.ts";
import { findBinding } from "./find-binding.ts";
import type { OpeningKeeper } from "./keep-opening.ts";
import { offerTerms } from "./offer-terms.ts";
import { presentedTypes } from "./presented-token.ts";

/**
 * Decides about a transaction that began with an idToken that may be bound: its session's terms are signed and kept, or
 * it is refused, or nothing is done because nobody has bound it.
 * @returns the opening that is to be sent; `null` where there is none
 */
export type OpeningPreparer = (transaction: ChargingTransaction) => Promise<TokenOpening | null>;

export function createOpeningPreparer(deps: {
  readonly store: Store;
  readonly keeper: OpeningKeeper;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly vehicles: VehicleOpenings;
  readonly now: () => number;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** How long ago a transaction may have begun. */
  readonly startLimitMs: number;
  readonly sessionSeconds: number;
}): OpeningPreparer {
  const { store, keeper, meters, tariffs, vehicles, now, steadyNow, startLimitMs, sessionSeconds } = deps;

  /** A card that a charger reads in several ways is the one that is bound, if one of them is. */
  async function findByAnyType(idToken: string, types: readonly (string | null)[]): Promise<IdTokenBinding | null> {
    for (const type of types.length === 0 ? [null] : types) {
      const binding = await findBinding(store, idToken, type);
      if (binding !== null) return binding;
    }
    return null;
  }

  async function prepare(transaction: ChargingTransaction, binding: IdTokenBinding): Promise<TokenOpening | null> {
    const station = await store.findStation(transaction.stationId);
    const evse = station?.evses[(transaction.evse ?? 0) - 1];
    const offered = evse === undefined ? null : await offerTerms(meters, binding, evse);
    if (offered === null) return refuse(transaction, binding, "EVSE_NOT_METERED");
    const priceRefusal = await tariffs.findRefusal({ ...offered, driver: binding.consent.driver });
    if (priceRefusal !== null) return refuse(transaction, binding, priceRefusal);
    if (!vehicles.canSign(binding.consent)) return refuse(transaction, binding, "FLEET_KEY_UNKNOWN");
    // One that is not mined yet is live soon.
    if ((await store.findPreparedOpening(accountOf(binding.consent))) !== null) {
      return refuse(transaction, binding, "SESSION_LIVE");
    }
    const intent = await vehicles.sign(binding.consent, offered, sessionSeconds);
    const refusal = await vehicles.findRefusal(intent);
    if (refusal !== null) return refuse(transaction, binding, refusal);
    const opening = await keeper.prepare(transaction, binding, intent);
    return opening.status === "prepared" ? opening : null;
  }

  async function refuse(transaction: ChargingTransaction, binding: IdTokenBinding, reason: string): Promise<null> {
    await keeper.refuse(transaction, binding, reason);
    return null;
  }

  return async (transaction) => {
    const idToken = transaction.idToken ?? "";
    const types = presentedTypes(await store.listTransactionFrames(transaction.ordinal), idToken);
    const binding = await findByAnyType(idToken, types);
    if (binding === null) {
      const namesake = await findBinding(store, idToken, null);
      if (namesake !== null) await keeper.refuse(transaction, namesake, "ID_TOKEN_TYPE_DIFFERS");
      return null;
    }
    const isPlaceKnown = transaction.evse !== null;
    const step = decideTokenStart({ ...transaction, nowMs: Math.min(now(), steadyNow()), isPlaceKnown }, startLimitMs);
    if (step.kind === "refuse") await keeper.refuse(transaction, binding, step.reason);
    return step.kind === "open" ? prepare(transaction, binding) : null;
  };
}
