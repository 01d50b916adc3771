import { exitCode, type ExitCode } from "../command-line/exit-codes.ts";
import type { Output } from "../command-line/output.ts";
import type { BookCheck, BookedSession, Books } from "../local-world/books.ts";
import { expectedChargeMicro } from "../local-world/expected-price.ts";
import { gasPerSession, kilowattHours, money } from "../local-world/figures.ts";
import type { DeliveryOutcome } from "./play.ts";
import type { PlannedSession } from "./plan.ts";
import { demoTariff } from "../local-world/tariff.ts";

/** How one planned session ended. Energy in Wh and amounts in tokens are decimal text. */
export interface SessionReport {
  readonly name: string;
  readonly origin: PlannedSession["origin"];
  readonly sessionId: string | null;
  readonly planned: PlannedSession["ending"];
  readonly ended: PlannedSession["ending"] | "live";
  readonly energyMicroWh: bigint;
  readonly chargedMicro: bigint;
  readonly returnedMicro: bigint;
  /** What a challenge gave back to the driver; part of what is returned. */
  readonly refundedMicro: bigint;
  readonly deliveries: readonly DeliveryOutcome[];
  /** What is not as planned; empty if all is. */
  readonly deviations: readonly string[];
}

/** Compares what the chain says with the plan, to the last digit. */
export function reportSession(
  planned: PlannedSession,
  booked: BookedSession | null,
  deliveries: readonly DeliveryOutcome[],
  receiptFailures: readonly string[] | null,
): SessionReport {
  const deviations: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) {
      deviations.push(`${what} is ${String(actual)} instead of ${String(expected)}`);
    }
  };
  const closing = booked?.closing ?? null;
  const ended = closing === null ? "not opened" : closing.kind;
  const settled = closing?.kind === "settled" ? closing : null;
  expect("the ending", ended, planned.ending);
  if (settled !== null && planned.metering !== null) {
    const chargedMicro = expectedChargeMicro(demoTariff, planned.metering, planned.holdMicro);
    const isDishonest = planned.settledBy === "dishonest quorum";
    const claimedMicroWh = planned.metering.energyMicroWh * (isDishonest ? 2n : 1n);
    expect("the energy in 10⁻⁶ Wh", settled.energyMicroWh, claimedMicroWh);
    expect("the charging time", settled.chargingSeconds, planned.metering.chargingSeconds);
    expect("the connected time", settled.connectedSeconds, planned.metering.chargingSeconds);
    expect("the charge", settled.chargedMicro - settled.refundedMicro, chargedMicro);
    expect("the return", settled.returnedMicro + settled.refundedMicro, planned.holdMicro - chargedMicro);
    expect("that a challenge put it right", settled.refundedMicro > 0n, isDishonest);
    deviations.push(...(receiptFailures ?? ["there is no receipt"]));
  }
  if (closing?.kind === "expired") {
    expect("the return", closing.returnedMicro, planned.holdMicro);
  }
  for (const { what, outcome, code, expected, isAsExpected } of deliveries) {
    if (!isAsExpected) {
      deviations.push(`${what}: ${outcome}${code === null ? "" : ` (${code})`} instead of ${expected}`);
    }
  }

  return {
    name: planned.name,
    origin: planned.origin,
    sessionId: booked?.sessionId ?? null,
    planned: planned.ending,
    ended,
    // Of a claim that a challenge has put right only the price counts; the energy is what the meter signed.
    energyMicroWh: (settled?.refundedMicro ? planned.metering?.energyMicroWh : settled?.energyMicroWh) ?? 0n,
    chargedMicro: (settled?.chargedMicro ?? 0n) - (settled?.refundedMicro ?? 0n),
    returnedMicro:
      closing === null || closing.kind === "live" ? 0n : closing.returnedMicro + (settled?.refundedMicro ?? 0n),
    refundedMicro: settled?.refundedMicro ?? 0n,
    deliveries,
    deviations,
  };
}

/** What happened to each, one after the other. */
export function printSession(output: Output, report: SessionReport): void {
  const mark = report.deviations.length === 0 ? "as planned" : "NOT AS PLANNED";
  const amounts =
    report.ended === "settled"
      ? `${kilowattHours(report.energyMicroWh)} kWh, charged ${money(report.chargedMicro)}, returned ${money(report.returnedMicro)}` +
        (report.refundedMicro === 0n ? "" : `, of it ${money(report.refundedMicro)} by a challenge`)
      : report.ended === "expired"
        ? `returned ${money(report.returnedMicro)}`
        : "";
  output.line(`  ${report.name}: ${report.ended}, ${mark}${amounts === "" ? "" : `; ${amounts}`}`);
  for (const { what, outcome, code } of report.deliveries.filter(({ outcome: is }) => is !== "accepted")) {
    output.line(
      `      ${what}: ${outcome === "refused" ? `rightly refused, ${code ?? ""}` : "known already, counted once"}`,
    );
  }
  for (const deviation of report.deviations) {
    output.line(`      ! ${deviation}`);
  }
}

/** The table at the end, and whether the books reconcile. */
export function printTable(output: Output, reports: readonly SessionReport[], books: Books): void {
  const rows = [
    ["", "planned", "settled", "expired", "not opened", "kWh", "charged", "returned"],
    rowOf(
      "simulator",
      reports.filter(({ origin }) => origin === "simulator"),
    ),
    rowOf(
      "real meters",
      reports.filter(({ origin }) => origin === "third party"),
    ),
    rowOf("all", reports),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  output.line();
  for (const row of rows) {
    output.line(`  ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column === 0)).join("  ")}`);
  }
  const { opening, settlement } = gasPerSession(books);
  output.line();
  output.line(`  operator credit  ${money(books.creditMicro)}`);
  output.line(`  oracles' bonds   ${money(books.bondsMicro)}`);
  output.line(`  gas per session  ${opening} to open, ${settlement} to settle`);
  output.line();
  printChecks(output, books.checks);
}

/** Each equation, with both sides where they differ. */
export function printChecks(output: Output, checks: readonly BookCheck[]): void {
  for (const { name, left, right, holds } of checks) {
    output.line(
      `  ${holds ? "holds" : "FAILS"}  ${name}: ${left.toString()}${holds ? "" : ` and ${right.toString()}`}`,
    );
  }
}

/** 0 only when every session ended as planned, the books reconcile, and the dossier, if there is one, is accepted. */
export function exitCodeOf(
  reports: readonly SessionReport[],
  checks: readonly BookCheck[],
  isDossierAccepted = true,
): ExitCode {
  const isAsPlanned = reports.every(({ deviations }) => deviations.length === 0);

  return isAsPlanned && isDossierAccepted && checks.every(({ holds }) => holds) ? exitCode.done : exitCode.differs;
}

function rowOf(title: string, reports: readonly SessionReport[]): string[] {
  const count = (ended: SessionReport["ended"]): string =>
    reports.filter((report) => report.ended === ended).length.toString();
  const sum = (amountOf: (report: SessionReport) => bigint): bigint =>
    reports.reduce((total, report) => total + amountOf(report), 0n);

  return [
    title,
    reports.length.toString(),
    count("settled"),
    count("expired"),
    count("not opened"),
    kilowattHours(sum((report) => report.energyMicroWh)),
    money(sum((report) => report.chargedMicro)),
    // Of abandoned sessions, too: the column is the sum of what is said above, and with the charges it is what was held.
    money(sum((report) => report.returnedMicro)),
  ];
}

function pad(cell: string, width: number, isLeft: boolean): string {
  return isLeft ? cell.padEnd(width) : cell.padStart(width);
}
