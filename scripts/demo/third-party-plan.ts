import { compareDecimals, toMicroWh } from "../../services/domain/decimal.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { openEnvelope } from "../../services/evidence/formats/ocmf/envelope.ts";
import { encodePoint } from "../../services/evidence/formats/ocmf/public-key.ts";
import type { BillingReading, PublicKey, VerifiedRecord } from "../../services/evidence/formats/ocmf/types.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import type { Plan, PlannedDelivery, PlannedSession } from "./plan.ts";
import type { PlannedMeter } from "../local-world/meters.ts";
import { createRecordLedger, type RecordLedger } from "./record-ledger.ts";
import type { ManifestRecord, RecordsManifest } from "./records-manifest.ts";

const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
const holdMicro = 30_000_000n;

/** Records that belong to one session, and the meter they are posted for. */
interface Case {
  readonly name: string;
  readonly key: PublicKey | null;
  readonly records: readonly ManifestRecord[];
}

/**
 * Plans one session for each session of the manifest and for each record that belongs to none, and judges beforehand,
 * with the verifier alone, how it has to end. A session that cannot be settled is left to expire.
 *
 * @param spareMeter Records without a usable key are posted for this one, which did not sign them.
 */
export function planThirdParty(manifest: RecordsManifest, spareMeter: PlannedMeter): Plan {
  const meters = new Map<string, PlannedMeter>();
  const ledger = createRecordLedger();
  const sessions = inOrderOfPagination(casesOf(manifest)).map((item) => {
    const meter = item.key === null ? spareMeter : meterOf(meters, item.key);

    return plannedSessionOf(item, meter, ledger);
  });

  return { meters: [...meters.values()], sessions };
}

function casesOf(manifest: RecordsManifest): Case[] {
  const byFile = new Map(manifest.records.map((record) => [record.file, record]));
  const inSessions = new Set(manifest.sessions.flatMap(({ files }) => files));
  const sessions = manifest.sessions.map(({ id, files }) => ({
    name: `session ${id}`,
    records: files.flatMap((file) => byFile.get(file) ?? []),
  }));
  const singles = manifest.records
    .filter(({ file }) => !inSessions.has(file))
    .map((record) => ({ name: record.file, records: [record] }));

  return [...sessions, ...singles].map(({ name, records }) => ({
    name,
    records,
    key: records.map(keyOf).find((key) => key !== null) ?? null,
  }));
}

/** The key that the manifest gives, as far as it can be read together with the record. */
function keyOf({ record, publicKey }: ManifestRecord): PublicKey | null {
  const opened = openEnvelope(record, publicKey);

  return opened.verdict === "opened" ? opened.key : null;
}

/**
 * A meter's sessions in the order in which it signed them, so that its register only grows. What cannot be verified
 * comes last, as nothing is known about its order.
 */
function inOrderOfPagination(cases: readonly Case[]): readonly Case[] {
  const numbered = cases.map((item, index) => ({ item, index, number: firstPaginationOf(item) }));
  numbered.sort((left, right) => compare(left.number, right.number) || left.index - right.index);

  return numbered.map(({ item }) => item);
}

function firstPaginationOf({ records, key }: Case): bigint | null {
  const numbers = records.flatMap(({ record }) => {
    const verdict = verifier.verifyRecord(record, key);

    return verdict.verdict === "accepted" ? [verdict.pagination.number] : [];
  });

  return numbers.reduce<bigint | null>((least, number) => (least === null || number < least ? number : least), null);
}

function compare(left: bigint | null, right: bigint | null): number {
  if (left === null || right === null) {
    return Number(left === null) - Number(right === null);
  }

  return left < right ? -1 : left > right ? 1 : 0;
}

