import type { AssignmentStep, ChainMoment, ScopedAssignment } from "../domain/tariff-assignment.ts";
import type { TariffScope } from "../domain/tariff-scope.ts";
import type { Tariff } from "../domain/tariff.ts";

/** A tariff that is or was offered somewhere, and who said so when. */
export interface TariffAssignment extends ScopedAssignment {
  /** Grows with every assignment. */
  readonly ordinal: number;
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
  /** Only this EVSE's and its connectors'. */
  readonly evse: number | null;
  /** Those that have ended, too. */
  readonly isWithEnded: boolean;
  /** The last one of the page before. */
  readonly afterOrdinal: number;
  readonly limit: number;
}

/** Which tariffs are offered where and to whom; durability and errors are those of the whole ledger. */
export interface TariffStore {
  /**
   * Assigns the tariffs in each of the scopes; what is assigned already stays as it is. With `isReplacing` every other
   * tariff of these scopes ends. In one step, durable on return.
   */
  assignTariffs(
    change: AssignmentOccasion & {
      readonly scopes: readonly TariffScope[];
      readonly tariffs: readonly { readonly tariffId: string; readonly tariff: Tariff }[];
      readonly isReplacing: boolean;
    },
  ): Promise<readonly AssignmentStep[]>;
  /** Ends the assignment of a tariff in each of the scopes that has it. In one step, durable on return. */
  unassignTariff(
    change: AssignmentOccasion & { readonly scopes: readonly TariffScope[]; readonly tariffId: string },
  ): Promise<readonly AssignmentStep[]>;
  /** Everything that was ever assigned in exactly this scope, oldest first. */
  listAssignmentsIn(scope: TariffScope): Promise<readonly TariffAssignment[]>;
  /** Everything that was ever assigned to the EVSE, its connectors and its site, for whomever, oldest first. */
  listAssignmentsAt(evse: number): Promise<readonly TariffAssignment[]>;
  /** A page of assignments in the order in which they were made. */
  listTariffAssignments(query: AssignmentQuery): Promise<readonly TariffAssignment[]>;
  /** EVSEs that a station reports for and that offer nothing to everybody, neither whole nor by their site, by number. */
  listEvsesWithoutTariff(limit: number): Promise<readonly number[]>;
  /**
   * Sessions that were opened in this block or earlier were taken before assignments were asked for; -1 in a store that
   * has asked from its beginning.
   */
  readLastBlockBeforeAssignments(): Promise<number>;
  /** Which EVSEs stand in which site, in the place of what was known of sites before. Durable on return. */
  putSites(sites: readonly { readonly site: string; readonly evses: readonly number[] }[]): Promise<void>;
  /** EVSEs of a site by number; empty for a site that is not known. */
  listEvsesOfSite(site: string): Promise<readonly number[]>;
}
