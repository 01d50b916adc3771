import { setImmediate } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";
import type { ReceiptWriter } from "../../settlement/receipt.ts";
import type { Store, StoredSession } from "../../store/store.ts";
import { cdrView, sessionView } from "../public/session-view.ts";

/** One file of an archive. */
export interface ArchiveFile {
  readonly name: string;
  readonly lastModified: Date;
  readonly input: string | Uint8Array<ArrayBuffer>;
}

/** Of how many sessions at once the ledger is asked. */
const pageLength = 100;
const explanation = `What a charging service holds of one driver's sessions.

Each folder in sessions/ is one session, by its id:
  session.json   terms, state, energy and price, as the service knows them
  receipt.json   what the driver paid and what proves it, once the settlement is confirmed
  records/       what the meter signed, byte for byte as the service received it

receipt.json names the meter's public key and the contracts. Anybody checks it without the service, on the page under
"Check a receipt", or with: npm run -s verify:receipt -- receipt.json --rpc <url>
`;

/** All that the ledger holds of a driver's sessions, in the order in which they became known, one session in memory. */
export async function* readAccountFiles(
  deps: {
    readonly store: Pick<Store, "listSessions" | "listRecords" | "findCdr">;
    readonly receipts: ReceiptWriter;
    readonly now: () => number;
  },
  driver: string,
): AsyncGenerator<ArchiveFile> {
  const { store } = deps;
  const lastModified = new Date(deps.now());
  yield { name: "README.txt", lastModified, input: explanation };
  let after: string | null = null;
  for (;;) {
    const query = { status: null, driver, after, limit: pageLength };
    const page: readonly StoredSession[] = await store.listSessions(query);
    for (const session of page) yield* filesOf(session, lastModified);
    // Stations and other drivers are answered in between.
    await setImmediate();
    const last = page.at(-1);
    if (last === undefined || page.length < pageLength) return;
    after = last.sessionId;
  }

  async function* filesOf(session: StoredSession, at: Date): AsyncGenerator<ArchiveFile> {
    const { sessionId } = session;
    const folder = `sessions/${sessionId}`;
    const file = (name: string, input: ArchiveFile["input"]): ArchiveFile => {
      return { name: `${folder}/${name}`, lastModified: at, input };
    };
    const cdr = await store.findCdr(sessionId);
    const whole = { session: sessionView(session), cdr: cdr === null ? null : cdrView(cdr, session) };
    yield file("session.json", textOf(whole));
    const receipt = await receiptOf(sessionId);
    if (receipt !== null) yield file("receipt.json", textOf(receipt));
    for (const [index, { record }] of (await store.listRecords(sessionId)).entries()) {
      yield file(`records/${String(index + 1).padStart(4, "0")}`, new Uint8Array(record));
    }
  }

  /** `null` until the settlement is confirmed. */
  async function receiptOf(sessionId: string): Promise<object | null> {
    try {
      return await deps.receipts.writeReceipt(sessionId);
    } catch (error) {
      if (error instanceof WattproofError && error.code === "RECEIPT_NOT_READY") return null;
      throw error;
    }
  }
}

function textOf(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
