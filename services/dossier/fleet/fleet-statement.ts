/**
 * The fleet part of the dossier room: what an employer or a fleet gets, vehicle by vehicle and month by month. In come the
 * sessions of a dossier that was verified; out go lines whose printed figures add up, each with a code that binds it to the
 * dossier. Whoever has the dossier composes the same statement again. Nothing here needs the service.
 */
import { tagOf } from "../../domain/id-tag.ts";
import { roundNearest, roundParts } from "../../domain/printed-sums.ts";
import type { DossierManifest, DossierSession } from "../format/dossier-schema.ts";
import { leafOf } from "../format/leaves.ts";

/** How a statement is written. */
export interface FleetTerms {
  /** IANA's name; months and days are those of this zone. */
  readonly timeZone: string;
  /** What a kilowatt-hour is paid for; `null`: the statement has no amounts. */
  readonly price: FleetPrice | null;
}

export interface FleetPrice {
  /** In 10⁻⁶ of the currency. */
  readonly microPerKwh: bigint;
  /** ISO 4217. */
  readonly currency: string;
  /** Of the currency's amounts. */
  readonly decimals: number;
}

/** One charge. Printed figures add up: some are rounded to the other neighbour for it. */
export interface FleetLine {
  readonly vehicle: string;
  /** "2026-11" */
  readonly month: string;
  readonly beginSeconds: number;
  readonly endSeconds: number;
  readonly evseId: string;
  readonly meter: string;
  readonly energyMicroWh: bigint;
  /** To the watt-hour, as it is printed. */
  readonly printedWh: bigint;
  /** In the currency's smallest unit, of the printed energy; `null` without a price. */
  readonly amount: bigint | null;
  /** 20 characters; it stands for the session's leaf in the dossier. */
  readonly code: string;
}

/** What one vehicle charged in one month. */
export interface FleetGroup {
  readonly vehicle: string;
  readonly month: string;
  readonly lines: readonly FleetLine[];
  readonly printedWh: bigint;
  readonly amount: bigint | null;
}

export interface FleetStatement {
  readonly terms: FleetTerms;
  /** By vehicle and month. */
  readonly groups: readonly FleetGroup[];
  readonly printedWh: bigint;
  readonly amount: bigint | null;
}

/** A session with the vehicle that it is put down to. */
export interface FleetSession {
  readonly vehicle: string;
  readonly session: DossierSession;
}

const microPerWh = 1_000_000n;
const wattHoursPerKwh = 1_000n;

/** The code of a session: a tag of its leaf, which has a salt, so that it says nothing to who has not the dossier. */
export function fleetCodeOf(session: DossierSession): string {
  return tagOf(leafOf(session));
}

/** The same for people. */
export function printedCode(code: string): string {
  return code.replace(/.{5}(?=.)/gu, "$&-");
}

/** Composes the statement of these sessions. The order in which they are given does not matter. */
export function composeFleetStatement(
  sessions: readonly FleetSession[],
  manifest: Pick<DossierManifest, "evses" | "meters">,
  terms: FleetTerms,
): FleetStatement {
  const evses = new Map(manifest.evses.map(({ number, evseId }) => [number, evseId]));
  const meters = new Map(manifest.meters.map(({ number, serial }) => [number, serial ?? ""]));
  const monthOf = monthsIn(terms.timeZone);
  const ordered = sessions.toSorted(
    (left, right) =>
      compare(left.vehicle, right.vehicle) ||
      left.session.beginSeconds - right.session.beginSeconds ||
      compare(left.session.sessionId, right.session.sessionId),
  );
  const energies = ordered.map(({ session }) => BigInt(session.toMicroWh) - BigInt(session.fromMicroWh));
  const total = energies.reduce((sum, energy) => sum + energy, 0n);
  const printed = roundParts(energies, microPerWh, roundNearest(total, microPerWh));
  const lines = ordered.map(({ vehicle, session }, index): FleetLine => {
    const printedWh = (printed[index] ?? 0n) / microPerWh;
    return {
      ...{ vehicle, month: monthOf(session.endSeconds) },
      ...{ beginSeconds: session.beginSeconds, endSeconds: session.endSeconds },
      ...{ evseId: evses.get(session.terms.evse) ?? "", meter: meters.get(session.terms.meter) ?? "" },
      ...{ energyMicroWh: energies[index] ?? 0n, printedWh },
      amount: terms.price === null ? null : amountOf(printedWh, terms.price),
      code: fleetCodeOf(session),
    };
  });
  const groups = [...Map.groupBy(lines, ({ vehicle, month }) => `${month} ${vehicle}`).values()].map(groupOf);
  return {
    terms,
    groups: groups.toSorted((left, right) => compare(left.vehicle, right.vehicle) || compare(left.month, right.month)),
    printedWh: sumOf(lines.map(({ printedWh }) => printedWh)),
    amount: terms.price === null ? null : sumOf(lines.map(({ amount }) => amount ?? 0n)),
  };
}

/** To the nearest of the currency's smallest unit. */
function amountOf(printedWh: bigint, { microPerKwh, decimals }: FleetPrice): bigint {
  const unit = 10n ** BigInt(6 - decimals) * wattHoursPerKwh;
  return roundNearest(printedWh * microPerKwh, unit) / unit;
}

function groupOf(lines: readonly FleetLine[]): FleetGroup {
  const [first] = lines;
  return {
    ...{ vehicle: first?.vehicle ?? "", month: first?.month ?? "", lines },
    printedWh: sumOf(lines.map(({ printedWh }) => printedWh)),
    amount: first?.amount === null ? null : sumOf(lines.map(({ amount }) => amount ?? 0n)),
  };
}

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}

function monthsIn(timeZone: string): (seconds: number) => string {
  // Canada writes year, month and day in this order, with hyphens.
  const day = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  return (seconds) => day.format(seconds * 1_000).slice(0, 7);
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
