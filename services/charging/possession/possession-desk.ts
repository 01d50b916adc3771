import { isSameIdTag, normalizeIdTag } from "../../domain/id-tag.ts";
import {
  judgePossessionCharge,
  judgePossessionStart,
  possessionLimits,
  possessionStatusOf,
  type AwaitedPossession,
  type PossessionAnswer,
} from "../../domain/possession.ts";
import { WattproofError } from "../../errors.ts";
import { createTurns } from "../../evidence/turns.ts";
import type { RecordVerifier } from "../../evidence/verify-record.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { MeterPossession } from "../../store/possessions.ts";
import type { Store } from "../../store/store.ts";

/** Which meter is to prove itself, and where. */
export type NamedPossession = Pick<
  MeterPossession,
  "tag" | "evse" | "stationId" | "stationEvse" | "curve" | "publicKey"
>;

/**
 * The meters that are to prove themselves. What is known is kept in memory, because every frame is looked at with it; all
 * changes are on disk before they count.
 */
export interface PossessionDesk {
  /**
   * Has the tag taken at the station from now on. One whose record is here stays as it is, unless it is to be proven again.
   * @throws SERVICE_OVERLOADED if too many are awaited
   */
  expect(named: NamedPossession, isAgain: boolean): Promise<MeterPossession>;
  /** By the tag in any spelling; `null` if the operator named none, or long ago. */
  find(tag: string): Promise<MeterPossession | null>;
  /** Those of a station of which something may still come, with or without a record. */
  listAt(stationId: string): Promise<readonly MeterPossession[]>;
  /**
   * Whether a charge with the tag may begin, or go on if it has begun with it. A charge counts when it first presents the
   * tag, which in 2.x may be after its start.
   * @param ocppTransactionId `null` beforehand, and in 1.6.
   */
  judge(
    possession: MeterPossession,
    occasion: "authorize" | "started" | "updated",
    ocppTransactionId: string | null,
  ): Promise<PossessionAnswer>;
  /** Keeps the record if the key of the possession signed it with the tag as `ID`, and none is here or the time is not over. */
  offerRecord(possession: MeterPossession, record: Uint8Array): Promise<void>;
  /** Call when another replica may have changed one. */
  forgetAll(): void;
}

export interface PossessionDeskDeps {
  readonly store: Pick<Store, "listPossessions" | "listSessionsAtEvse" | "putPossession">;
  readonly verifier: Pick<RecordVerifier, "verify">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}

const sessionsLimit = 16;

export function createPossessionDesk({ store, verifier, desk, now }: PossessionDeskDeps): PossessionDesk {
  const turns = createTurns();
  /** The charges of 2.x that a tag let begin; after a restart one that presents it again counts again. */
  const begunWith = new Map<string, Set<string>>();
  let loading: Promise<Map<string, MeterPossession>> | null = null;

  function known(): Promise<Map<string, MeterPossession>> {
    loading ??= load().catch((error: unknown) => {
      // The next one who asks reads again.
      loading = null;
      throw error;
    });
    return loading;
  }

  async function load(): Promise<Map<string, MeterPossession>> {
    return new Map((await store.listPossessions()).map((possession) => [possession.tag, possession]));
  }

  /** Changes one possession, as it is now. */
  function update(tag: string, change: (current: MeterPossession) => MeterPossession): Promise<void> {
    return turns.take(tag, async () => {
      const all = await known();
      const current = all.get(tag);
      if (current === undefined) return;
      const next = change(current);
      await store.putPossession(next, possessionLimits.kept);
      all.set(tag, next);
    });
  }

  const isAt = (possession: MeterPossession, stationId: string): boolean =>
    possession.stationId === stationId && now() < possession.expiresAtMs + possessionLimits.lateMs;

  async function isPlaceTaken({ evse }: MeterPossession): Promise<boolean> {
    const sessions = await store.listSessionsAtEvse(evse, sessionsLimit);
    return sessions.some(({ state }) => state.status === "opened" || state.status === "charging");
  }

  return {
    expect: ({ tag: given, ...place }, isAgain) =>
      turns.take("expect", async () => {
        const tag = normalizeIdTag(given);
        const all = await known();
        const before = all.get(tag) ?? null;
        if (before !== null && before.record !== null && !isAgain) return before;
        const others = [...all.values()].filter(
          (one) => one.tag !== tag && possessionStatusOf(awaitedOf(one), now()) === "awaited",
        );
        if (others.length >= possessionLimits.awaited) {
          throw new WattproofError("SERVICE_OVERLOADED", `${others.length} meters are to prove themselves already.`);
        }
        const expiresAtMs = now() + possessionLimits.expectedMs;
        const empty = { starts: 0, record: null, receivedAtMs: null };
        const possession = { tag, ...place, expectedAtMs: now(), expiresAtMs, ...empty };
        await store.putPossession(possession, possessionLimits.kept);
        all.set(tag, possession);
        begunWith.delete(tag);
        for (const old of [...all.values()].toSorted(latestExpiryFirst).slice(possessionLimits.kept)) {
          all.delete(old.tag);
          begunWith.delete(old.tag);
        }
        desk.note("possession-awaited", { tag, ...place, expiresAtMs });
        return possession;
      }),
    forgetAll() {
      loading = null;
    },
    find: async (tag) => (await known()).get(normalizeIdTag(tag)) ?? null,
    async listAt(stationId) {
      const all = await known();
      // Nearly always there is none, and every frame asks.
      if (all.size === 0) return [];
      return [...all.values()].filter((one) => isAt(one, stationId));
    },
    async judge(possession, occasion, ocppTransactionId) {
      const { tag } = possession;
      const charges = begunWith.get(tag) ?? new Set();
      if (ocppTransactionId !== null && charges.has(ocppTransactionId)) {
        return judgePossessionCharge(awaitedOf(possession), now());
      }
      const answer = judgePossessionStart(awaitedOf(possession), await isPlaceTaken(possession), now());
      if (answer === "Accepted" && occasion !== "authorize") {
        if (ocppTransactionId !== null) begunWith.set(tag, charges.add(ocppTransactionId));
        await update(tag, (current) => ({ ...current, starts: current.starts + 1 }));
      }
      return answer;
    },
    async offerRecord({ tag, stationId, evse, curve, publicKey, expiresAtMs, record: kept }, record) {
      if (kept !== null && now() >= expiresAtMs) return;
      const verdict = verifier.verify(record, { curve, publicKey });
      if ("outcome" in verdict) {
        // Afterwards most of what is signed there is of other meters.
        if (now() < expiresAtMs) desk.note("possession-record", { tag, stationId, evse, outcome: verdict.code });
        return;
      }
      const { identification } = verdict;
      if (identification === null || !isSameIdTag(identification, tag)) return;
      await update(tag, (current) => ({ ...current, record, receivedAtMs: now() }));
      desk.note("possession-record", { tag, stationId, evse, outcome: "received" });
    },
  };
}

/** What of a possession its rules look at. */
export function awaitedOf({ expiresAtMs, starts, record }: MeterPossession): AwaitedPossession {
  return { expiresAtMs, starts, hasRecord: record !== null };
}

function latestExpiryFirst(left: MeterPossession, right: MeterPossession): number {
  return right.expiresAtMs - left.expiresAtMs || (left.tag < right.tag ? -1 : 1);
}
