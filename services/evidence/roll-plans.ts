import { setTimeout as sleep } from "node:timers/promises";

import type { Chain } from "../chain/chain.ts";
import { plannedTariffAt, tariffIdsOf } from "../domain/tariff-plan.ts";
import { atEvse } from "../domain/tariff-scope.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";
import type { PlanAssignment } from "../store/tariff-plans.ts";
import { readMoment } from "./tariff-directory.ts";

/** Has EVSEs with a plan offer the tariff whose turn it is. */
export interface PlanRoller {
  /**
   * Changes what is due now; done again, it changes nothing. An EVSE at which it fails keeps no other from its turn.
   * @throws what ledger and chain threw first
   */
  rollPlans(): Promise<void>;
  /** Again and again until the signal. A round that fails is an alert and is tried again. */
  run(): Promise<void>;
}

/** Who assigned a tariff, in the list of assignments. */
export const plannedBy = "plan";

export function createPlanRoller(deps: {
  readonly store: Pick<
    Store,
    "listPlannedEvses" | "listAssignmentsIn" | "findTariff" | "assignTariffs" | "unassignTariff"
  >;
  readonly chain: Pick<Chain, "readHead">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly pauseMs: number;
  readonly signal: AbortSignal;
}): PlanRoller {
  const { store, chain, desk, now, pauseMs, signal } = deps;

  async function roll({ evse, planId, plan }: PlanAssignment): Promise<void> {
    const { tariffId, untilSeconds } = plannedTariffAt(plan, Math.floor(now() / 1_000));
    const open = (await store.listAssignmentsIn(atEvse(evse))).filter(({ until }) => until === null);
    const offered = open.map((assignment) => assignment.tariffId);
    // What was assigned besides the plan, such as a price for a fleet, stays.
    const over = tariffIdsOf(plan).filter((other) => other !== tariffId && offered.includes(other));
    if (over.length === 0 && offered.includes(tariffId)) return;
    const tariff = await store.findTariff(tariffId);
    if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${tariffId}.`);
    const occasion = { at: await readMoment(chain, now), atMs: now(), by: plannedBy };
    // In this order: there is no moment without a price.
    await store.assignTariffs({
      scopes: [atEvse(evse)],
      tariffs: [{ tariffId, tariff }],
      isReplacing: false,
      ...occasion,
    });
    for (const ended of over) await store.unassignTariff({ scopes: [atEvse(evse)], tariffId: ended, ...occasion });
    desk.note("tariff-turned", { evse, planId, tariffId, untilSeconds });
  }

  async function rollPlans(): Promise<void> {
    const faults: unknown[] = [];
    for (const planned of await store.listPlannedEvses()) {
      if (signal.aborted) return;
      await roll(planned).catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) throw faults[0];
  }

  return {
    rollPlans,
    async run() {
      let lastFault: string | null = null;
      while (!signal.aborted) {
        await rollPlans().then(
          () => {
            lastFault = null;
          },
          (error: unknown) => {
            // A fault that stays is told once, and again after a round without one.
            const fault = String(error);
            if (!signal.aborted && fault !== lastFault) desk.alert("loop-failed", { err: error });
            lastFault = fault;
          },
        );
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
