import type { Tariff } from "../domain/tariff.ts";
import type { TariffDirectory } from "../evidence/tariff-directory.ts";
import { fieldAt, textAt } from "../ocpp/payload.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import { tariffOfOcpp } from "../ocpp/v2/tariff.ts";
import type { StationConnection } from "../ocpp/wire/connections.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import { callStation } from "./call-station.ts";
import type { RemoteCall } from "./remote-calls.ts";

/** Gives stations of 2.1 the tariffs by which they show and compute costs (I07, I08). */
export interface TariffInstaller {
  /**
   * Once for each connection and tariff: what each EVSE offers (`SetDefaultTariff`), and for a transaction the tariff of its
   * session where that is another one (`ChangeTransactionTariff`). What OCPP has no word for is left out, and so is what the
   * station refuses: it is told the cost in any case.
   * @param open Transactions of sessions that go on.
   */
  install(connection: StationConnection, open: readonly ChargingTransaction[]): Promise<void>;
}

/** What was tried on a connection: tariffs by the station's number of an EVSE, and transactions. */
interface Tried {
  readonly defaults: Map<number, string>;
  readonly transactions: Set<string>;
}

export function createTariffInstaller(deps: {
  readonly store: Pick<Store, "findStation" | "findSession" | "findTariff">;
  readonly tariffs: Pick<TariffDirectory, "findFirstAssigned">;
  readonly commands: StationCommands;
  readonly desk: Pick<OperatorDesk, "note">;
  /** ISO 4217: what a token stands for. */
  readonly currency: string;
}): TariffInstaller {
  const { store, tariffs, commands, desk, currency } = deps;
  // A station that connects anew may have forgotten what it had.
  const tried = new WeakMap<StationConnection, Tried>();

  function triedOn(connection: StationConnection): Tried {
    const known = tried.get(connection) ?? { defaults: new Map<number, string>(), transactions: new Set<string>() };
    tried.set(connection, known);
    return known;
  }

  async function call(stationId: string, { action, payload }: RemoteCall): Promise<void> {
    const outcome = await callStation(commands, stationId, { action, payload });
    const status = outcome.kind === "answered" ? textAt(outcome.answer, "status") : outcome.kind;
    desk.note("tariff-installed", { stationId, action, tariffId: fieldAt(payload, "tariff", "tariffId"), status });
  }

  async function installDefault(connection: StationConnection, evse: number, stationEvse: number): Promise<void> {
    const { defaults } = triedOn(connection);
    // The station shows it to everybody, so it is the one for everybody.
    const tariffId = await tariffs.findFirstAssigned(evse);
    if (tariffId === null || defaults.get(stationEvse) === tariffId) return;
    defaults.set(stationEvse, tariffId);
    const tariff = await ocppTariff(tariffId);
    if (tariff === null) return;
    await call(connection.stationId, { action: "SetDefaultTariff", payload: { evseId: stationEvse, tariff } });
  }

  async function ocppTariff(tariffId: string): Promise<object | null> {
    const tariff: Tariff | null = await store.findTariff(tariffId);
    return tariff === null ? null : tariffOfOcpp({ tariff, tariffId, currency });
  }

  async function installSession(connection: StationConnection, transaction: ChargingTransaction): Promise<void> {
    const { defaults, transactions } = triedOn(connection);
    const { ocppTransactionId: transactionId, sessionId, evse } = transaction;
    if (transactions.has(transactionId) || sessionId === null) return;
    transactions.add(transactionId);
    const tariffId = (await store.findSession(sessionId))?.terms.tariffId;
    if (tariffId === undefined || (evse !== null && defaults.get(evse) === tariffId)) return;
    const tariff = await ocppTariff(tariffId);
    if (tariff === null) return;
    await call(connection.stationId, { action: "ChangeTransactionTariff", payload: { transactionId, tariff } });
  }

  return {
    async install(connection, open) {
      const evses = (await store.findStation(connection.stationId))?.evses ?? [];
      for (const [index, evse] of evses.entries()) await installDefault(connection, evse, index + 1);
      for (const transaction of open) await installSession(connection, transaction);
    },
  };
}
