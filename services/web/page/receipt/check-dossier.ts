import { verifyDossier, type DossierVerdict } from "../../../dossier/verify/verify-dossier.ts";
import type { DossierManifest } from "../../../dossier/format/dossier-schema.ts";
import { readDossier } from "../../../dossier/format/read-dossier.ts";
import { createRecordJudge } from "../../../evidence/formats/all-formats.ts";
import { ChainUnreachableError, type ChainAccess } from "../chain/chain-access.ts";
import { nobleCryptography } from "./noble-cryptography.ts";

export type { DossierVerdict } from "../../../dossier/verify/verify-dossier.ts";

/** What the page shows of a dossier. */
export interface CheckedDossier {
  readonly verdict: DossierVerdict;
  /** `null` if the file is refused before its manifest. */
  readonly manifest: DossierManifest | null;
  /** It is of the contracts of this page. */
  readonly isOurs: boolean;
}

/** Bytes of a file from its beginning to its end. */
interface Stream {
  stream(): ReadableStream<Uint8Array>;
}

/**
 * Checks a dossier in this browser, piece by piece: a file may be larger than the memory. The service is not asked. Where no
 * chain can be reached, what only a chain knows is skipped and named.
 * @throws DOSSIER_UNREADABLE for what is no JSON
 */
export async function checkDossier(
  file: Stream,
  chain: ChainAccess,
  contracts: Readonly<Record<string, string>>,
): Promise<CheckedDossier> {
  const manifest = await manifestOf(file);
  const stated = Object.entries(manifest?.contracts ?? {});
  const isOurs =
    stated.length > 0 && stated.every(([name, address]) => contracts[name]?.toLowerCase() === address.toLowerCase());
  const judge = (asked: ChainAccess | null): Promise<DossierVerdict> =>
    verifyDossier({
      ...{ open: () => piecesOf(file), chain: asked, sampleCount: null },
      verifier: createRecordJudge({ cryptography: nobleCryptography }),
    });
  const verdict = await judge(chain).catch((error: unknown) => {
    if (error instanceof ChainUnreachableError) return judge(null);
    throw error;
  });
  return { verdict, manifest, isOurs };
}

async function manifestOf(file: Stream): Promise<DossierManifest | null> {
  try {
    for await (const part of readDossier(piecesOf(file))) if (part.name === "manifest") return part.value;
  } catch {
    // The verdict says what is wrong with it.
  }
  return null;
}

/** Not every browser lets a stream be gone through by itself. */
async function* piecesOf(file: Stream): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
