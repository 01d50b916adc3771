import { z } from "zod";

import type { Store, StoredSession } from "../../../services/store/store.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { toJson } from "../../command-line/output.ts";
import { writePrivatePieces } from "../../command-line/private-file.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { dataInput, dataOption, withLedger } from "../station/ledger.ts";

const pageLength = 500;

export const exportEvidence = defineVerb({
  path: ["export", "evidence"],
  summary: "exports what a ledger holds of its sessions: terms, state, energy and the signed records",
  description:
    "One JSON document on each line, in the order in which the sessions became known. It needs neither chain nor service, and\n" +
    "so also reads a ledger of contracts that this version cannot settle. Records are the bytes that were received, in base64:\n" +
    "verify:ocmf judges them with the meter's key, which stands beside them once a session is complete.\n" +
    "The file that --out names holds drivers' data: only its owner can read it.",
  options: [dataOption, { flags: "--out <file>", description: "writes there" }],
  access: "none",
  examples: ["export evidence --data /var/lib/wattproof --out evidence.jsonl"],
  input: z.object({ data: dataInput, out: z.string().min(1, "must be a file") }),
  async run({ data, out }, run) {
    const { output } = run;
    let sessions = 0;
    let records = 0;
    /** One session at a time is in memory. */
    async function* linesOf(store: Store): AsyncGenerator<Uint8Array> {
      for await (const session of sessionsOf(store)) {
        const line = await describe(store, session);
        sessions += 1;
        records += line.records.length;
        yield Buffer.from(`${toJson(line)}\n`);
      }
    }
    await withLedger(data, run, (store) => writePrivatePieces(out, linesOf(store)));
    output.json({ sessions, records, file: out });
    output.line(`${sessions} sessions with ${records} signed records: ${out}`);

    return exitCode.done;
  },
});

async function* sessionsOf(store: Store): AsyncGenerator<StoredSession> {
  let after: string | null = null;
  for (;;) {
    const page: readonly StoredSession[] = await store.listSessions({ status: null, limit: pageLength, after });
    yield* page;
    after = page.at(-1)?.sessionId ?? null;
    if (page.length < pageLength) return;
  }
}

async function describe(store: Store, { sessionId, idTag, terms, state }: StoredSession) {
  const [cdr, records] = await Promise.all([store.findCdr(sessionId), store.listRecords(sessionId)]);
  return {
    sessionId,
    idTag,
    terms,
    status: state.status,
    cdr:
      cdr === null
        ? null
        : {
            meter: cdr.meter,
            energyWh: cdr.energyWh,
            chargingSeconds: cdr.chargingSeconds,
            connectedSeconds: cdr.connectedSeconds,
            chargedMicro: cdr.chargedMicro,
            returnedMicro: cdr.returnedMicro,
          },
    records: records.map(({ record }) => Buffer.from(record).toString("base64")),
  };
}
