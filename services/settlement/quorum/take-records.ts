import { createHash } from "node:crypto";

import { WattproofError, type ErrorCode } from "../../errors.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { RecordReceiver } from "../../evidence/receive-record.ts";
import type { RecordVerifier } from "../../evidence/verify-record.ts";
import type { Store, StoredSession } from "../../store/store.ts";

/** Takes records that another oracle sends with its question, as if a station had sent them. */
export interface RecordTaker {
  /** @returns why one of them is not taken; `null` if all count now. */
  takeRecords(peerAddress: string, session: StoredSession, records: readonly Uint8Array[]): Promise<ErrorCode | null>;
}

export function createRecordTaker(deps: {
  readonly store: Pick<Store, "listRecords">;
  readonly meters: Pick<MeterDirectory, "readMeter">;
  readonly verifier: Pick<RecordVerifier, "verify">;
  readonly receiver: Pick<RecordReceiver, "receiveRecord">;
}): RecordTaker {
  const { store, meters, verifier, receiver } = deps;

  /** Those that do not count here already, each once. */
  async function findNewRecords(sessionId: string, records: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const known = new Set((await store.listRecords(sessionId)).map(({ record }) => hashOf(record)));
    return records.filter((record) => {
      const hash = hashOf(record);
      if (known.has(hash)) return false;
      known.add(hash);
      return true;
    });
  }

  async function findForgery(session: StoredSession, record: Uint8Array): Promise<ErrorCode | null> {
    const meter = await meters.readMeter(session.terms.meter);
    if (meter === null) return "SESSION_UNSERVABLE";
    const verified = verifier.verify(record, meter);
    return "code" in verified ? verified.code : null;
  }

  return {
    async takeRecords(peerAddress, session, records) {
      const { sessionId } = session;
      try {
        for (const record of await findNewRecords(sessionId, records)) {
          // What no meter signed is not kept: whoever asks could fill the disk with it.
          const refusal = await findForgery(session, record);
          if (refusal !== null) return refusal;
          const source = { kind: "peer", oracle: peerAddress } as const;
          await receiver.receiveRecord({ source, record, sessionReference: sessionId });
        }
      } catch (error) {
        if (error instanceof WattproofError) return error.code;
        throw error;
      }
      return null;
    },
  };
}

function hashOf(record: Uint8Array): string {
  return createHash("sha256").update(record).digest("hex");
}
