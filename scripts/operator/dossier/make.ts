import { z } from "zod";

import { consentScopes } from "../../../services/domain/data-consent.ts";
import { findPurpose } from "../../../services/dossier/purposes/purpose.ts";
import { readDossier, type DossierPart } from "../../../services/dossier/format/read-dossier.ts";
import { WattproofError } from "../../../services/errors.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readJson } from "../../command-line/files.ts";
import { addressInput, registryNumberInput, timeInput, wholeInput } from "../../command-line/inputs.ts";
import { writePrivatePieces } from "../../command-line/private-file.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import type { Progress } from "../../command-line/progress.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { kilowattHours } from "../../local-world/figures.ts";

const identifiersFile = z.record(
  z.string().regex(/^[1-9][0-9]{0,9}$/u, "must be the number of an EVSE"),
  z.record(z.string().max(64), z.string().max(256)),
);

const scopeNames = Object.keys(consentScopes) as (keyof typeof consentScopes)[];

export const dossierMake = defineVerb({
  path: ["dossier", "make"],
  summary: "makes a dossier: the proven energy of a period, with the meters' signatures",
  description:
    "The service writes it from its ledger, and has the other oracles verify and sign it (docs/dossier.md). Sessions count by\n" +
    "the time at which they end. What a purpose asks for besides, such as the EAN of a delivery point, is in a JSON file by\n" +
    'number of the EVSE: {"7":{"ean":"871234567890123456"}}. A purpose of your own begins with X-.\n' +
    "The file holds drivers' data: only its owner can read it. It is there whole or not at all.",
  options: [
    { flags: "--purpose <purpose>", description: "NL-ERE-2026, US-CA-LCFS-2026Q4, DE-THG-2026, FLEET, …" },
    { flags: "--from <time>", description: "sessions that end at this time or later" },
    { flags: "--to <time>", description: "sessions that end before this time" },
    { flags: "--evse <number>", description: "of this EVSE alone; may be given several times", isRepeated: true },
    { flags: "--operator <address>", description: "whose sessions; default: that of the profile" },
    { flags: "--identifiers <file>", description: "what the purpose asks for besides, by EVSE" },
    {
      flags: "--scope <name>",
      description: `leaves out drivers who did not consent to it: ${scopeNames.join(", ")}`,
      isRepeated: true,
    },
    {
      flags: "--share-bps <n>",
      description: "leaves out drivers who ask for a larger part of a price, in basis points",
    },
    { flags: "--out <file>", description: "where to write; default: <purpose>.json" },
    { flags: "--dry-run", description: "says what the dossier would come to; nothing is written" },
    serviceOption,
  ],
  access: "none",
  examples: ["dossier make --purpose NL-ERE-2026 --from 2026-01-01 --to 2027-01-01 --out ere-2026.json"],
  input: z.object({
    purpose: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/u, "must be capitals, digits and hyphens"),
    from: timeInput,
    to: timeInput,
    evse: z.array(registryNumberInput).min(1).optional(),
    operator: addressInput.optional(),
    identifiers: z.string().optional(),
    scope: z
      .array(z.enum(scopeNames, `must be one of ${scopeNames.join(", ")}`))
      .min(1)
      .optional(),
    shareBps: wholeInput(0, 10_000).optional(),
    out: z.string().optional(),
    service: serviceInput,
  }),
  async run({ purpose, from, to, evse, operator: given, identifiers, scope, shareBps, out, service: url }, run) {
    const { output, environment, isDryRun } = run;
    findPurpose(purpose);
    if (from >= to) throw new WattproofError("USAGE_INVALID", "--to must be later than --from.");
    if ((scope === undefined) !== (shareBps === undefined)) {
      throw new WattproofError("USAGE_INVALID", "--scope and --share-bps go together.");
    }
    const operator =
      given ?? readProfile(profilePathOf(environment["WATTPROOF_DEPLOYMENT"] ?? "", environment))?.address;
    if (operator === undefined) throw new WattproofError("USAGE_INVALID", "Say whose sessions: --operator <address>.");
    const service = openService(url, null, environment);
    const pieces = await service.download("/v1/dossiers", {
      ...{ purpose, operator, fromSeconds: from, toSeconds: to, evses: evse ?? null },
      identifiers: identifiers === undefined ? {} : readIdentifiers(identifiers),
      consent: scope === undefined ? null : { scopes: bitsOf(scope), shareBps },
    });
    const path = out ?? `${purpose}.json`;
    const watched = watch(pieces, run.startProgress);
    await (isDryRun ? passBy(watched.pieces) : writePrivatePieces(path, watched.pieces));
    const { sessions, excludedSessions, claimableMicroWh, excludedMicroWh, signers } = watched.sums();
    output.json({
      ...{ isDryRun, purpose, file: isDryRun ? null : path, sessions, excludedSessions },
      ...{ claimableMicroWh, excludedMicroWh, signers },
    });
    output.line(`${sessions} sessions, ${kilowattHours(BigInt(claimableMicroWh))} kWh proven`);
    output.line(`${excludedSessions} excluded, ${kilowattHours(BigInt(excludedMicroWh))} kWh`);
    output.line(`signed by ${signers.join(", ")}`);
    output.line(isDryRun ? "Nothing was written." : path);

    return exitCode.done;
  },
});

function bitsOf(scopes: readonly (keyof typeof consentScopes)[]): number {
  return scopes.reduce((bits, name) => bits | consentScopes[name], 0);
}

interface Sums {
  readonly sessions: number;
  readonly excludedSessions: number;
  readonly claimableMicroWh: string;
  readonly excludedMicroWh: string;
  readonly signers: readonly string[];
}

/**
 * Reads along while a dossier passes by: how far it is, and what it comes to.
 * @returns `sums` once the last piece has passed; a dossier that has not its form throws on the way
 */
function watch(
  pieces: AsyncIterable<Uint8Array>,
  startProgress: (label: string, total: number) => Progress,
): { readonly pieces: AsyncIterable<Uint8Array>; sums(): Sums } {
  let sums: Sums | null = null;
  let signers: readonly string[] = [];
  let progress: Progress | null = null;
  let meter = 0;

  function look(part: DossierPart): void {
    if (part.name === "manifest") progress = startProgress("meters", part.value.meters.length);
    if (part.name === "month" && part.value.meter !== meter) {
      meter = part.value.meter;
      progress?.advance();
    }
    if (part.name === "totals" && part.value !== null) sums = { ...part.value, signers };
    if (part.name === "signatures") signers = part.value.map(({ signer }) => signer);
  }

  async function* passing(): AsyncGenerator<Uint8Array> {
    const passed: Uint8Array[] = [];
    async function* recorded(): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces) {
        passed.push(piece);
        yield piece;
      }
    }
    try {
      for await (const part of readDossier(recorded())) {
        look(part);
        yield* passed.splice(0);
      }
      yield* passed.splice(0);
    } catch (error) {
      if (error instanceof WattproofError && error.code === "DOSSIER_UNREADABLE") {
        throw new WattproofError("DOSSIER_INCOMPLETE", "The service stopped in the middle.", { cause: error });
      }
      throw error;
    } finally {
      progress?.stop();
    }
  }

  return {
    pieces: passing(),
    sums() {
      if (sums === null) throw new WattproofError("DOSSIER_INCOMPLETE", "The service gave no totals.");
      return { ...sums, signers };
    },
  };
}

async function passBy(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

function readIdentifiers(path: string): z.infer<typeof identifiersFile> {
  const parsed = identifiersFile.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`);
  throw new WattproofError("INPUT_UNREADABLE", `${path}: ${problems.join("; ")}`);
}
