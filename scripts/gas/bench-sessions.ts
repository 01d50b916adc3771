import { id, type HDNodeWallet, type TransactionReceipt } from "ethers";

import { evidenceRootOf, type ClaimEvidence } from "../../services/domain/claim-evidence.ts";
import { batchDigestOf, type Claim } from "../../services/domain/claims.ts";
import { type Metered, packMetering } from "../../services/domain/metering.ts";
import type { Opening } from "../../services/domain/opening.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { settledInGroup } from "../../services/domain/settled-group.ts";
import { packTerms, sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { readOpening } from "../local-world/opening.ts";
import { AGREEMENT, benchRules, type BenchWorld, receiptOf, tariff, UNIT } from "./bench-world.ts";

export const HOLD_MICRO = 30n * UNIT;
export const SESSION_SECONDS = 24 * 3600;
const MAXIMUM_POWER_W = 22_000;

/** A session, and whose it is. */
export interface BenchSession {
  readonly driver: HDNodeWallet;
  readonly sessionId: string;
  readonly terms: SessionTerms;
}

export type BenchSessions = ReturnType<typeof createBenchSessions>;

/** Opens and settles sessions in batches. */
export function createBenchSessions(world: BenchWorld) {
  const { settlement, operator, oracles, drivers, tariffId, domain } = world;
  const openings = new Map<string, Opening>();

  /** A batch that skipped items would be cheap: its figure must not count. */
  function requireEvents(
    receipt: TransactionReceipt,
    name: "SessionOpened" | "SessionSettled",
    count: number,
  ): TransactionReceipt {
    const { topicHash } = settlement.interface.getEvent(name);
    const found = receipt.logs.filter((log) => log.topics[0] === topicHash).length;
    if (found !== count) throw new Error(`${found} of ${count} sessions have the event ${name}`);
    return receipt;
  }

  /** The terms of the driver's next session, at the EVSE and meter of the same number. */
  async function planSession(index: number, changes: Partial<SessionTerms> = {}): Promise<BenchSession> {
    const driver = world.driverAt(index);
    const { nonce } = await settlement.accountOf(driver, 0);
    const terms: SessionTerms = {
      driver: driver.address,
      lane: 0,
      nonce: Number(nonce),
      operator: operator.address,
      agreement: AGREEMENT,
      evse: index + 1,
      meter: index + 1,
      maximumPowerW: MAXIMUM_POWER_W,
      tariffId,
      holdMicro: HOLD_MICRO,
      expiresAt: (await world.now()) + SESSION_SECONDS,
      ...changes,
    };
    return { driver, sessionId: sessionIdOf(terms, domain), terms };
  }

  /** One session of each of the first `count` drivers, each at an EVSE of its own. */
  async function planSessions(count: number): Promise<BenchSession[]> {
    return Promise.all(drivers.slice(0, count).map((_, index) => planSession(index)));
  }

  async function openBatch(sessions: readonly BenchSession[]): Promise<TransactionReceipt> {
    const signed = sessions.map(({ driver, terms }) => {
      const { r, yParityAndS } = driver.signingKey.sign(sessionIdOf(terms, domain));
      return { driver, terms: packTerms(terms), r, vs: yParityAndS };
    });
    const receipt = await receiptOf(
      settlement.openBatch([{ operator, agreement: AGREEMENT, tariffId, openings: signed }]),
    );
    const group = receipt.logs.flatMap((log) => settlement.interface.parseLog(log) ?? []).at(0);
    if (group?.name !== "GroupOpened") throw new Error("a batch of openings says first when it opened");
    const opening = { openedAt: Number(group.args.getValue("openedAt")), salt: Number(group.args.getValue("salt")) };
    for (const { terms } of sessions) openings.set(sessionIdOf(terms, domain), opening);
    return requireEvents(receipt, "SessionOpened", sessions.length);
  }

  /** What the session opened with, whoever opened it. */
  async function openingOf({ terms }: Pick<BenchSession, "terms">): Promise<Opening> {
    const sessionId = sessionIdOf(terms, domain);
    const opening = openings.get(sessionId) ?? (await readOpening({ chargingSettlement: settlement }, sessionId));
    if (opening === null) throw new Error(`the session of ${terms.driver} was not opened`);
    return opening;
  }

  /** Energy and times differ from session to session, as real ones do. */
  function usualMetering(index: number): Metered {
    return {
      energyMicroWh: 23_456_789_000n + BigInt(index) * 1_234_567n,
      chargingSeconds: 3_600 + index,
      connectedSeconds: 4_800 + index,
    };
  }

  /** Settles with the signatures of both oracles, after the window of the batch before. */
  async function settleBatch(
    sessions: readonly BenchSession[],
    metering: (index: number) => Metered = usualMetering,
    evidenceOf?: (session: BenchSession) => Promise<ClaimEvidence>,
  ): Promise<{
    readonly receipt: TransactionReceipt;
    readonly claims: readonly Claim[];
    readonly evidenceRoot: string;
  }> {
    await world.pass(benchRules.challengeWindowSeconds + 1);
    const claims = await Promise.all(
      sessions.map(async (session, index) => ({
        sessionId: sessionIdOf(session.terms, domain),
        metering: packMetering({ ...metering(index), ...(await openingOf(session)), toppedUpMicro: 0n }),
        isReadable: true,
      })),
    );
    const settlements = sessions.map(({ driver, terms }, index) => ({
      driver,
      terms: packTerms(terms),
      metering: claims[index]?.metering ?? 0n,
    }));
    const evidence = evidenceOf === undefined ? null : await Promise.all(sessions.map(evidenceOf));
    const evidenceRoot = evidence === null ? id("the evidence") : evidenceRootOf(evidence);
    const digest = batchDigestOf({ claims, evidenceRoot }, domain);
    const signatures = oracles.map(({ address }) => {
      const { r, yParityAndS } = world.keyOf(address).sign(digest);
      return { r, vs: yParityAndS };
    });
    const group = { operator, agreement: AGREEMENT, isReadable: true, tariff: packTariff(tariff), settlements };
    const receipt = await receiptOf(settlement.settleBatch([group], evidenceRoot, signatures));
    const settled = receipt.logs.flatMap((log) => {
      const event = settlement.interface.parseLog(log);
      return event?.name === "GroupSettled" ? settledInGroup((name): unknown => event.args.getValue(name)) : [];
    });
    if (settled.length !== sessions.length) throw new Error(`${settled.length} of ${sessions.length} were settled`);
    return { receipt, claims, evidenceRoot };
  }

  return { planSession, planSessions, openBatch, openingOf, settleBatch, requireEvents };
}
