import { parse } from "csv-parse/sync";
import { z } from "zod";

import type { DossierSession } from "../../../services/dossier/format/dossier-schema.ts";
import { fleetCsvColumns, fleetCsvLines } from "../../../services/dossier/fleet/fleet-csv.ts";
import {
  composeFleetStatement,
  fleetCodeOf,
  printedCode,
  type FleetSession,
  type FleetTerms,
} from "../../../services/dossier/fleet/fleet-statement.ts";
import { WattproofError, type ErrorCode } from "../../../services/errors.ts";
import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readBytes } from "../../command-line/files.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { kilowattHours } from "../../local-world/figures.ts";
import { fleetPriceOf, isTimeZone, priceInput } from "./fleet.ts";
import { readStatementSource, type StatementSource } from "./read-sessions.ts";

/** As it is printed, or without its hyphens. */
const codeInput = z
  .string()
  .transform((text) => text.toUpperCase().replace(/[\s-]/gu, ""))
  .pipe(z.string().regex(/^[A-Z2-7]{20}$/u, "must be a code of 20 letters and digits"));
const rowView = z.object({
  row: z.enum(["session", "month", "total"]),
  vehicle: z.string(),
  time_zone: z.string().refine(isTimeZone),
  price_per_kwh: z.string(),
  currency: z.string(),
  code: z.string(),
});

/** What is wrong with a line of a statement; lines are counted from 1, the heading included. */
interface WrongLine {
  readonly line: number;
  readonly code: ErrorCode;
}

export const statementCheck = defineVerb({
  path: ["statement", "check"],
  summary: "verifies a fleet statement, or single codes of it, by the dossier alone",
  description:
    "Needs neither service nor chain. The dossier is verified first: signatures of the meters, registers, sums. A CSV is then\n" +
    "written again from it and compared, figure by figure: each line has to be a session of the dossier, none twice, and every\n" +
    "sum the sum of its lines. A code from a printed statement shows what the meter signed. Exit 1 if anything differs.",
  arguments: [
    { syntax: "<dossier>", description: "the whole dossier" },
    { syntax: "[statement]", description: "the CSV" },
  ],
  options: [{ flags: "--code <code>", description: "of a line; may be given several times", isRepeated: true }],
  access: "none",
  examples: [
    "statement check fleet-2026-11.json fleet-2026-11.csv",
    "statement check fleet-2026-11.json --code ABCDE-FGHIJ-KLMNO-PQRST",
  ],
  input: z
    .object({ dossier: z.string(), statement: z.string().optional(), code: z.array(codeInput).optional() })
    .refine(({ statement, code }) => statement !== undefined || code !== undefined, {
      message: "or --code has to be given",
      path: ["statement"],
    }),
  async run({ dossier, statement, code: codes = [] }, { output }) {
    const source = await readStatementSource(dossier);
    const byCode = new Map(source.sessions.map((session) => [fleetCodeOf(session), session]));
    const wrong = statement === undefined ? [] : checkStatement(readText(statement), source, byCode);
    const asked = codes.map((code) => ({ code: printedCode(code), session: byCode.get(code) ?? null }));
    const unknown = asked.filter(({ session }) => session === null);
    output.json({
      dossier: { root: source.root, sessions: source.sessions.length },
      wrong,
      codes: asked.map(({ code, session }) => ({
        code,
        error: session === null ? "FLEET_CODE_UNKNOWN" : null,
        ...(session === null ? {} : shownOf(session, source)),
      })),
    });
    if (statement !== undefined && wrong.length === 0)
      output.line("Every line and every sum is as the dossier has it.");
    for (const { line, code } of wrong) output.line(`line ${line}: ${code}`);
    for (const { code, session } of asked) {
      if (session === null) {
        output.line(`${code}: FLEET_CODE_UNKNOWN`);
        continue;
      }
      const { begin, end, evseId, meter, energyMicroWh } = shownOf(session, source);
      output.line(`${code}: ${begin} to ${end}, ${evseId}, meter ${meter}, ${kilowattHours(energyMicroWh)} kWh`);
    }

    return wrong.length + unknown.length === 0 ? exitCode.done : exitCode.differs;
  },
});

/** @throws INPUT_UNREADABLE if it is no statement */
function checkStatement(
  text: string,
  source: StatementSource,
  byCode: ReadonlyMap<string, DossierSession>,
): readonly WrongLine[] {
  const lines = text.replace(/\r\n$/u, "").split("\r\n");
  const rows = readRows(text);
  const wrong: WrongLine[] = [];
  const sessions: FleetSession[] = [];
  const seen = new Set<string>();
  for (const [index, { row, vehicle, code }] of rows.entries()) {
    if (row !== "session") continue;
    const plain = code.replaceAll("-", "");
    const session = byCode.get(plain);
    if (session === undefined) wrong.push({ line: index + 2, code: "FLEET_CODE_UNKNOWN" });
    else if (seen.has(plain)) wrong.push({ line: index + 2, code: "FLEET_LINE_REPEATED" });
    else sessions.push({ vehicle, session });
    seen.add(plain);
  }
  // What is not in the dossier cannot be added up.
  if (wrong.length > 0) return wrong;
  const expected = fleetCsvLines(composeFleetStatement(sessions, source.manifest, termsOf(rows)));
  for (let index = 0; index < Math.max(lines.length, expected.length); index += 1) {
    if (lines[index] === expected[index]) continue;
    const isSum = rows[index - 1]?.row !== "session";
    wrong.push({ line: index + 1, code: isSum ? "FLEET_SUM_DIFFERS" : "FLEET_LINE_DIFFERS" });
  }
  return wrong;
}

/** @throws INPUT_UNREADABLE */
function readRows(text: string): readonly z.output<typeof rowView>[] {
  try {
    const [heading, ...cells] = z.array(z.array(z.string())).parse(parse(text));
    if (heading?.join() !== fleetCsvColumns.join()) throw new Error("The heading is another.");
    return cells.map((row) =>
      rowView.parse(Object.fromEntries(fleetCsvColumns.map((name, index) => [name, row[index]]))),
    );
  } catch (cause) {
    throw new WattproofError("INPUT_UNREADABLE", "This is no fleet statement.", { cause });
  }
}

/** Those of the first session; that the others have them, too, the comparison shows. */
function termsOf(rows: readonly z.output<typeof rowView>[]): FleetTerms {
  const first = rows.find(({ row }) => row === "session") ?? rows[0];
  const timeZone = first?.time_zone ?? "UTC";
  if (first === undefined || first.price_per_kwh === "") return { timeZone, price: null };
  const price = priceInput.safeParse(first.price_per_kwh);
  if (!price.success) throw new WattproofError("INPUT_UNREADABLE", `${first.price_per_kwh} is no price.`);
  return { timeZone, price: fleetPriceOf(price.data, first.currency) };
}

function shownOf(session: DossierSession, { manifest }: StatementSource) {
  const { sessionId, terms, beginSeconds, endSeconds, proof } = session;
  return {
    ...{ sessionId, begin: utc(beginSeconds), end: utc(endSeconds), proof },
    evseId: manifest.evses.find(({ number }) => number === terms.evse)?.evseId ?? "",
    meter: manifest.meters.find(({ number }) => number === terms.meter)?.serial ?? "",
    energyMicroWh: BigInt(session.toMicroWh) - BigInt(session.fromMicroWh),
  };
}

/** @throws INPUT_UNREADABLE */
function readText(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBytes(path));
  } catch (cause) {
    if (cause instanceof WattproofError) throw cause;
    throw new WattproofError("INPUT_UNREADABLE", `${path} is no text of UTF-8.`, { cause });
  }
}
