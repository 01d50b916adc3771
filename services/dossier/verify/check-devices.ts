import { AbiCoder, keccak256 } from "ethers";

import { curveNumberOf } from "../../domain/meter-curve.ts";
import { readView, type ReceiptChain } from "../../receipts/receipt-chain.ts";
import { isShown, type DossierManifest, type DossierMeter, type DossierMonth } from "../format/dossier-schema.ts";
import type { Findings } from "./findings.ts";

/** Looks whether one physical meter that is registered under several keys counts the same energy for each of them. */
export interface DeviceCheck {
  take(month: DossierMonth): void;
  end(): void;
}

/** What one registration of a physical meter counted. */
interface Stretch {
  readonly meter: number;
  readonly sessionId: string;
  /** Registers in 10⁻⁶ Wh, or seconds of the meter's clock where the register starts over. */
  readonly from: bigint;
  readonly to: bigint;
}

/** Of meters with several keys alone, which are few. */
const mostStretches = 1_000_000;

/**
 * Two meters of the manifest are one where a maker vouches for both and gives them one serial number. What the chain has of
 * the makers' statements counts, too.
 * @param chain `null`: by the manifest alone
 */
export async function createDeviceCheck(
  chain: ReceiptChain | null,
  { meters, contracts }: DossierManifest,
  findings: Findings,
): Promise<DeviceCheck> {
  const devices = groupsOf(await namesOf(chain, meters, contracts.meterRegistry));
  const byNumber = new Map(meters.map((meter) => [meter.number, meter]));
  const stretches = new Map<string, Stretch[]>();
  let count = 0;

  return {
    take({ meter: number, sessions }) {
      const device = devices.get(number);
      const meter = byNumber.get(number);
      if (device === undefined || meter === undefined) return;
      const isRestarting = meter.restartsWithTransaction;
      const name = `${device} ${isRestarting ? "" : meter.register}`;
      const own = stretches.get(name) ?? [];
      stretches.set(name, own);
      for (const session of sessions) {
        // Of times that the chain vouches for, nobody knows how far within them the meter counted.
        if (!isShown(session) || (isRestarting && session.clock !== "meter")) continue;
        const { sessionId } = session;
        const from = isRestarting ? BigInt(session.beginSeconds) : BigInt(session.fromMicroWh);
        const to = isRestarting ? BigInt(session.endSeconds) : BigInt(session.toMicroWh);
        count += 1;
        if (count <= mostStretches) own.push({ meter: number, sessionId, from, to });
      }
    },
    end() {
      if (count > mostStretches) {
        findings.add("DOSSIER_TOO_LARGE", `${count} sessions of physical meters with several keys`);
      }
      for (const all of stretches.values()) {
        for (const [left, right] of overlapsOf(all)) {
          const sessions = `session ${right.sessionId} and session ${left.sessionId} of meter ${left.meter}`;
          findings.add("DOSSIER_INTERVALS_OVERLAP", `meter ${right.meter}, the same physical meter: ${sessions}`);
        }
      }
    },
  };
}

/** What each meter is known as, by number: whoever shares a name with another is the same. */
async function namesOf(
  chain: ReceiptChain | null,
  meters: readonly DossierMeter[],
  meterRegistry: string,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const names = new Map<number, readonly string[]>();
  for (const { number, maker, serial, curve, publicKey } of meters) {
    const own = maker === 0 || serial === null ? [] : [`${maker} ${serial}`];
    if (chain !== null) {
      const key = AbiCoder.defaultAbiCoder().encode(["uint8", "bytes"], [curveNumberOf(curve), publicKey]);
      const answer = await readView(chain, meterRegistry, "physicalMeterOf", [keccak256(key)]);
      if (typeof answer === "string") own.push(answer.toLowerCase());
    }
    names.set(number, own);
  }
  return names;
}

/** One name for all meters that share one, directly or by others. Meters that are alone are left out. */
function groupsOf(names: ReadonlyMap<number, readonly string[]>): ReadonlyMap<number, string> {
  const groupOf = new Map<string, { readonly meters: number[]; readonly names: string[] }>();
  for (const [number, own] of names) {
    const found = [...new Set(own.flatMap((name) => groupOf.get(name) ?? []))];
    const joined = {
      meters: [...found.flatMap(({ meters }) => meters), number],
      names: [...new Set([...found.flatMap((group) => group.names), ...own])],
    };
    for (const name of joined.names) groupOf.set(name, joined);
  }
  const devices = new Map<number, string>();
  for (const { meters, names: all } of new Set(groupOf.values())) {
    for (const meter of meters.length > 1 ? meters : []) devices.set(meter, all[0] ?? "");
  }
  return devices;
}

/** What reaches into what another registration counted. Of one registration the continuity table says it. */
function overlapsOf(stretches: readonly Stretch[]): readonly (readonly [Stretch, Stretch])[] {
  const sorted = stretches
    .filter(({ from, to }) => to > from)
    .toSorted((left, right) => (left.from < right.from ? -1 : left.from > right.from ? 1 : left.meter - right.meter));
  const found: (readonly [Stretch, Stretch])[] = [];
  // The furthest so far, and the furthest of the other registrations.
  let furthest: Stretch | null = null;
  let second: Stretch | null = null;
  for (const next of sorted) {
    const other: Stretch | null = furthest?.meter === next.meter ? second : furthest;
    if (other !== null && next.from < other.to) found.push([other, next]);
    if (furthest === null || next.to > furthest.to) {
      if (furthest !== null && furthest.meter !== next.meter) second = furthest;
      furthest = next;
    } else if (furthest.meter !== next.meter && (second === null || next.to > second.to)) second = next;
  }
  return found;
}
