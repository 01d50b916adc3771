import { heldMicroOf } from "../domain/session-amounts.ts";
import { energyPaidBy } from "../domain/energy-of-hold.ts";
import { meteredSoFar } from "../domain/charging/watched-energy.ts";
import { receiptNumberOf } from "../domain/receipt-number.ts";
import { priceOf, type Tariff } from "../domain/tariff.ts";
import type { SessionQuestion, SessionTeller, ToldSession } from "../ocpp/session-teller.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { StationTraits } from "./station-traits.ts";

export interface SessionTellerDeps {
  readonly store: Pick<
    Store,
    "findChargingTransactions" | "findSession" | "findSessionByIdTag" | "findTariff" | "findStation"
  >;
  readonly traits: Pick<StationTraits, "known">;
  /** Resolves when what the station has said by now was read. */
  readonly handedOn: (stationId: string) => Promise<void>;
  /** ISO 4217: what a token stands for. */
  readonly currency: string;
  /** Where drivers find the page, without a slash at the end; `null`: nobody said. */
  readonly pageUrl: string | null;
}

const microWhPerWh = 1_000_000n;

/** Tells stations what a session costs by what they have measured, and what it may cost at most. */
export function createSessionTeller(deps: SessionTellerDeps): SessionTeller {
  const { store, traits, currency, pageUrl } = deps;

  async function findSubject({ stationId, about }: SessionQuestion): Promise<{
    readonly session: StoredSession | null;
    readonly transaction: ChargingTransaction | null;
  }> {
    if (about.kind === "idToken") {
      const session = await store.findSessionByIdTag(about.idToken.toUpperCase());
      const evses = (await store.findStation(stationId))?.evses ?? [];
      const isHere = session !== null && evses.includes(session.terms.evse);
      return { session: isHere ? session : null, transaction: null };
    }
    await deps.handedOn(stationId);
    const [transaction = null] = await store.findChargingTransactions(stationId, about.ocppTransactionId);
    const sessionId = transaction?.sessionId ?? null;
    return { session: sessionId === null ? null : await store.findSession(sessionId), transaction };
  }

  return {
    async tell(question) {
      const { session, transaction } = await findSubject(question);
      const tariff = session === null ? null : await store.findTariff(session.terms.tariffId);
      if (session === null || tariff === null) return null;
      const { sessionId, terms } = session;
      const holdMicro = heldMicroOf(session);
      const costMicro = costOf(tariff, transaction);
      const holdWh = holdWhOf(tariff, holdMicro);
      return {
        ...{ sessionId, tariffId: terms.tariffId, tariff, holdMicro, holdWh, currency },
        costMicro: costMicro < holdMicro ? costMicro : holdMicro,
        limits: traits.known(question.stationId),
        receipt: pageUrl === null ? null : { url: `${pageUrl}/#/session/${sessionId}`, id: receiptNumberOf(sessionId) },
      } satisfies ToldSession;
    },
  };
}

/** By what was measured so far; nothing before the first reading. */
export function costOf(tariff: Tariff, transaction: Pick<ChargingTransaction, "watched"> | null): bigint {
  const watched = transaction?.watched ?? null;
  if (watched === null) return 0n;
  const { energyMicroWh, chargingSeconds, connectedSeconds } = meteredSoFar(watched);
  return priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds).grossMicro;
}

function holdWhOf(tariff: Tariff, holdMicro: bigint): number | null {
  const energyMicroWh = energyPaidBy(tariff, holdMicro);
  return energyMicroWh === null ? null : Number(energyMicroWh / microWhPerWh);
}