function meterOf(meters: Map<string, PlannedMeter>, key: PublicKey): PlannedMeter {
  const point = encodePoint(key).slice(1);
  const id = `${key.curve} ${Buffer.from(point).toString("hex")}`;
  const known = meters.get(id);
  if (known !== undefined) {
    return known;
  }
  // Named after the key, so that another manifest finds the same EVSE again.
  const short = Buffer.from(nodeCryptography.sha256(Buffer.from(id)))
    .toString("hex")
    .slice(0, 12)
    .toUpperCase();
  const meter: PlannedMeter = {
    meterId: `real ${short}`,
    evseId: `DE*WPR*R${short}`,
    stationId: `REAL-${short}`,
    curve: key.curve,
    publicKeyPoint: point,
    possession: { kind: "none" },
  };
  meters.set(id, meter);

  return meter;
}

function plannedSessionOf(item: Case, meter: PlannedMeter, ledger: RecordLedger): PlannedSession {
  const deliveries: PlannedDelivery[] = [];
  const counted: CountedRecord[] = [];
  let isDisputed = false;
  let metering: PlannedSession["metering"] = null;
  for (const { record, file } of item.records) {
    const verdict = verifier.verifyRecord(record, item.key);
    const entry = verdict.verdict === "accepted" ? ledger.enter(item.name, verdict) : undefined;
    if (verdict.verdict === "accepted" && entry?.outcome === "accepted") {
      counted.push({ record, verified: verdict });
      isDisputed ||= !entry.isInOrder;
    }
    const what = verdict.verdict === "accepted" ? file : `${file} (${verdict.reason})`;
    const expected = entry?.outcome ?? "refused";
    deliveries.push({ record, what, stationId: meter.stationId, names: "its session", expected });
    metering = isDisputed ? null : meteringOf(counted, item.key);
    if (metering !== null) {
      // It is settled from here on, as soon as the service gets to it: nothing that comes later could count.
      break;
    }
  }

  return {
    name: item.name,
    origin: "third party",
    meterId: meter.meterId,
    driver: `driver of: ${item.name}`,
    lane: 0,
    holdMicro,
    depositMicro: holdMicro,
    agreement: 0,
    ending: metering === null ? "expired" : "settled",
    paidBy: "driver",
    settledBy: "service",
    metering,
    deliveries: () => deliveries,
  };
}

/** A record that counts, as it came and as it was read. */
interface CountedRecord {
  readonly record: Uint8Array;
  readonly verified: VerifiedRecord;
}

/** What the records prove together; null while begin or end is missing or something contradicts them. */
function meteringOf(counted: readonly CountedRecord[], key: PublicKey | null): PlannedSession["metering"] {
  const all = counted.map(({ verified }) => verified);
  const whole = all.find(({ begin, end }) => begin !== null && end !== null);
  if (whole !== undefined) {
    const isContradicted = all.some(({ begin, end }) => differs(begin, whole.begin) || differs(end, whole.end));

    return isContradicted || whole.begin === null || whole.end === null ? null : meter(whole.begin, whole.end);
  }
  const verdict = verifier.verifySession(counted.map(({ record }) => ({ record, publicKey: key })));

  return verdict.verdict === "accepted" ? meter(verdict.begin, verdict.end) : null;
}

function differs(reading: BillingReading | null, whole: BillingReading | null): boolean {
  return (
    reading !== null &&
    whole !== null &&
    (reading.register !== whole.register || compareDecimals(reading.registerWh, whole.registerWh) !== 0)
  );
}

/** rulings.md, "Meter lane": begin rounded up, end down; time only where the meter vouches for both ends. */
function meter(begin: BillingReading, end: BillingReading): PlannedSession["metering"] {
  const energy = toMicroWh(end.registerWh, "down") - toMicroWh(begin.registerWh, "up");
  const isTimed = [begin, end].every(
    ({ time }) => !time.hasTimeError && ["S", "R", "I"].includes(time.synchronisation),
  );
  const seconds = Math.floor((end.time.epochMs - begin.time.epochMs) / 1000);

  return { energyMicroWh: energy > 0n ? energy : 0n, chargingSeconds: isTimed && seconds > 0 ? seconds : 0 };
}
