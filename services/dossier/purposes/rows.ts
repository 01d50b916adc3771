import { isShown, type DossierManifest, type DossierMonth, type DossierSession } from "../format/dossier-schema.ts";
import { gapsMicroWhOf } from "../format/continuity.ts";
import type { DossierPart } from "../format/read-dossier.ts";
import { idTagOfSession } from "../verify/session-terms.ts";
import type { ColumnContent, Purpose } from "./purpose.ts";

/** What a cell shows: text, energy in 10⁻⁶ Wh in a larger unit, a number, or a time in seconds since 1970. */
export type ColumnCell =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "energy"; readonly microWh: bigint; readonly unit: "kWh" | "MWh" }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "time"; readonly seconds: number };

/** What a row is made from. */
interface RowSource {
  readonly evse: number;
  readonly meters: Set<number>;
  readonly month: string;
  readonly beginSeconds: number;
  readonly endSeconds: number;
  energyMicroWh: bigint;
  gapsMicroWh: bigint;
  sessions: number;
  openingMicroWh: bigint | null;
  closingMicroWh: bigint | null;
  readonly session: DossierSession | null;
}

/** Months of a quarter. */
const quarterMonths = 3;
const secondsPerHour = 3_600n;

/**
 * The rows of a purpose's table. Sessions pass by one by one; sums are held, one for each row.
 * @param parts A dossier that was verified: nothing is checked here.
 */
export async function* rowsOf(
  parts: AsyncIterable<DossierPart>,
  purpose: Purpose,
): AsyncGenerator<readonly ColumnCell[]> {
  let manifest: DossierManifest | null = null;
  let root: string | null = null;
  const sums = new Map<string, RowSource>();
  for await (const part of parts) {
    if (part.name === "manifest") manifest = part.value;
    if (part.name === "commitment") root = part.value.root;
    if (part.name !== "month" || manifest === null) continue;
    const evse = manifest.meters.find(({ number }) => number === part.value.meter)?.evse ?? 0;
    if (purpose.row === "session") {
      for (const session of part.value.sessions) {
        if (isShown(session)) yield cellsOf(purpose, sessionRow(session), manifest, null);
      }
    } else addMonth(sums, part.value, evse, purpose.row, manifest);
  }
  if (manifest === null) return;
  for (const row of sums.values()) if (row.sessions > 0) yield cellsOf(purpose, row, manifest, root);
}

function sessionRow(session: DossierSession): RowSource {
  const { terms, beginSeconds, endSeconds } = session;
  return {
    ...{ evse: terms.evse, meters: new Set([terms.meter]), month: "", beginSeconds, endSeconds, sessions: 1 },
    energyMicroWh: BigInt(session.toMicroWh) - BigInt(session.fromMicroWh),
    gapsMicroWh: 0n,
    openingMicroWh: BigInt(session.fromMicroWh),
    closingMicroWh: BigInt(session.toMicroWh),
    session,
  };
}

function addMonth(
  sums: Map<string, RowSource>,
  part: DossierMonth,
  evse: number,
  kind: Exclude<Purpose["row"], "session">,
  manifest: DossierManifest,
): void {
  const span = spanOf(part.month, kind, manifest);
  const key = kind === "meter-and-period" ? `meter ${part.meter}` : `${evse} ${span.beginSeconds}`;
  const row: RowSource = sums.get(key) ?? {
    ...{ evse, meters: new Set<number>(), month: part.month, ...span, session: null, sessions: 0 },
    ...{ energyMicroWh: 0n, gapsMicroWh: 0n, openingMicroWh: null, closingMicroWh: null },
  };
  sums.set(key, row);
  row.meters.add(part.meter);
  for (const session of part.sessions) {
    if (isShown(session)) row.energyMicroWh += BigInt(session.toMicroWh) - BigInt(session.fromMicroWh);
  }
  row.gapsMicroWh += gapsMicroWhOf(part.gaps);
  row.sessions += part.sessions.length;
  // Registers of two meters are no reading together.
  const isOne = row.meters.size === 1;
  row.openingMicroWh = isOne ? (row.openingMicroWh ?? bigIntOf(part.openingMicroWh)) : null;
  row.closingMicroWh = isOne ? bigIntOf(part.closingMicroWh) : null;
}

