import { priceOf, type Tariff } from "../../../domain/tariff.ts";
import type { ChainSession } from "../chain/session-history.ts";
import { energyWithin } from "../chain/hold-presets.ts";
import { liveFiguresOf, type LiveFigures } from "./live-figures.ts";
import { powerOf, type SessionView } from "./session-view.ts";

/** What a charge has come to, from both mouths. Amounts in 10⁻⁶ token, energy in 10⁻⁶ Wh, times in seconds since 1970. */
export interface Charge {
  readonly source: LiveFigures["source"];
  /** The best that is known: what the charger says where that is more than what is signed. */
  readonly energyMicroWh: bigint;
  readonly costMicro: bigint;
  /** What the meter has signed of it. */
  readonly signedMicro: bigint;
  readonly signedMicroWh: bigint;
  readonly holdMicro: bigint;
  readonly seconds: number;
  readonly powerW: number | null;
  /** When the hold is used up at this power; `null` where nothing tells. */
  readonly holdUsedAt: number | null;
  /** How much energy the hold pays; `null` where it is no limit. */
  readonly holdMicroWh: bigint | null;
  /** From when on staying connected costs extra; `null` where it never does. */
  readonly stayingFrom: number | null;
  readonly isLow: boolean;
  readonly isUsedUp: boolean;
  readonly isCharging: boolean;
}

/** From nine tenths of the hold on the driver is told. */
const lowNumerator = 9n;
const lowDenominator = 10n;

export function chargeOf(onChain: ChainSession, tariff: Tariff, view: SessionView, nowMs: number): Charge {
  const holdMicro = onChain.terms.holdMicro + onChain.toppedUpMicro;
  const isCharging = onChain.ending.kind === "live" && view.session?.state === "charging";
  const figures = liveFiguresOf(view, onChain.ending, isCharging, nowMs);
  const { source, seconds } = figures;
  const costOf = (energyMicroWh: bigint): bigint => {
    const { grossMicro } = priceOf(tariff, energyMicroWh, seconds, seconds);
    return grossMicro < holdMicro ? grossMicro : holdMicro;
  };
  const said = view.unsigned.at(-1)?.energyMicroWh ?? 0n;
  const isSaidBeyond = source === "signed" && said > figures.energyMicroWh;
  const energyMicroWh = isSaidBeyond ? said : figures.energyMicroWh;
  const isSigned = source === "signed" || source === "final";
  const costMicro = costOf(energyMicroWh);
  const powerW = isSaidBeyond ? (powerOf(view.unsigned) ?? figures.powerW) : figures.powerW;
  const holdMicroWh = energyWithin(tariff, holdMicro);
  const firstMs = view.readings[0]?.atMs ?? view.unsigned[0]?.sinceMs ?? null;
  const { priceNanoPerConnectedHour, connectedFreeSeconds } = tariff;
  return {
    source,
    energyMicroWh,
    costMicro,
    signedMicro: isSigned ? costOf(figures.energyMicroWh) : 0n,
    signedMicroWh: isSigned ? figures.energyMicroWh : 0n,
    holdMicro,
    seconds,
    powerW,
    holdUsedAt: isCharging ? usedAt(energyMicroWh, holdMicroWh, powerW, nowMs) : null,
    holdMicroWh,
    stayingFrom:
      priceNanoPerConnectedHour > 0n && firstMs !== null ? Math.floor(firstMs / 1_000) + connectedFreeSeconds : null,
    isLow: isCharging && costMicro * lowDenominator >= holdMicro * lowNumerator,
    isUsedUp: isCharging && costMicro >= holdMicro,
    isCharging,
  };
}

function usedAt(energyMicroWh: bigint, limit: bigint | null, powerW: number | null, nowMs: number): number | null {
  if (limit === null || powerW === null || powerW <= 0 || limit <= energyMicroWh) return null;
  const hours = Number(limit - energyMicroWh) / 1e6 / powerW;
  return Math.round(nowMs / 1_000 + hours * 3_600);
}
