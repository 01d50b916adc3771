import { setTimeout as sleep } from "node:timers/promises";

import { idTagOf } from "../../services/domain/id-tag.ts";
import type { Opening } from "../../services/domain/opening.ts";
import type { SessionTerms } from "../../services/domain/terms.ts";
import type { Output } from "../command-line/output.ts";
import type { RunningClock } from "../local-world/clock.ts";
import type { SimulatedStation, StationAnswer } from "../simulator/station.ts";
import { demoAccount } from "../local-world/accounts.ts";
import { readBooks, type BookedSession } from "../local-world/books.ts";
import { agree, openBatch, readOpening, type AgreedTerms } from "../local-world/opening.ts";
import type { PlannedDelivery, PlannedSession } from "./plan.ts";
import { demoMaximumPowerW, type RegisteredMeter } from "../local-world/registration.ts";
import type { ServiceClient } from "./service-client.ts";
import type { AgreedSession, SessionsJournal } from "./sessions-journal.ts";
import type { MeterState } from "../simulator/meter.ts";
import { settleDishonestly } from "./dishonest-quorum.ts";
import { settleAsStranger } from "./stranger.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { createTransactor } from "../local-world/transactor.ts";
import { payAsVehicle } from "./vehicle.ts";
import type { World } from "../local-world/world.ts";

/** What became of one record. */
export interface DeliveryOutcome {
  readonly what: string;
  readonly expected: PlannedDelivery["expected"];
  readonly outcome: PlannedDelivery["expected"];
  /** Why it was refused: a code of the catalogue. */
  readonly code: string | null;
  readonly isAsExpected: boolean;
}

/** Everything that playing needs. */
export interface Stage {
  readonly world: World;
  readonly clock: RunningClock;
  readonly journal: SessionsJournal;
  readonly tariffId: string;
  readonly meters: ReadonlyMap<string, RegisteredMeter>;
  readonly stations: ReadonlyMap<string, SimulatedStation>;
  readonly serviceUrl: string;
  readonly service: ServiceClient & { synchronise(): Promise<void> };
  readonly output: Output;
  meterStates(): Readonly<Record<string, MeterState>>;
}

/** A session that the chain has opened. */
type OpenedSession = AgreedSession & { readonly opening: Opening };

/** The deadline of sessions that are meant to be settled, and of those that are meant to be abandoned. */
const usualExpirySeconds = 24 * 3600;
const abandonedExpirySeconds = 3600;
/** How far the chain's clock goes on while the cars charge: beyond the expiry of what was abandoned. */
export const chargingPauseSeconds = 3 * 3600;
/** Openings in one transaction: far below the 16.78 M gas of EIP-7825. */
const openingsPerTransaction = 50;
/** A session that nobody opened. */
const anotherSessionId = `0x${"ee".repeat(32)}`;
/** 600 looks of 100 ms: a minute for a batch to close, be mined and be noticed. */
const settlementLooks = 600;
const settlementLookMs = 100;

/** Fills each driver's account, once. */
export async function fundDrivers(stage: Stage, sessions: readonly PlannedSession[]): Promise<void> {
  const { chain, contracts } = stage.world;
  const { chargingSettlement, erc20 } = contracts;
  const settlementAddress = await chargingSettlement.getAddress();
  const erc20Address = await erc20.getAddress();
  for (const { driver, lane, depositMicro } of sessions) {
    const account = demoAccount(driver);
    const deposits = await chargingSettlement.queryFilter(chargingSettlement.filters.Deposited(account.address, lane));
    if (deposits.length > 0) {
      continue;
    }
    const transactor = await createTransactor(chain, account);
    const calls = [
      [erc20Address, erc20.interface.encodeFunctionData("mint", [account.address, depositMicro])],
      [erc20Address, erc20.interface.encodeFunctionData("approve", [settlementAddress, depositMicro])],
      [
        settlementAddress,
        chargingSettlement.interface.encodeFunctionData("deposit", [account.address, lane, depositMicro]),
      ],
    ] as const;
    for (const [to, calldata] of calls) {
      await transactor.send(to, calldata);
    }
  }
}

