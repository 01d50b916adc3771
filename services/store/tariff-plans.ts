import type { TariffPlan } from "../domain/tariff-plan.ts";
import type { Tariff } from "../domain/tariff.ts";

/** A plan that decides which tariff an EVSE offers, and who said so when. */
export interface PlanAssignment {
  readonly evse: number;
  readonly planId: string;
  readonly plan: TariffPlan;
  /** By the service's clock, in milliseconds since 1970. */
  readonly assignedAtMs: number;
  readonly assignedBy: string;
}

/** Which EVSEs have prices that take turns; durability and errors are those of the whole ledger. */
export interface TariffPlanStore {
  /**
   * Gives each of the EVSEs the plan, in the place of the one that it had; where it has this one already nothing changes.
   * The tariffs are kept with it. In one step, durable on return.
   */
  assignPlan(change: {
    readonly planId: string;
    readonly plan: TariffPlan;
    readonly tariffs: readonly { readonly tariffId: string; readonly tariff: Tariff }[];
    readonly evses: readonly number[];
    readonly atMs: number;
    readonly by: string;
  }): Promise<void>;
  /** Ends the plans of these EVSEs. @returns those that had one, in the order given */
  endPlans(change: {
    readonly evses: readonly number[];
    readonly atMs: number;
    readonly by: string;
  }): Promise<readonly number[]>;
  /** The EVSE's plan now. */
  findPlanOfEvse(evse: number): Promise<PlanAssignment | null>;
  /** All EVSEs that have a plan now, by number. */
  listPlannedEvses(): Promise<readonly PlanAssignment[]>;
}
