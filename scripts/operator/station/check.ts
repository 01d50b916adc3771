import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import type { StoredFrame } from "../../../services/store/ocpp.ts";
import type { Store } from "../../../services/store/store.ts";
import { shown } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { judgeConduct, type StationConduct } from "./conformance.ts";
import { dataInput, dataOption, stationIdInput, withLedger } from "./ledger.ts";

/** So many frames around a transaction are looked at; a charge of a day that reports every minute has 3,000. */
const frameLimit = 10_000;
/** A call that begins a transaction comes before its first frame, and the answer to the last call after its last. */
const framesBeside = 20;

export const stationCheck = defineVerb({
  path: ["station", "check"],
  summary: "judges a charging station's newest transaction by the list for firmware engineers",
  description:
    "Reads what the station has sent from the service's ledger. A line that fails says what was found; exit 1 if one does.\n" +
    "A line is unseen where the station has sent nothing that would show it.",
  arguments: [{ syntax: "<station-id>", description: "the station's identity in OCPP" }],
  options: [dataOption],
  access: "none",
  examples: ["station check CH-0042 --data /var/lib/wattproof"],
  input: z.object({ stationId: stationIdInput, data: dataInput }),
  async run({ stationId, data }, run) {
    const { output } = run;
    const lines = judgeConduct(await withLedger(data, run, (store) => readConduct(store, stationId)));
    output.json({ stationId, lines });
    for (const { check, verdict, detail } of lines)
      output.line(`${verdict.padEnd(8)}${check.padEnd(20)}${shown(detail)}`);

    return lines.some(({ verdict }) => verdict === "fails") ? exitCode.differs : exitCode.done;
  },
});

/** @throws STATION_UNKNOWN */
async function readConduct(store: Store, stationId: string): Promise<StationConduct> {
  const station = await store.findOcppStation(stationId);
  if (station === null) throw new WattproofError("STATION_UNKNOWN", "No station of this id is registered.");
  const [transaction = null] = await store.listChargingTransactions(stationId);
  const frames = transaction === null ? [] : await store.listTransactionFrames(transaction.ordinal);
  const sessionId = transaction?.sessionId ?? null;
  const session = sessionId === null ? null : await store.findSession(sessionId);
  return { station, transaction, frames, around: await readAround(store, stationId, frames), session };
}

async function readAround(
  store: Store,
  stationId: string,
  frames: readonly StoredFrame[],
): Promise<readonly StoredFrame[]> {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined) return [];
  const after = Math.max(0, first.stationOrdinal - 1 - framesBeside);
  const count = Math.min(frameLimit, last.stationOrdinal + framesBeside - after);
  return store.listFrames(stationId, after, count);
}
