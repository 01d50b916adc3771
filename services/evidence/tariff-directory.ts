import type { Chain } from "../chain/chain.ts";
import { tariffNotAssigned } from "../domain/session.ts";
import { assignmentAt, isWithinGrace, type AssignmentSpan, type ChainMoment } from "../domain/tariff-assignment.ts";
import { plannedTariffAt } from "../domain/tariff-plan.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { MeterDirectory } from "./meter-directory.ts";

/** A tariff that an EVSE offers now. */
export interface TariffAtEvse {
  readonly tariffId: string;
  readonly tariff: Tariff;
  readonly assignedAtMs: number;
  /** When the EVSE's plan replaces it, in seconds since 1970; `null` if no plan does. */
  readonly untilSeconds: number | null;
}

/** Which tariffs apply at EVSEs, by what their operator assigned. */
export interface TariffDirectory {
  /** What a session can be opened with at the EVSE now, oldest assignment first. @throws EVSE_UNREGISTERED */
  listOffers(evse: number): Promise<readonly TariffAtEvse[]>;
  /**
   * Why an opening that is asked for now would not be served: a code; `null` if it would. A tariff whose assignment has
   * just ended still is, since its driver may have signed before.
   */
  findRefusal(terms: Pick<SessionTerms, "evse" | "tariffId">): Promise<typeof tariffNotAssigned | null>;
  /**
   * Why a session that was opened in this block is not served: a code; `null` if it is. Assignments are the matter of the
   * service that the charger reports to: of the EVSEs of others nothing is said.
   */
  findObstacle(
    terms: Pick<SessionTerms, "evse" | "tariffId">,
    blockNumber: number,
  ): Promise<typeof tariffNotAssigned | null>;
}

/** Now, in the chain's time: its newest block, and the service's time where no block was needed for a while. */
export async function readMoment(chain: Pick<Chain, "readHead">, now: () => number): Promise<ChainMoment> {
  const { number, timestamp } = await chain.readHead();
  return { blockNumber: number, atSeconds: Math.max(timestamp, Math.floor(now() / 1_000)) };
}

export function createTariffDirectory(deps: {
  readonly store: Pick<
    Store,
    "listAssignmentsOfEvse" | "findPlanOfEvse" | "findStationOfEvse" | "findTariff" | "readLastBlockBeforeAssignments"
  >;
  /** `isOffered` is asked for whoever looks at a charger, so that its answer is best remembered for a moment. */
  readonly chain: Pick<Chain, "readBlock" | "readHead" | "isOffered">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly now: () => number;
  readonly graceSeconds: number;
}): TariffDirectory {
  const { store, chain, meters, now, graceSeconds } = deps;

  async function decide(
    spans: readonly AssignmentSpan[],
    tariffId: string,
    blockNumber: number,
    readSeconds: () => Promise<number>,
  ): Promise<typeof tariffNotAssigned | null> {
    const state = assignmentAt(spans, tariffId, blockNumber);
    if (state.kind === "assigned") return null;
    if (state.kind === "never") return tariffNotAssigned;
    return isWithinGrace(state.atSeconds, await readSeconds(), graceSeconds) ? null : tariffNotAssigned;
  }

  async function secondsOf(blockNumber: number): Promise<number> {
    const block = await chain.readBlock(blockNumber);
    if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
    return block.timestamp;
  }

  return {
    async listOffers(evse) {
      const registered = await meters.readEvse(evse);
      if (registered === null) throw new WattproofError("EVSE_UNREGISTERED", `EVSE ${evse}.`);
      const current = (await store.listAssignmentsOfEvse(evse)).filter(({ until }) => until === null);
      const planned = (await store.findPlanOfEvse(evse))?.plan ?? null;
      const turn = planned === null ? null : plannedTariffAt(planned, Math.floor(now() / 1_000));
      const offers = await Promise.all(
        current.map(async ({ tariffId, assignedAtMs }): Promise<TariffAtEvse | null> => {
          const tariff = await store.findTariff(tariffId);
          if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${tariffId}.`);
          const isOffered = await chain.isOffered(registered.operator, tariffId);
          if (!isOffered) return null;
          const untilSeconds = turn?.tariffId === tariffId ? turn.untilSeconds : null;
          return { tariffId, tariff, assignedAtMs, untilSeconds };
        }),
      );
      return offers.filter((offer) => offer !== null);
    },
    async findRefusal({ evse, tariffId }) {
      const spans = await store.listAssignmentsOfEvse(evse);
      return decide(spans, tariffId, Number.MAX_SAFE_INTEGER, async () => (await readMoment(chain, now)).atSeconds);
    },
    async findObstacle({ evse, tariffId }, blockNumber) {
      if (blockNumber <= (await store.readLastBlockBeforeAssignments())) return null;
      const spans = await store.listAssignmentsOfEvse(evse);
      if (spans.length === 0 && (await store.findStationOfEvse(evse)) === null) return null;
      return decide(spans, tariffId, blockNumber, () => secondsOf(blockNumber));
    },
  };
}
