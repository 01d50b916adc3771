import { toMicroWh } from "../../services/domain/decimal.ts";
import { recordIdentity } from "../../services/evidence/formats/ocmf/record-identity.ts";
import type { VerifiedRecord } from "../../services/evidence/formats/ocmf/types.ts";

/** What has to become of a record that verified under its meter's key, given the records before it. */
export type LedgerEntry =
  /** It counts. `isInOrder` false: its register contradicts other records of the meter. */
  | { readonly outcome: "accepted"; readonly isInOrder: boolean }
  | { readonly outcome: "duplicate" }
  | { readonly outcome: "refused" };

/** What planning remembers of all records: rulings.md, "Evidence and idTags", kept a second time. */
export interface RecordLedger {
  enter(sessionName: string, record: VerifiedRecord): LedgerEntry;
}

interface KnownRecord {
  readonly sessionName: string;
  readonly payloadSha256: string;
}

interface KnownSpan {
  readonly number: bigint;
  readonly firstMicroWh: bigint;
  readonly lastMicroWh: bigint;
}

/** Registers and pagination numbers beyond 63 bits are refused (docs/ocmf.md, limits). */
const greatest = 2n ** 63n - 1n;

/** A ledger without records. */
export function createRecordLedger(): RecordLedger {
  const records = new Map<string, KnownRecord>();
  const spans = new Map<string, KnownSpan[]>();

  return {
    enter(sessionName, record) {
      const { pagination } = record;
      const identity = recordIdentity(record.key, pagination);
      const known = records.get(identity);
      if (known !== undefined) {
        const isSame = known.sessionName === sessionName && known.payloadSha256 === record.payloadSha256;

        return { outcome: isSame ? "duplicate" : "refused" };
      }
      const own = cumulativeSpansOf(record);
      if (
        pagination.number > greatest ||
        own.some(({ span }) => span.firstMicroWh < 0n || span.lastMicroWh > greatest)
      ) {
        return { outcome: "refused" };
      }
      records.set(identity, { sessionName, payloadSha256: record.payloadSha256 });
      let isInOrder = true;
      for (const { register, span } of own) {
        const place = `${identity.slice(0, identity.lastIndexOf(":"))} ${pagination.context} ${register}`;
        const others = spans.get(place) ?? [];
        isInOrder &&= others.every((other) => isBetween(span, other));
        spans.set(place, [...others, span]);
      }

      return {
        outcome: "accepted",
        isInOrder: isInOrder && own.every(({ span }) => span.firstMicroWh <= span.lastMicroWh),
      };
    },
  };
}

function isBetween(span: KnownSpan, other: KnownSpan): boolean {
  return other.number < span.number ? other.lastMicroWh <= span.firstMicroWh : span.lastMicroWh <= other.firstMicroWh;
}

/** Registers that count up for ever; a rank of 0, 1, 4 or 5 is one that starts over with each transaction. */
function cumulativeSpansOf(record: VerifiedRecord): { readonly register: string; readonly span: KnownSpan }[] {
  return record.registers.flatMap(({ register, rank, readings }) => {
    const first = readings[0];
    const last = readings.at(-1);
    if ([0, 1, 4, 5].includes(rank) || first === undefined || last === undefined) {
      return [];
    }
    const span = {
      number: record.pagination.number,
      firstMicroWh: toMicroWh(first.registerWh, "up"),
      lastMicroWh: toMicroWh(last.registerWh, "up"),
    };

    return [{ register, span }];
  });
}
