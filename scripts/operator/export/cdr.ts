import { writeFileSync } from "node:fs";

import { z } from "zod";

import { refundedBy } from "../../../services/domain/session-amounts.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../core/exit-codes.ts";
import { readJson } from "../core/files.ts";
import { addressInput, timeInput } from "../core/inputs.ts";
import { profilePathOf, readProfile } from "../core/profile.ts";
import { registryOf } from "../core/registry.ts";
import { openService, serviceInput, serviceOption } from "../core/service-client.ts";
import { defineVerb } from "../core/verb.ts";
import { cdrsOf, type CdrSource, type OcpiVersion } from "../ocpi/cdr.ts";
import { readSessions } from "../sessions/session-book.ts";
import { csvOf } from "./csv.ts";
import { readEvidence } from "./evidence.ts";

const formats = ["ocpi-2.2.1", "ocpi-2.3.0", "csv"] as const;

/** CdrLocation of OCPI, by the EVSE's id; what is in it is the operator's to say. */
const locationsFile = z.record(
  z.string(),
  z.looseObject({
    id: z.string(),
    address: z.string(),
    city: z.string(),
    country: z.string(),
    coordinates: z.object({ latitude: z.string(), longitude: z.string() }),
    evse_uid: z.string(),
    connector_id: z.string(),
    connector_standard: z.string(),
    connector_format: z.string(),
    connector_power_type: z.string(),
  }),
);

