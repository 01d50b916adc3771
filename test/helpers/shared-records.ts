import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { z } from "zod";

/** A record of the sample set and what a settlement verifier is expected to say of it. */
export interface SharedRecord {
  readonly file: string;
  readonly record: Uint8Array;
  readonly publicKey: string | null;
  readonly expectation: "must" | "must-not" | "policy";
  /** Exact decimal; `null` unless the record has begin and end. */
  readonly expectedEnergyWh: string | null;
}

const manifestSchema = z.object({
  records: z.array(
    z.object({
      file: z.string(),
      publicKey: z.string().nullish(),
      expected: z.object({
        accept: z.enum(["must", "must-not", "policy"]),
        energy: z.object({ deltaWh: z.string().nullish() }).nullish(),
      }),
    }),
  ),
});

/** Where the sample records are: third parties' files that the repository does not contain; `null` where they are not. */
export function sharedManifestPath(): string | null {
  const folder = process.env["WATTPROOF_SHARED"] ?? resolve(import.meta.dirname, "../../../shared");
  const path = resolve(folder, "ocmf/manifest.json");
  return existsSync(path) ? path : null;
}

export async function readSharedRecords(path: string): Promise<SharedRecord[]> {
  const { records } = manifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
  return Promise.all(
    records.map(async ({ file, publicKey, expected }) => ({
      file,
      record: await readFile(resolve(dirname(path), file)),
      publicKey: publicKey ?? null,
      expectation: expected.accept,
      expectedEnergyWh: expected.energy?.deltaWh ?? null,
    })),
  );
}
