import type { Chain } from "../chain/chain.ts";
import { tariffNotAssigned } from "../domain/session.ts";
import {
  appliedNow,
  assignmentAt,
  isWithinGrace,
  spansOf,
  type AssignmentSpan,
  type ChainMoment,
} from "../domain/tariff-assignment.ts";
import { plannedTariffAt } from "../domain/tariff-plan.ts";
import { hasTimePrice, type Tariff } from "../domain/tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import { pluggedConnector } from "../ocpp/words.ts";
import type { Store } from "../store/store.ts";
import type { TariffAssignment } from "../store/tariffs.ts";
import type { MeterDirectory } from "./meter-directory.ts";

/** A tariff that an EVSE offers now. */
export interface TariffAtEvse {
  readonly tariffId: string;
  readonly tariff: Tariff;
  readonly assignedAtMs: number;
  /** The connectors at which it holds, where it holds at these alone; `null`: at all that no other tariff of the list has. */
  readonly connectors: readonly number[] | null;
  /** When the EVSE's plan replaces it, in seconds since 1970; `null` if no plan does. */
  readonly untilSeconds: number | null;
}

/** Who asks, and where the vehicle is plugged in. */
export interface TariffAsker {
  /** The account; `null`: nobody in particular, who is in no group. */
  readonly driver: string | null;
  /** `null`: not known, and then each connector counts. */
  readonly connector: number | null;
}

/** What a session has of who opened it and where. */
export type PricedTerms = Pick<SessionTerms, "evse" | "tariffId" | "driver">;

/** Which tariffs apply at EVSEs, by what their operator assigned; `rankOf` says which of several. */
export interface TariffDirectory {
  /** What a session can be opened with at the EVSE now, oldest assignment first. @throws EVSE_UNREGISTERED */
  listOffers(evse: number, asker?: TariffAsker): Promise<readonly TariffAtEvse[]>;
  /** The id of the tariff for everybody that was assigned first, without a question to the chain; `null` if there is none. */
  findFirstAssigned(evse: number): Promise<string | null>;
  /**
   * Why an opening that is asked for now would not be served: a code; `null` if it would. A tariff whose assignment has
   * just ended still is, since its driver may have signed before.
   */
  findRefusal(terms: PricedTerms): Promise<typeof tariffNotAssigned | null>;
  /**
   * Why a session that was opened in this block is not served: a code; `null` if it is. Assignments are the matter of the
   * service that the charger reports to: of the EVSEs of others nothing is said.
   */
  findObstacle(terms: PricedTerms, blockNumber: number): Promise<typeof tariffNotAssigned | null>;
}

/** Now, in the chain's time: its newest block, and the service's time where no block was needed for a while. */
export async function readMoment(chain: Pick<Chain, "readHead">, now: () => number): Promise<ChainMoment> {
  const { number, timestamp } = await chain.readHead();
  return { blockNumber: number, atSeconds: Math.max(timestamp, Math.floor(now() / 1_000)) };
}