export const exportCdr = defineVerb({
  path: ["export", "cdr"],
  summary: "exports charge detail records: OCPI 2.2.1 or 2.3.0 with the signed records, or CSV",
  description:
    "Of sessions that the chain has settled, by the time of their settlement. Money that a driver got back, by a refund or a\n" +
    "challenge, makes a credit CDR and one that takes its place. OCPI asks for an address: --locations names a JSON file with a CdrLocation by EVSE id. What\n" +
    "meters signed is asked of the service; --without-evidence leaves it out.",
  options: [
    { flags: "--format <format>", description: `${formats.join(", ")}; default ocpi-2.2.1` },
    { flags: "--from <time>", description: "settled at this time or later" },
    { flags: "--to <time>", description: "settled before this time" },
    { flags: "--operator <address>", description: "whose sessions; default: that of the profile" },
    { flags: "--locations <file>", description: "CdrLocation by EVSE id, for OCPI" },
    { flags: "--out <file>", description: "writes there instead of to standard output" },
    { flags: "--without-evidence", description: "leaves signed_data out; needs no service" },
    serviceOption,
  ],
  access: "chain",
  examples: [
    "export cdr --format ocpi-2.2.1 --from 2027-01-01 --to 2027-02-01 --locations locations.json --out january.json",
    "export cdr --format csv --without-evidence --out sessions.csv",
  ],
  input: z.object({
    format: z.enum(formats, `must be one of ${formats.join(", ")}`).default("ocpi-2.2.1"),
    from: timeInput.default(0),
    to: timeInput.default(Number.MAX_SAFE_INTEGER),
    operator: addressInput.optional(),
    locations: z.string().optional(),
    out: z.string().optional(),
    withoutEvidence: z.boolean().default(false),
    service: serviceInput,
  }),
  async run({ format, from, to, operator: given, locations: locationsPath, out, withoutEvidence, service: url }, run) {
    const { output, environment } = run;
    const chain = await run.openChain();
    const profile = readProfile(profilePathOf(chain.deploymentPath, environment));
    if (profile === undefined) throw new WattproofError("USAGE_INVALID", "There is no profile; operator add makes it.");
    const version: OcpiVersion | null = format === "csv" ? null : format === "ocpi-2.2.1" ? "2.2.1" : "2.3.0";
    if (version !== null && locationsPath === undefined) {
      throw new WattproofError("USAGE_INVALID", "OCPI asks where a charger is: --locations <file>.");
    }
    const locations = locationsPath === undefined ? {} : readLocations(locationsPath);
    const service = version === null || withoutEvidence ? null : openService(url, chain.deploymentPath, environment);
    const operator = (given ?? profile.address).toLowerCase();
    const registry = registryOf(chain);
    const all = [...(await readSessions(run, chain)).values()].filter(
      (session) => session.terms.operator.toLowerCase() === operator,
    );
    const timeOf = blockTimes(async (number) => (await chain.provider.getBlock(number))?.timestamp ?? null);
    const sources: CdrSource[] = [];
    const credits = new Map<string, bigint>();
    const unverified = new Map<string, number>();
    const progress = run.startProgress("sessions", all.length);
    try {
      for (const session of all) {
        progress.advance();
        const { settlement, terms } = session;
        if (settlement === null) continue;
        const settledAt = await timeOf(settlement.position.blockNumber);
        if (settledAt < from || settledAt >= to) continue;
        const evseId = (await registry.readEvse(terms.evse))?.evseId ?? "";
        const location = locations[evseId];
        if (version !== null && location === undefined) {
          throw new WattproofError("LOCATION_MISSING", `${locationsPath ?? ""} has nothing for ${evseId}.`);
        }
        const tariff = await registry.readTariff(terms.tariffId);
        const evidence = service === null ? null : await readEvidence(service, session.sessionId);
        if (evidence !== null && evidence.unverified > 0) unverified.set(session.sessionId, evidence.unverified);
        const { energyMicroWh, chargingSeconds, idleSeconds, chargedMicro } = settlement;
        credits.set(
          session.sessionId,
          session.refundedMicro + (session.challenge === null ? 0n : refundedBy(session.challenge)),
        );
        sources.push({
          id: session.sessionId,
          idTag: session.idTag,
          startSeconds: evidence?.startSeconds ?? (await timeOf(session.opening.blockNumber)),
          endSeconds: evidence?.endSeconds ?? settledAt,
          lastUpdatedSeconds: settledAt,
          currency: profile.currency,
          countryCode: profile.countryCode,
          partyId: profile.partyId,
          meterId: String(terms.meter),
          tariffId: terms.tariffId,
          tariff,
          energyMicroWh,
          chargingSeconds,
          idleSeconds,
          price: priceOf(tariff, energyMicroWh, chargingSeconds, idleSeconds),
          chargedMicro,
          location: { ...location, evse_id: evseId },
          evidence: evidence === null || evidence.records.length === 0 ? null : evidence,
        });
      }
    } finally {
      progress.stop();
    }
    const cdrs =
      version === null ? [] : sources.flatMap((source) => cdrsOf(source, credits.get(source.id) ?? 0n, version));
    const text = version === null ? csvOf(sources, credits) : `${JSON.stringify(cdrs, null, 2)}\n`;
    if (out !== undefined) write(out, text);
    output.json({
      format,
      count: sources.length,
      credits: [...credits.values()].filter((credited) => credited > 0n).length,
      unverifiedRecords: Object.fromEntries(unverified),
      file: out ?? null,
      ...(out === undefined ? { content: version === null ? text : cdrs } : {}),
    });
    for (const [sessionId, count] of unverified) {
      // Standard output may be the file.
      process.stderr.write(`${sessionId}: ${count} records do not verify and are left out\n`);
    }
    output.line(out === undefined ? text.trimEnd() : `${sources.length} sessions: ${out}`);

    return exitCode.done;
  },
});

function readLocations(path: string): z.infer<typeof locationsFile> {
  const parsed = locationsFile.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`);
  throw new WattproofError("INPUT_UNREADABLE", `${path}: ${problems.join("; ")}`);
}

/** Times of blocks, each asked for once. */
function blockTimes(read: (blockNumber: number) => Promise<number | null>): (blockNumber: number) => Promise<number> {
  const known = new Map<number, number>();
  return async (blockNumber) => {
    const time = known.get(blockNumber) ?? (await read(blockNumber));
    if (time === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
    known.set(blockNumber, time);
    return time;
  };
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
}
