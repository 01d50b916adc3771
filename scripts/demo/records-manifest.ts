import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";

const manifestSchema = z.object({
  records: z.array(z.object({ file: z.string().min(1), publicKey: z.string().nullish(), kind: z.string().nullish() })),
  sessions: z.array(z.object({ id: z.string(), records: z.array(z.string()) })).nullish(),
});

/** One record of a manifest, byte for byte, with the key that it is said to be signed with. */
export interface ManifestRecord {
  readonly file: string;
  readonly record: Uint8Array;
  readonly publicKey: string | null;
}

/** The records of real meters in a manifest, and which of them belong to one session. */
export interface RecordsManifest {
  readonly records: readonly ManifestRecord[];
  readonly sessions: readonly { readonly id: string; readonly files: readonly string[] }[];
}

/** The kind under which manifests list what real meters signed. */
const realMetersKind = "third-party-real";

/**
 * Reads what real meters signed: the entries of kind `third-party-real`, and entries that state no kind. Sessions count
 * when all their records do. Paths are relative to the manifest.
 *
 * @throws WattproofError MANIFEST_INVALID
 */
export function readRecordsManifest(path: string): RecordsManifest {
  try {
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    const records = new Map<string, ManifestRecord>();
    for (const { file, publicKey, kind } of manifest.records) {
      if ((kind ?? realMetersKind) === realMetersKind && !records.has(file)) {
        const record = readFileSync(resolve(dirname(path), file));
        records.set(file, { file, record, publicKey: publicKey ?? null });
      }
    }
    const sessions = (manifest.sessions ?? [])
      .map(({ id, records: files }) => ({ id, files }))
      .filter(({ files }) => files.length > 0 && files.every((file) => records.has(file)));

    return { records: [...records.values()], sessions };
  } catch (error) {
    throw new WattproofError("MANIFEST_INVALID", path, { cause: error });
  }
}
