import type { AssignmentSpan, AssignmentStep, ChainMoment } from "../domain/tariff-assignment.ts";
import type { Tariff } from "../domain/tariff.ts";

/** A tariff that an EVSE offers or offered, and who said so when. */
export interface TariffAssignment extends AssignmentSpan {
  /** Grows with every assignment. */
  readonly ordinal: number;
  readonly evse: number;
  /** By the service's clock, in milliseconds since 1970. */
  readonly assignedAtMs: number;
  readonly assignedBy: string;
  readonly endedAtMs: number | null;
  readonly endedBy: string | null;
}

/** Who changes assignments, and when by both clocks. */
export interface AssignmentOccasion {
  readonly at: ChainMoment;
  readonly atMs: number;
  readonly by: string;
}

export interface AssignmentQuery {
  /** Only this EVSE's. */
  readonly evse: number | null;
  /** Those that have ended, too. */
  readonly isWithEnded: boolean;
  /** The last one of the page before. */
  readonly afterOrdinal: number;
  readonly limit: number;
}

/** Which tariffs EVSEs offer; durability and errors are those of the whole ledger. */
export interface TariffStore {
  /**
   * Assigns the tariffs to each of the EVSEs; what is assigned already stays as it is. With `isReplacing` every other
   * tariff of these EVSEs ends. In one step, durable on return.
   */
  assignTariffs(
    change: AssignmentOccasion & {
      readonly evses: readonly number[];
      readonly tariffs: readonly { readonly tariffId: string; readonly tariff: Tariff }[];
      readonly isReplacing: boolean;
    },
  ): Promise<readonly AssignmentStep[]>;
  /** Ends the assignment of a tariff to each of the EVSEs that has it. In one step, durable on return. */
  unassignTariff(
    change: AssignmentOccasion & { readonly evses: readonly number[]; readonly tariffId: string },
  ): Promise<readonly AssignmentStep[]>;
  /** Everything that was ever assigned to the EVSE, oldest first. */
  listAssignmentsOfEvse(evse: number): Promise<readonly TariffAssignment[]>;
  /** A page of assignments in the order in which they were made. */
  listTariffAssignments(query: AssignmentQuery): Promise<readonly TariffAssignment[]>;
  /** EVSEs that a station reports for and that offer nothing, by number. */
  listEvsesWithoutTariff(limit: number): Promise<readonly number[]>;
  /**
   * Sessions that were opened in this block or earlier were taken before assignments were asked for; -1 in a store that
   * has asked from its beginning.
   */
  readLastBlockBeforeAssignments(): Promise<number>;
}
