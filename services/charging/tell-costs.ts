import { meteredSoFar } from "../domain/charging/watched-energy.ts";
import type { Tariff } from "../domain/tariff.ts";
import { ocppAmount, type SessionTeller, type ToldSession } from "../ocpp/session-teller.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { Connections, StationConnection } from "../ocpp/wire/connections.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import { callStation } from "./call-station.ts";
import type { TariffInstaller } from "./install-tariffs.ts";
import type { RemoteCall } from "./remote-calls.ts";
import type { StationTraits } from "./station-traits.ts";
import { withinTime } from "./within-time.ts";

/** Tells stations what runs on, where they cannot be told with an answer: CostUpdated of 2.0.1, and the OCA's messages of 1.6. */
export interface CostTeller {
  tellCosts(signal: AbortSignal): Promise<void>;
}

/** What is told of a running transaction, at most so often. */
const pauseMs = 60_000;
/** How long a round waits for answers of stations. */
const patienceMs = 1_000;
/** The vendor under which the OCA's paper on prices for 1.6 has its messages. */
const costVendor = "org.openchargealliance.costmsg";
const microWhPerWh = 1_000_000n;
const nanoPerMicro = 1_000n;
const nanoPerToken = 1_000_000_000n;
const bpsPerWhole = 10_000n;

type Metered = Pick<ReturnType<typeof meteredSoFar>, "energyMicroWh" | "connectedSeconds">;
/** Before the first reading. */
const nothingYet: Metered = { energyMicroWh: 0n, connectedSeconds: 0 };

/** What a station was told last of a transaction. */
interface LastTold {
  readonly costMicro: bigint;
  readonly nextAtMs: number;
}

export function createCostTeller(deps: {
  readonly store: Pick<Store, "listChargingTransactions">;
  readonly teller: SessionTeller;
  readonly traits: Pick<StationTraits, "ask" | "showsCosts" | "takesTariffs">;
  readonly tariffs: TariffInstaller;
  readonly connections: Connections;
  readonly commands: StationCommands;
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
}): CostTeller {
  const { store, teller, traits, tariffs, connections, commands, now, elapsedMs } = deps;
  // Of transactions that run; lost with a restart, after which all are told again.
  const last = new Map<number, LastTold>();
  const busy = new Set<string>();

  function isShowing({ stationId, protocol }: StationConnection): boolean {
    return protocol === "ocpp2.0.1" || (protocol === "ocpp1.6" && traits.showsCosts(stationId));
  }

  async function tell(connection: StationConnection, transaction: ChargingTransaction): Promise<void> {
    const { stationId, protocol } = connection;
    const { ordinal, ocppTransactionId, isOpen } = transaction;
    const before = last.get(ordinal);
    if (isOpen ? before !== undefined && elapsedMs() < before.nextAtMs : before === undefined) return;
    const about = { kind: "transaction", ocppTransactionId, isEnded: !isOpen } as const;
    const told = await teller.tell({ stationId, protocol, about });
    if (!isOpen) last.delete(ordinal);
    if (told === null) return;
    if (isOpen) last.set(ordinal, { costMicro: told.costMicro, nextAtMs: elapsedMs() + pauseMs });
    if (isOpen && before?.costMicro === told.costMicro) return;
    const call = protocol === "ocpp1.6" ? costMessage16(transaction, told, now()) : costUpdated(transaction, told);
    // In 2.0.1 the answer to the end has said the final cost.
    if (isOpen || protocol === "ocpp1.6") await callStation(commands, stationId, call);
  }

  /** One round of a station at a time. */
  async function tellStation(connection: StationConnection): Promise<void> {
    const { stationId, protocol } = connection;
    if (busy.has(stationId)) return;
    busy.add(stationId);
    try {
      const transactions = await store.listChargingTransactions(stationId);
      const ours = transactions.filter((one) => one.sessionId !== null && one.protocol === protocol);
      // Of a station at which nobody of ours charges nothing is asked.
      const open = ours.filter(({ isOpen }) => isOpen);
      if (open.length > 0) await traits.ask(stationId);
      if (protocol === "ocpp2.1" && traits.takesTariffs(stationId)) await tariffs.install(connection, open);
      if (!isShowing(connection)) return;
      for (const transaction of ours) await tell(connection, transaction);
    } finally {
      busy.delete(stationId);
    }
  }

  return {
    async tellCosts(signal) {
      if (signal.aborted) return;
      const works = [...connections.all()].map(tellStation);
      // A station that does not answer keeps nobody waiting.
      await withinTime(
        Promise.all(works).then(() => undefined),
        patienceMs,
      );
    },
  };
}

function costUpdated({ ocppTransactionId }: ChargingTransaction, { costMicro }: ToldSession): RemoteCall {
  return { action: "CostUpdated", payload: { totalCost: ocppAmount(costMicro), transactionId: ocppTransactionId } };
}

function costMessage16(
  { ocppTransactionId, isOpen, watched }: ChargingTransaction,
  told: ToldSession,
  atMs: number,
): RemoteCall {
  const { costMicro, tariff, receipt, currency } = told;
  const shared = { transactionId: Number(ocppTransactionId), cost: ocppAmount(costMicro) };
  const running = {
    ...shared,
    timestamp: new Date(watched?.atMs ?? atMs).toISOString(),
    meterValue: watched === null ? 0 : Number(watched.registerWh.unscaled) / 10 ** watched.registerWh.scale,
    state: "Charging",
    chargingPrice: priceShown(tariff, watched === null ? nothingYet : meteredSoFar(watched)),
  };
  const final = {
    ...shared,
    priceText: `${shared.cost.toFixed(2)} ${currency}`,
    ...(receipt === null ? {} : { qrCodeText: receipt.url }),
  };
  const [messageId, data] = isOpen ? (["RunningCost", running] as const) : (["FinalCost", final] as const);
  return { action: "DataTransfer", payload: { vendorId: costVendor, messageId, data: JSON.stringify(data) } };
}

/** What a kilowatt-hour and an hour cost now, and what plugging in did: with tax, as the cost beside them. */
function priceShown(tariff: Tariff, { energyMicroWh, connectedSeconds }: Metered): object {
  const band = tariff.energyBands.findLast(({ fromWh }) => energyMicroWh >= BigInt(fromWh) * microWhPerWh);
  const connectedNano = connectedSeconds < tariff.connectedFreeSeconds ? 0n : tariff.priceNanoPerConnectedHour;
  const { chargingTaxBps, connectedTaxBps, energyTaxBps, flatTaxBps } = tariff;
  return {
    kWhPrice: grossOf((band ?? tariff).priceNanoPerKwh, energyTaxBps),
    hourPrice: grossOf(tariff.priceNanoPerChargingHour, chargingTaxBps) + grossOf(connectedNano, connectedTaxBps),
    flatFee: grossOf(tariff.flatFeeMicro * nanoPerMicro, flatTaxBps),
  };
}

function grossOf(netNano: bigint, taxBps: number): number {
  return Number(netNano * (bpsPerWhole + BigInt(taxBps))) / Number(bpsPerWhole * nanoPerToken);
}