function spanOf(
  month: string,
  kind: Exclude<Purpose["row"], "session">,
  { fromSeconds, toSeconds }: DossierManifest,
): { readonly beginSeconds: number; readonly endSeconds: number } {
  if (kind === "meter-and-period") return { beginSeconds: fromSeconds, endSeconds: toSeconds };
  const [year = 0, number = 1] = month.split("-").map(Number);
  const length = kind === "evse-and-quarter" ? quarterMonths : 1;
  const first = Math.floor((number - 1) / length) * length;
  const begin = Date.UTC(year, first) / 1_000;
  const end = Date.UTC(year, first + length) / 1_000;
  return { beginSeconds: Math.max(begin, fromSeconds), endSeconds: Math.min(end, toSeconds) };
}

function cellsOf(
  { columns }: Purpose,
  row: RowSource,
  manifest: DossierManifest,
  root: string | null,
): readonly ColumnCell[] {
  return columns.map(({ content, identifier }) => cellOf(content, identifier, row, manifest, root));
}

function cellOf(
  content: ColumnContent,
  identifier: string | undefined,
  row: RowSource,
  manifest: DossierManifest,
  root: string | null,
): ColumnCell {
  const evse = manifest.evses.find(({ number }) => number === row.evse);
  const meters = manifest.meters.filter(({ number }) => row.meters.has(number));
  const { session } = row;
  const joined = (member: "vendor" | "model" | "serial" | "publicKey"): ColumnCell =>
    text([...new Set(meters.map((meter) => meter[member] ?? ""))].filter((name) => name !== "").join(", "));
  switch (content) {
    case "evse-id":
      return text(evse?.evseId ?? "");
    case "evse-number":
      return { kind: "count", count: row.evse };
    case "identifier":
      return text(evse?.identifiers[identifier ?? ""] ?? "");
    case "operator":
      return text(manifest.operator);
    case "purpose":
      return text(manifest.purpose);
    case "dossier-root":
      return text(root ?? "");
    case "month":
      return text(row.month);
    case "period-begin":
    case "session-begin":
      return { kind: "time", seconds: row.beginSeconds };
    case "period-end":
    case "session-end":
      return { kind: "time", seconds: row.endSeconds };
    case "kwh":
      return energy(row.energyMicroWh);
    case "mwh":
      return { kind: "energy", microWh: row.energyMicroWh, unit: "MWh" };
    case "gaps-kwh":
      return energy(row.gapsMicroWh);
    case "opening-kwh":
      return energy(row.openingMicroWh);
    case "closing-kwh":
      return energy(row.closingMicroWh);
    case "sessions":
      return { kind: "count", count: row.sessions };
    case "meter-vendor":
      return joined("vendor");
    case "meter-model":
      return joined("model");
    case "meter-serial":
      return joined("serial");
    case "meter-key":
      return joined("publicKey");
    case "calibration-expires": {
      const [first] = meters.map((meter) => meter.calibrationExpiresAt).toSorted((left, right) => left - right);
      return first === undefined ? text("") : { kind: "time", seconds: first };
    }
    case "session-id":
      return text(session?.sessionId ?? "");
    case "id-tag":
      return text(session === null ? "" : idTagOfSession(session));
    case "proof":
      return text(session?.proof ?? "");
    case "settlement":
      return text(session?.settlement.hash ?? "");
    case "mean-power-kw": {
      const seconds = BigInt(row.endSeconds - row.beginSeconds);
      // Energy for each hour of its time.
      return seconds <= 0n ? text("") : energy((row.energyMicroWh * secondsPerHour) / seconds);
    }
  }
}

function text(value: string): ColumnCell {
  return { kind: "text", text: value };
}

function energy(microWh: bigint | null): ColumnCell {
  return microWh === null ? text("") : { kind: "energy", microWh, unit: "kWh" };
}

function bigIntOf(value: string | null): bigint | null {
  return value === null ? null : BigInt(value);
}
