import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { longCountryCodes } from "../../../services/domain/ocpi/countries.ts";
import type { OcpiVersion } from "../../../services/domain/ocpi/tariff-document.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readJson } from "../../command-line/files.ts";
import { addressInput, timeInput } from "../../command-line/inputs.ts";
import { writePrivateFile } from "../../command-line/private-file.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import { isServiceNamed, openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { cdrsOf, type CdrSource } from "../ocpi/cdr.ts";
import { readSessionsOfSpan } from "../sessions/span-sessions.ts";
import { csvOf } from "./csv.ts";
import { createSourceReader } from "./cdr-source.ts";

const formats = ["ocpi-2.2.1", "ocpi-2.3.0", "csv"] as const;

/** CdrLocation of OCPI, by the EVSE's id; what is in it is the operator's to say. */
const locationsFile = z.record(
  z.string(),
  z.looseObject({
    id: z.string(),
    address: z.string(),
    city: z.string(),
    country: z
      .string()
      .refine((code) => longCountryCodes.has(code), "must be a country of ISO 3166-1 in three letters"),
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
    "Of sessions that the chain has settled, by the time of their settlement. One that driver and operator settled by\n" +
    "agreement has no energy on the chain: it is left out, and named with its amount. Money that a driver got back, by a\n" +
    "refund or a challenge, makes a credit CDR and one that takes its place, by the time at which it came back. OCPI asks for an address:\n" +
    "--locations names a JSON file with a CdrLocation by EVSE id. What meters signed is asked of the service, or taken from\n" +
    "the transaction that showed it; --without-evidence leaves it out, and the times are those of the blocks.\n" +
    "Of the chain, the blocks of the span are read, and those before it back to the opening of its oldest session.\n" +
    "The file that --out names holds drivers' data: only its owner can read it.",
  options: [
    { flags: "--format <format>", description: `${formats.join(", ")}; default ocpi-2.2.1` },
    { flags: "--from <time>", description: "settled or corrected at this time or later" },
    { flags: "--to <time>", description: "settled or corrected before this time" },
    { flags: "--operator <address>", description: "whose sessions; default: that of the profile" },
    { flags: "--locations <file>", description: "CdrLocation by EVSE id, for OCPI" },
    { flags: "--out <file>", description: "writes there instead of to standard output" },
    { flags: "--without-evidence", description: "leaves signed_data out; needs no service" },
    serviceOption,
  ],
  access: "chain",
  readsHistory: true,
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
    const place = [url, chain.deploymentPath, environment] as const;
    const service = withoutEvidence || (version === null && !isServiceNamed(...place)) ? null : openService(...place);
    const operator = (given ?? profile.address).toLowerCase();
    const sessions = (await readSessionsOfSpan(run, chain, { from, to })).filter(
      (session) => session.terms.operator.toLowerCase() === operator,
    );
    const reader = createSourceReader({ chain, service, withEvidence: !withoutEvidence, profile });
    const sources: CdrSource[] = [];
    const problems: string[] = [];
    const leftOut: { readonly sessionId: string; readonly reason: "agreed"; readonly chargedMicro: string }[] = [];
    const progress = run.startProgress("sessions", sessions.length);
    try {
      for (const session of sessions) {
        progress.advance();
        const times = await reader.readTimes(session);
        if (!times.some((seconds) => seconds >= from && seconds < to)) continue;
        if (session.agreed !== null) {
          const { sessionId, agreed } = session;
          leftOut.push({ sessionId, reason: "agreed", chargedMicro: agreed.chargedMicro.toString() });
          continue;
        }
        const { source, evseId, problems: found } = await reader.readSource(session, locations);
        if (version !== null && locations[evseId] === undefined) {
          throw new WattproofError("LOCATION_MISSING", `${locationsPath ?? ""} has nothing for ${evseId}.`);
        }
        sources.push(source);
        problems.push(...found);
      }
    } finally {
      progress.stop();
    }
    const isInSpan = ({ atSeconds }: { readonly atSeconds: number }): boolean => atSeconds >= from && atSeconds < to;
    const cdrs =
      version === null
        ? []
        : sources.flatMap((source) =>
            cdrsOf(source, version)
              .filter(isInSpan)
              .map(({ cdr }) => cdr),
          );
    const text = version === null ? csvOf(sources, isInSpan) : `${JSON.stringify(cdrs, null, 2)}\n`;
    if (out !== undefined) writePrivateFile(out, text);
    output.json({
      format,
      count: sources.length,
      credits: sources.filter(({ corrections }) => corrections.some(isInSpan)).length,
      problems,
      leftOut,
      file: out ?? null,
      ...(out === undefined ? { content: version === null ? text : cdrs } : {}),
    });
    // Standard output may be the file.
    for (const problem of problems) output.remark(problem);
    for (const { sessionId, chargedMicro } of leftOut) {
      const charged = tokens(BigInt(chargedMicro));
      output.remark(`${sessionId}: left out; driver and operator agreed on ${charged}, and nothing says its energy`);
    }
    if (out !== undefined) output.line(`${sources.length} sessions: ${out}`);
    else if (!output.isJson) output.line(text.trimEnd());

    return exitCode.done;
  },
});

function readLocations(path: string): z.infer<typeof locationsFile> {
  const parsed = locationsFile.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`);
  throw new WattproofError("INPUT_UNREADABLE", `${path}: ${problems.join("; ")}`);
}