/** Opens what has not been opened, with the signatures of drivers and of a vehicle. */
export async function openSessions(stage: Stage, sessions: readonly PlannedSession[]): Promise<void> {
  const { world, journal, clock, output } = stage;
  const { chargingSettlement } = world.contracts;
  const domain = { chainId: world.chain.chainId, verifyingContract: world.deployment.contracts.chargingSettlement };
  const toOpen: AgreedTerms[] = [];
  for (const planned of sessions.filter(({ paidBy }) => paidBy === "vehicle")) {
    await payAsVehicle(stage, planned);
  }
  for (const planned of sessions.filter(({ paidBy }) => paidBy === "driver")) {
    const driver = demoAccount(planned.driver);
    const { nonce } = await chargingSettlement.accountOf(driver.address, planned.lane);
    const earlier = journal.agreed.get(planned.name);
    if (earlier !== undefined && (planned.ending === "not opened" || nonce > earlier.terms.nonce)) {
      continue;
    }
    const openedSeconds = clock.nowSeconds();
    const isStillGood = earlier !== undefined && earlier.terms.expiresAt > openedSeconds;
    const terms = isStillGood ? earlier.terms : termsOf(stage, planned, driver.address, Number(nonce), openedSeconds);
    const agreed = agree(terms, domain, driver);
    if (!isStillGood) {
      journal.agree({ name: planned.name, sessionId: agreed.sessionId, openedSeconds, terms });
    }
    toOpen.push(agreed);
  }

  for (const together of Map.groupBy(toOpen, ({ terms }) => terms.agreement).values()) {
    for (let start = 0; start < together.length; start += openingsPerTransaction) {
      const [first, ...others] = together.slice(start, start + openingsPerTransaction);
      if (first === undefined) continue;
      const outcome = await openBatch(world.contracts, world.relayer, [first, ...others]);
      output.line(
        `opened ${outcome.opened.length} sessions, refused ${outcome.skipped.length}, in one transaction ` +
          `(${outcome.gasUsed.toString()} gas)`,
      );
    }
  }
  // Also where an earlier run was interrupted between the opening and the pause.
  const opened = sessions.flatMap(({ name }) => journal.agreed.get(name)?.openedSeconds ?? []);
  const pauseSeconds = Math.max(0, ...opened) + chargingPauseSeconds - clock.nowSeconds();
  if (pauseSeconds > 0 && opened.length > 0) {
    clock.advance(pauseSeconds);
    await world.chain.mine();
  }
  await stage.service.synchronise();
}

function termsOf(
  stage: Stage,
  planned: PlannedSession,
  driver: string,
  nonce: number,
  openedSeconds: number,
): SessionTerms {
  const registered = stage.meters.get(planned.meterId);
  if (registered === undefined) {
    throw new RangeError(`The meter ${planned.meterId} of "${planned.name}" is not planned`);
  }

  return {
    driver,
    lane: planned.lane,
    nonce,
    operator: stage.world.operator.address,
    agreement: planned.agreement,
    evse: registered.evse,
    meter: registered.meter,
    maximumPowerW: demoMaximumPowerW,
    tariffId: stage.tariffId,
    holdMicro: planned.holdMicro,
    expiresAt: openedSeconds + (planned.ending === "expired" ? abandonedExpirySeconds : usualExpirySeconds),
  };
}

/** Posts the records of one session, or shows them to the contract, unless the chain has closed it rightly. */
export async function deliver(stage: Stage, planned: PlannedSession): Promise<readonly DeliveryOutcome[]> {
  const { journal } = stage;
  const agreed = journal.agreed.get(planned.name);
  if (agreed === undefined || planned.ending === "not opened") {
    return [];
  }
  const isDishonest = planned.settledBy === "dishonest quorum";
  const opening = await readOpening(stage.world.contracts, agreed.sessionId);
  if (opening === null) {
    throw new Error(`The session ${agreed.sessionId} of "${planned.name}" was not opened`);
  }
  const opened = { ...agreed, opening };
  const live = await isLive(stage, opened);
  if (!live && (!isDishonest || (await isChallenged(stage, agreed)))) {
    return [];
  }
  const earlier = journal.recorded.get(planned.name);
  const deliveries = earlier ?? planned.deliveries({ ...agreed, idTag: idTagOf(agreed.sessionId, opening) });
  if (earlier === undefined) {
    journal.record(planned.name, deliveries, stage.meterStates());
  }
  if (planned.settledBy === "stranger") {
    const records = deliveries.map(({ record }) => record);
    await settleAsStranger(stage.world, opened, demoTariff, records);

    return deliveries.map(({ what, expected }) => ({
      what,
      expected,
      outcome: "accepted",
      code: null,
      isAsExpected: expected === "accepted",
    }));
  }
  if (isDishonest && live) {
    await settleTwice(stage, opened, planned);
  }
  const outcomes: DeliveryOutcome[] = [];
  for (const delivery of deliveries) {
    const station = stage.stations.get(delivery.stationId);
    if (station === undefined) {
      throw new RangeError(`The station ${delivery.stationId} is not planned`);
    }
    const sessionId = { nothing: undefined, "its session": agreed.sessionId, "another session": anotherSessionId };
    const named = sessionId[delivery.names];
    // A charger that was interrupted sends again what it sent; the service says so.
    outcomes.push(
      outcomeOf(
        delivery,
        await station.post(delivery.record, named === undefined ? {} : { sessionId: named }),
        earlier !== undefined,
      ),
    );
  }

  return outcomes;
}

