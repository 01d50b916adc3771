import { existsSync } from "node:fs";

import { z } from "zod";

import { csvCell } from "../../../services/domain/csv-cell.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { Store } from "../../../services/store/store.ts";
import { shown, tableLines } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import {
  isServiceNamed,
  openService,
  serviceInput,
  serviceOption,
  type ServiceClient,
} from "../../command-line/service-client.ts";
import type { Transaction, Writer } from "../../command-line/transact.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";
import { dataInput, dataOption, withLedger } from "../station/ledger.ts";
import { changeAssignments } from "../tariff/assignment-client.ts";
import { addStations } from "./add-stations.ts";
import { isWhole, newPoint, type ImportedPoint } from "./progress-of-line.ts";
import { readChargingPoints } from "./read-charging-points.ts";
import { registerEvses } from "./register-evses.ts";
import { registerMeters } from "./register-meters.ts";
import { writeSites } from "./write-sites.ts";

const input = z.object({
  file: z.string(),
  keys: z.string().min(1, "must be a file").optional(),
  out: z.string().min(1, "must be a file").optional(),
  sites: z.string().min(1, "must be a file").optional(),
  start: z.boolean().default(false),
  data: dataInput,
  service: serviceInput,
});
type Input = z.output<typeof input>;

export const importChargingPoints = defineVerb({
  path: ["import"],
  summary: "takes many charging points in: registry, meters, stations, tariffs and sites, from one file",
  description:
    "A line of the file is a charging point (docs/how-to/import-chargers.md has its columns). Everything that is there already\n" +
    "stays, so run it again to go on after an interruption, and once meters have signed what proves that you have them.\n" +
    "A file with a wrong line is refused as a whole, before anything is sent. Many charging points share a transaction.\n" +
    "Exit 1 while a charging point is not as its line says; --out names what is missing.",
  arguments: [{ syntax: "<file>", description: "CSV with a head line, or JSON" }],
  options: [
    { flags: "--keys <file>", description: "a new file for the keys of new stations, which are written nowhere else" },
    { flags: "--out <file>", description: "writes what became of each charging point, as CSV" },
    {
      flags: "--sites <file>",
      description: "puts the places into this file, which WATTPROOF_SITES names for the service",
    },
    { flags: "--start", description: "asks chargers to begin the charge that proves possession of their meters" },
    dataOption,
    serviceOption,
  ],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: [
    "import chargers.csv --dry-run",
    "import chargers.csv --data /var/lib/wattproof --keys station-keys.csv --out chargers.done.csv",
  ],
  input,
  async run(given, run) {
    const { output, isDryRun } = run;
    const points = readChargingPoints(given.file).map(newPoint);
    const writer = await run.openWriter("OPERATOR");
    const service = serviceFor(points, given, writer, run);
    if (given.keys !== undefined && existsSync(given.keys)) {
      throw new WattproofError("INPUT_UNREADABLE", `${given.keys} is there already; keys go into a new file.`);
    }
    const work = async (store: Store | null) => takeIn(points, given, { writer, service, store }, run);
    const hasStations = points.some(({ line }) => line.stationId !== undefined);
    const transactions = hasStations ? await withLedger(given.data, run, work) : await work(null);
    if (given.sites !== undefined && !isDryRun) {
      output.line(`${given.sites}: ${writeSites(given.sites, points)} sites; the service reads it when it starts`);
    }
    const left = points.filter((point) => !isWhole(point));
    output.json({ isDryRun, chargingPoints: points.map(viewOf), left: left.length, transactions });
    for (const text of tableLines(left.map(rowOf))) output.line(text);
    const gas = transactions.reduce((sum, one) => sum + one.gas, 0n);
    output.line(
      `${points.length - left.length} of ${points.length} charging points are as their lines say; ${transactions.length} transactions, ${gas} gas`,
    );
    return isDryRun || left.length === 0 ? exitCode.done : exitCode.differs;
  },
});

/** Each step takes up what the one before it left, so that a second run does what the first one could not. */
async function takeIn(
  points: readonly ImportedPoint[],
  given: Input,
  {
    writer,
    service,
    store,
  }: { readonly writer: Writer; readonly service: ServiceClient | null; readonly store: Store | null },
  run: Run,
): Promise<readonly Transaction[]> {
  try {
    const evses = await registerEvses(points, writer, run);
    if (store !== null) {
      const stations = await addStations(points, { store, keysFile: given.keys ?? null, isDryRun: run.isDryRun });
      if (stations.length > 0)
        run.output.line(
          `${stations.length} new stations ${run.isDryRun ? "would get keys" : `have keys: ${given.keys ?? ""}`}`,
        );
    }
    if (service !== null) await assignTariffs(points, given, writer, run);
    const meters = await registerMeters({ points, file: given.file, service, isStarting: given.start }, writer, run);
    return [...evses, ...meters];
  } finally {
    if (given.out !== undefined && !run.isDryRun) writePrivateFile(given.out, tableOf(points));
  }
}

/** @throws USAGE_INVALID if tariffs are to be assigned and nothing says where the service is */
function serviceFor(
  points: readonly ImportedPoint[],
  given: Input,
  { chain }: Writer,
  { environment }: Run,
): ServiceClient | null {
  const isNeeded = points.some(({ line }) => line.tariffId !== undefined);
  if (!isNeeded && !isServiceNamed(given.service, chain.deploymentPath, environment)) return null;
  return openService(given.service, chain.deploymentPath, environment);
}

/** Has the charging points offer their tariffs; those of a tariff that the service refuses for one of them wait together. */
async function assignTariffs(
  points: readonly ImportedPoint[],
  given: Input,
  { address }: Writer,
  run: Run,
): Promise<void> {
  const byTariff = Map.groupBy(
    points.filter(({ line, evse }) => line.tariffId !== undefined && evse !== null),
    ({ line }) => line.tariffId ?? "",
  );
  for (const [tariffId, ofTariff] of byTariff) {
    const evse = ofTariff.flatMap((point) => point.evse ?? []);
    const change = { evse, all: false, operator: address, service: given.service };
    try {
      await changeAssignments("assign", tariffId, change, run);
      for (const point of ofTariff) point.hasTariff = !run.isDryRun;
    } catch (error) {
      if (!(error instanceof WattproofError)) throw error;
      for (const point of ofTariff) point.problems.push(`tariff: ${error.detail}`);
    }
  }
}

function viewOf({ line, ...point }: ImportedPoint): object {
  return { line: line.line, evseId: line.evseId, ...point };
}

function rowOf(point: ImportedPoint): readonly string[] {
  const { line, evse, meterStep, possessionTag, problems } = point;
  const tag = possessionTag === null ? "" : `its meter has to sign ${possessionTag}`;
  return [
    `line ${line.line}`,
    shown(line.evseId),
    evse === null ? "no EVSE" : `EVSE ${evse}`,
    meterStep,
    [...problems, tag].filter((text) => text !== "").join("; "),
  ];
}

function tableOf(points: readonly ImportedPoint[]): string {
  const head = "line,evse_id,evse,meter,meter_step,possession_tag,station_id,has_station,has_tariff,problems\n";
  const yes = (is: boolean): string => (is ? "yes" : "no");
  const rows = points.map(({ line, evse, meter, meterStep, possessionTag, problems, ...point }) => {
    const place = [line.line, line.evseId, evse, meter, meterStep, possessionTag, line.stationId];
    const cells = [...place, yes(point.hasStation), yes(point.hasTariff), problems.join("; ")];
    return `${cells.map((cell) => csvCell(String(cell ?? ""))).join(",")}\n`;
  });
  return [head, ...rows].join("");
}
