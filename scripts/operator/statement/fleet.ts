import { getAddress } from "ethers";
import { z } from "zod";

import type { DossierSession } from "../../../services/dossier/format/dossier-schema.ts";
import { fleetCsvLines } from "../../../services/dossier/fleet/fleet-csv.ts";
import { composeFleetStatement, type FleetPrice } from "../../../services/dossier/fleet/fleet-statement.ts";
import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readJson } from "../../command-line/files.ts";
import { writePrivatePieces } from "../../command-line/private-file.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { kilowattHours } from "../../local-world/figures.ts";
import { fleetPdf } from "./fleet-pdf.ts";
import { readStatementSource } from "./read-sessions.ts";

const formats = ["pdf", "csv"] as const;
/** `0x…` or `0x…/3`: an account, or one lane of it. */
const accountGrammar = /^0x[0-9a-fA-F]{40}(?:\/(?:0|[1-9][0-9]{0,9}))?$/u;
const vehiclesFile = z.record(
  z.string().regex(accountGrammar, "must be an account, or an account and a lane like 0x…/3"),
  z
    .string()
    .regex(/^[^\p{C}]{1,80}$/u, "must be a name of 1 to 80 characters")
    .refine((name) => name.trim() === name, "must not begin or end with a space"),
);

export const localeInput = z.string().refine((name) => {
  try {
    return Intl.getCanonicalLocales(name).length === 1;
  } catch {
    // The runtime throws for what is no language tag; the option is refused then.
    return false;
  }
}, "must be a language like de-CH");

/** Whether the runtime knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    // The runtime throws for what is none.
    return false;
  }
}

/** @throws USAGE_INVALID for a currency that the runtime does not know */
export function fleetPriceOf(microPerKwh: bigint, currency: string): FleetPrice {
  if (!Intl.supportedValuesOf("currency").includes(currency)) {
    throw new WattproofError("USAGE_INVALID", `${currency} is no currency of ISO 4217.`);
  }
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return { microPerKwh, currency, decimals: maximumFractionDigits };
}

/** A decimal of at most six places in 10⁻⁶. */
export const priceInput = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,6})?$/u, "must be like 0.32")
  .transform((text) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(`${whole}${fraction.padEnd(6, "0")}`);
  });

export const statementFleet = defineVerb({
  path: ["statement", "fleet"],
  summary: "writes what vehicles charged, month by month, as PDF or CSV whose every line can be verified again",
  description:
    "From a dossier, which is verified first, without a chain. Which account is which vehicle is in a JSON file:\n" +
    '{"0x…":"ZH 123 456","0x…/2":"ZH 654 321"}, with a lane behind the slash; accounts that are not in it are left out. Without\n' +
    "the file every account is on the statement, by its address. Each line has a code; statement check finds by it what the\n" +
    "meter signed. The file holds drivers' data: only its owner can read it.",
  arguments: [{ syntax: "<dossier>", description: "the whole dossier" }],
  options: [
    { flags: "--vehicles <file>", description: "which accounts are on the statement, and their names" },
    { flags: "--format <format>", description: `${formats.join(" or ")}; default pdf` },
    { flags: "--locale <language>", description: "of words, dates and numbers in a PDF: de-CH; default en-GB" },
    { flags: "--time-zone <name>", description: "of days and months: Europe/Zurich; default UTC" },
    { flags: "--per-kwh <amount>", description: "adds amounts: what a kilowatt-hour is reimbursed with" },
    { flags: "--currency <code>", description: "of the amounts, by ISO 4217: EUR" },
    { flags: "--out <file>", description: "where to write; default: beside the dossier" },
  ],
  access: "none",
  examples: [
    "statement fleet fleet-2026-11.json --vehicles vehicles.json --locale de-CH --time-zone Europe/Zurich",
    "statement fleet fleet-2026-11.json --vehicles vehicles.json --format csv --per-kwh 0.32 --currency EUR",
  ],
  input: z
    .object({
      dossier: z.string(),
      vehicles: z.string().optional(),
      format: z.enum(formats, `must be one of ${formats.join(", ")}`).default("pdf"),
      locale: localeInput.default("en-GB"),
      timeZone: z.string().refine(isTimeZone, "must be a time zone like Europe/Zurich").default("UTC"),
      perKwh: priceInput.optional(),
      currency: z.string().optional(),
      out: z.string().optional(),
    })
    .refine(({ perKwh, currency }) => (perKwh === undefined) === (currency === undefined), {
      message: "and --currency go together",
      path: ["perKwh"],
    }),
  async run({ dossier, vehicles, format, locale, timeZone, perKwh, currency, out }, { output }) {
    const price = perKwh === undefined || currency === undefined ? null : fleetPriceOf(perKwh, currency);
    const names = vehicles === undefined ? null : readVehicles(vehicles);
    const { manifest, root, sessions } = await readStatementSource(dossier);
    const wanted = sessions.flatMap((session) => {
      const vehicle = vehicleOf(session, names);
      return vehicle === undefined ? [] : [{ vehicle, session }];
    });
    const statement = composeFleetStatement(wanted, manifest, { timeZone, price });
    const path = out ?? `${dossier.replace(/\.json$/u, "")}.${format}`;
    const content =
      format === "csv"
        ? Buffer.from(`${fleetCsvLines(statement).join("\r\n")}\r\n`)
        : await fleetPdf(statement, { manifest, root, locale });
    await writePrivatePieces(path, oneOf(content));
    const { groups, printedWh, amount } = statement;
    const counts = {
      vehicles: new Set(groups.map(({ vehicle }) => vehicle)).size,
      leftOut: sessions.length - wanted.length,
    };
    output.json({
      ...{ file: path, format, root, sessions: wanted.length, ...counts, energyWh: printedWh },
      ...{ amount, currency: price?.currency ?? null, timeZone },
    });
    output.line(
      `${wanted.length} charges of ${counts.vehicles} vehicles, ${kilowattHours(printedWh * 1_000_000n)} kWh`,
    );
    if (counts.leftOut > 0) output.line(`${counts.leftOut} charges of other accounts are not on it`);
    output.line(path);

    return exitCode.done;
  },
});

/** By account in lower case, with a lane or without. @throws INPUT_UNREADABLE */
function readVehicles(path: string): ReadonlyMap<string, string> {
  const parsed = vehiclesFile.safeParse(readJson(path));
  if (parsed.success) return new Map(Object.entries(parsed.data).map(([key, name]) => [key.toLowerCase(), name]));
  const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`);
  throw new WattproofError("INPUT_UNREADABLE", `${path}: ${problems.join("; ")}`);
}

/** The name of the lane before that of the account. `undefined`: it is not on the statement. */
function vehicleOf({ terms }: DossierSession, names: ReadonlyMap<string, string> | null): string | undefined {
  const account = terms.driver.toLowerCase();
  if (names === null) return getAddress(account);
  return names.get(`${account}/${terms.lane}`) ?? names.get(account);
}

async function* oneOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}