/** All oracles but the first, who are a quorum, claim twice what the meter signs. */
async function settleTwice({ world, service }: Stage, opened: OpenedSession, planned: PlannedSession): Promise<void> {
  const { energyMicroWh = 0n, chargingSeconds = 0 } = planned.metering ?? {};
  const claim = { energyMicroWh: 2n * energyMicroWh, chargingSeconds };
  await settleDishonestly(world, opened, demoTariff, world.oracles.slice(1), claim);
  await service.synchronise();
}

async function isChallenged({ world }: Stage, { sessionId }: AgreedSession): Promise<boolean> {
  const { challenges } = world.contracts;
  const events = await challenges.queryFilter(challenges.filters.ClaimChallenged(undefined, sessionId));

  return events.length > 0;
}

async function isLive({ world }: Stage, { terms, opening }: OpenedSession): Promise<boolean> {
  return world.contracts.chargingSettlement.isLive(terms, opening, 0n);
}

function outcomeOf(delivery: PlannedDelivery, answer: StationAnswer, isRepeated: boolean): DeliveryOutcome {
  const { what, expected } = delivery;
  if (answer.outcome === "refused") {
    return { what, expected, outcome: "refused", code: answer.code, isAsExpected: expected === "refused" };
  }
  const outcome = answer.duplicate ? "duplicate" : "accepted";

  return {
    what,
    expected,
    outcome,
    code: null,
    isAsExpected: outcome === expected || (isRepeated && expected === "accepted"),
  };
}

/** Waits until the service has settled what is to be settled. */
export async function awaitSettlements(stage: Stage, sessions: readonly PlannedSession[]): Promise<void> {
  let waiting = sessionIdsOf(
    stage,
    sessions.filter(({ ending }) => ending === "settled"),
  );
  for (let look = 0; look < settlementLooks && waiting.length > 0; look += 1) {
    await stage.service.synchronise();
    const receipts = await Promise.all(waiting.map((sessionId) => stage.service.readReceipt(sessionId)));
    waiting = waiting.filter((_, index) => receipts[index] === null);
    if (waiting.length > 0) {
      await sleep(settlementLookMs);
    }
  }
}

/** Waits until the service has challenged what was settled wrongly, and the drivers have their money back. */
export async function awaitChallenges(stage: Stage, sessions: readonly PlannedSession[]): Promise<void> {
  const { service, journal } = stage;
  const wrong = sessions.filter(({ settledBy }) => settledBy === "dishonest quorum");
  for (const { name } of wrong) {
    const agreed = journal.agreed.get(name);
    if (agreed === undefined) {
      continue;
    }
    for (let look = 0; look < settlementLooks && !(await isChallenged(stage, agreed)); look += 1) {
      await service.synchronise();
      await sleep(settlementLookMs);
    }
  }
}

/** Returns the holds of sessions that were abandoned, as anybody can after their expiry. */
export async function expireAbandoned(stage: Stage, sessions: readonly PlannedSession[]): Promise<void> {
  const { world, journal, clock } = stage;
  const { chargingSettlement } = world.contracts;
  const address = await chargingSettlement.getAddress();
  for (const planned of sessions) {
    const agreed = journal.agreed.get(planned.name);
    const opening = agreed === undefined ? null : await readOpening(world.contracts, agreed.sessionId);
    if (planned.ending !== "expired" || agreed === undefined || opening === null) {
      continue;
    }
    if (await isLive(stage, { ...agreed, opening })) {
      clock.advance(Math.max(0, agreed.terms.expiresAt - clock.nowSeconds()));
      await world.relayer.send(
        address,
        chargingSettlement.interface.encodeFunctionData("expire", [agreed.terms, opening, 0n]),
      );
    }
  }
  await stage.service.synchronise();
}

/** How the chain says that each planned session ended. */
export async function readEndings(
  stage: Stage,
): Promise<{ readonly books: Awaited<ReturnType<typeof readBooks>>; endingOf(name: string): BookedSession | null }> {
  const { world, journal } = stage;
  const books = await readBooks(world.contracts, world.provider, world.operator.address, world.deployment.blockNumber);

  return {
    books,
    endingOf(name) {
      const sessionId = journal.agreed.get(name)?.sessionId;

      return sessionId === undefined ? null : (books.sessions.get(sessionId) ?? null);
    },
  };
}

function sessionIdsOf({ journal }: Stage, sessions: readonly PlannedSession[]): string[] {
  return sessions.flatMap(({ name }) => journal.agreed.get(name)?.sessionId ?? []);
}
