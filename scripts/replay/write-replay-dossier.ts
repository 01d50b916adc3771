import { openService } from "../command-line/service-client.ts";
import { writePrivatePieces } from "../command-line/private-file.ts";

/** Later than any session of a file. */
const endOfTimeSeconds = 2 ** 40 - 1;

/**
 * Has the service make a dossier of everything that was replayed, through the same door as an operator's program.
 * @throws what the service answers, and INPUT_UNREADABLE if the file cannot be written
 */
export async function writeReplayDossier(
  service: { readonly url: string; readonly operatorKey: string },
  operator: string,
  path: string,
): Promise<void> {
  const client = openService(service.url, null, { WATTPROOF_OPERATOR_KEY: service.operatorKey });
  const order = { purpose: "X-REPLAY", operator, fromSeconds: 0, toSeconds: endOfTimeSeconds, evses: null };
  await writePrivatePieces(path, await client.download("/v1/dossiers", { ...order, identifiers: {} }));
}