export function createTariffDirectory(deps: {
  readonly store: Pick<
    Store,
    | "listAssignmentsAt"
    | "listGroupsOfDriver"
    | "findPlanOfEvse"
    | "findStationOfEvse"
    | "findOcppStation"
    | "findTariff"
    | "findMeterTime"
    | "readLastBlockBeforeAssignments"
  >;
  /** `isOffered` is asked for whoever looks at a charger, so that its answer is best remembered for a moment. */
  readonly chain: Pick<Chain, "readBlock" | "readHead" | "isOffered">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly now: () => number;
  readonly graceSeconds: number;
  /** Whether tariffs that count time are offered at any meter, and not only where its time is approved for prices. */
  readonly takesAnyTime: boolean;
}): TariffDirectory {
  const { store, chain, meters, now, graceSeconds, takesAnyTime } = deps;

  /** What is and was assigned to the driver at each connector that counts. */
  async function readSpans(
    assignments: readonly TariffAssignment[],
    driver: string | null,
    connector: number | null,
  ): Promise<ReadonlyMap<number | null, readonly AssignmentSpan[]>> {
    const hasGroup = driver !== null && assignments.some(({ scope }) => scope.group !== null);
    const memberships = hasGroup ? await store.listGroupsOfDriver(driver) : [];
    const named = assignments.flatMap(({ scope }) => scope.connector ?? []);
    const connectors = connector === null ? new Set([null, ...named]) : [connector];
    return new Map([...connectors].map((one) => [one, spansOf(assignments, memberships, one)]));
  }

  /** The connector of the EVSE at which a vehicle is; `null` where that is not known. */
  async function findConnector(evse: number): Promise<number | null> {
    const place = await store.findStationOfEvse(evse);
    const station = place === null ? null : await store.findOcppStation(place.stationId);
    return place === null || station === null ? null : pluggedConnector(place.stationEvse, station.connectors);
  }

  async function decide(
    { evse, tariffId, driver }: PricedTerms,
    blockNumber: number,
    readSeconds: () => Promise<number>,
  ): Promise<typeof tariffNotAssigned | null> {
    const assignments = await store.listAssignmentsAt(evse);
    const hasConnectors = assignments.some(({ scope }) => scope.connector !== null);
    const spans = await readSpans(assignments, driver, hasConnectors ? await findConnector(evse) : null);
    const states = [...spans.values()].map((one) => assignmentAt(one, tariffId, blockNumber));
    if (states.some(({ kind }) => kind === "assigned")) return null;
    const ended = states.flatMap((state) => (state.kind === "ended" ? state.atSeconds : []));
    if (ended.length === 0) return tariffNotAssigned;
    return isWithinGrace(Math.max(...ended), await readSeconds(), graceSeconds) ? null : tariffNotAssigned;
  }

  /** Whether a tariff's prices can be counted at the meter. */
  async function isTimeTaken(meter: number, tariff: Tariff): Promise<boolean> {
    return takesAnyTime || !hasTimePrice(tariff) || (await store.findMeterTime(meter)) !== null;
  }

  async function secondsOf(blockNumber: number): Promise<number> {
    const block = await chain.readBlock(blockNumber);
    if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
    return block.timestamp;
  }

  return {
    async listOffers(evse, asker = { driver: null, connector: null }) {
      const registered = await meters.readEvse(evse);
      if (registered === null) throw new WattproofError("EVSE_UNREGISTERED", `EVSE ${evse}.`);
      const assignments = await store.listAssignmentsAt(evse);
      const hasConnectors = assignments.some(({ scope }) => scope.connector !== null);
      const connector = asker.connector ?? (hasConnectors ? await findConnector(evse) : null);
      const applied = new Map<string, (number | null)[]>();
      for (const [place, spans] of await readSpans(assignments, asker.driver, connector)) {
        for (const { tariffId } of appliedNow(spans)) applied.set(tariffId, [...(applied.get(tariffId) ?? []), place]);
      }
      const planned = (await store.findPlanOfEvse(evse))?.plan ?? null;
      const turn = planned === null ? null : plannedTariffAt(planned, Math.floor(now() / 1_000));
      const current = assignments.filter(({ until, tariffId }) => until === null && applied.has(tariffId));
      const first = new Map(current.toReversed().map((assignment) => [assignment.tariffId, assignment]));
      const offers = await Promise.all(
        current
          .filter((assignment) => first.get(assignment.tariffId) === assignment)
          .map(async ({ tariffId, assignedAtMs }): Promise<TariffAtEvse | null> => {
            const tariff = await store.findTariff(tariffId);
            if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${tariffId}.`);
            const isOffered = await chain.isOffered(registered.operator, tariffId);
            if (!isOffered || !(await isTimeTaken(registered.activeMeter, tariff))) return null;
            const untilSeconds = turn?.tariffId === tariffId ? turn.untilSeconds : null;
            const places = (applied.get(tariffId) ?? []).filter((place) => place !== null);
            const isEverywhere = connector !== null || applied.get(tariffId)?.includes(null) === true;
            return { tariffId, tariff, assignedAtMs, connectors: isEverywhere ? null : places, untilSeconds };
          }),
      );
      return offers.filter((offer) => offer !== null);
    },
    async findFirstAssigned(evse) {
      const spans = spansOf(await store.listAssignmentsAt(evse), [], null);
      return appliedNow(spans)[0]?.tariffId ?? null;
    },
    async findRefusal(terms) {
      const tariff = await store.findTariff(terms.tariffId);
      const meter = (await meters.readEvse(terms.evse))?.activeMeter ?? 0;
      if (tariff !== null && !(await isTimeTaken(meter, tariff))) return tariffNotAssigned;
      return decide(terms, Number.MAX_SAFE_INTEGER, async () => (await readMoment(chain, now)).atSeconds);
    },
    async findObstacle(terms, blockNumber) {
      if (blockNumber <= (await store.readLastBlockBeforeAssignments())) return null;
      const isOurs = (await store.findStationOfEvse(terms.evse)) !== null;
      if (!isOurs && (await store.listAssignmentsAt(terms.evse)).length === 0) return null;
      return decide(terms, blockNumber, () => secondsOf(blockNumber));
    },
  };
}
