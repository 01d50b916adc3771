import type { VehicleOpening, VehicleOpenings } from "../chain/vehicle-openings.ts";
import { holdOfMinor } from "../domain/card-payment.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { accountOf, type VehicleConsent } from "../domain/vehicle-consent.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { TariffDirectory } from "../evidence/tariff-directory.ts";
import type { CardPayment } from "../store/card-payments.ts";
import type { Store } from "../store/store.ts";

export interface CardOpenerDeps {
  readonly store: Pick<Store, "listBusyCardAccounts">;
  readonly lanes: readonly VehicleConsent[];
  readonly vehicles: Pick<VehicleOpenings, "sign" | "findRefusal" | "canSign">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly findObstacle: (evse: number) => Promise<string | null>;
  /** Why this service would not serve such a session: a code. */
  readonly findUnserved: (terms: SessionTerms) => Promise<string | null>;
  readonly agreement: number;
  readonly sessionSeconds: number;
}

/** A session that the contract would open now, or why there is none: a code. */
export type CardOpening =
  { readonly kind: "signed"; readonly intent: VehicleOpening } | { readonly kind: "refused"; readonly reason: string };

/**
 * Signs the session of a payment on a free lane of the proxy. Nothing is sent.
 * @throws CHAIN_UNAVAILABLE
 */
export function createCardOpener(deps: CardOpenerDeps): (payment: CardPayment) => Promise<CardOpening> {
  const { lanes, vehicles, meters, tariffs } = deps;
  const refused = (reason: string): CardOpening => ({ kind: "refused", reason });

  return async ({ evse, tariffId, amountMinor }) => {
    if ((await deps.findObstacle(evse)) !== null) return refused("EVSE_NOT_FREE");
    const registered = await meters.readEvse(evse);
    if (registered === null || registered.activeMeter === 0) return refused("EVSE_NOT_METERED");
    const { operator, maximumPowerW, activeMeter: meter } = registered;
    const holdMicro = holdOfMinor(amountMinor);
    const offered = { operator, agreement: deps.agreement, evse, meter, maximumPowerW, tariffId, holdMicro };
    const busy = new Set(await deps.store.listBusyCardAccounts());
    let reason = "CARD_LANES_BUSY";
    for (const lane of lanes) {
      if (busy.has(accountOf(lane)) || !vehicles.canSign(lane)) continue;
      const priceRefusal = await tariffs.findRefusal({ ...offered, driver: lane.driver });
      if (priceRefusal !== null) return refused(priceRefusal);
      const intent = await vehicles.sign(lane, offered, deps.sessionSeconds);
      const unserved = await deps.findUnserved(intent.terms);
      if (unserved !== null) return refused(unserved);
      const refusal = await vehicles.findRefusal(intent);
      if (refusal === null) return { kind: "signed", intent };
      // Another lane may have more money, or higher caps.
      reason = refusal;
    }
    return refused(reason);
  };
}
