import type { GroupMembership } from "../domain/tariff-assignment.ts";
import type { AssignmentOccasion } from "./tariffs.ts";

/** That a driver is or was in a group, and who said so when. */
export interface DriverGroupMember extends GroupMembership {
  /** Grows with every membership. */
  readonly ordinal: number;
  /** The account, with lower-case digits. */
  readonly driver: string;
  /** By the service's clock, in milliseconds since 1970. */
  readonly addedAtMs: number;
  readonly addedBy: string;
  readonly removedAtMs: number | null;
  readonly removedBy: string | null;
}

/** Groups of drivers who have prices of their own, such as a fleet; durability and errors are those of the whole ledger. */
export interface DriverGroupStore {
  /** Those who are in the group already stay as they are. In one step, durable on return. @returns who was not in it */
  addToDriverGroup(change: DriverGroupChange): Promise<readonly string[]>;
  /** In one step, durable on return. @returns who was in it */
  removeFromDriverGroup(change: DriverGroupChange): Promise<readonly string[]>;
  /** Every time that the driver is or was in a group, oldest first. */
  listGroupsOfDriver(driver: string): Promise<readonly DriverGroupMember[]>;
  /** A page of those who are in the group, or in any, in the order in which they were added. */
  listDriverGroupMembers(query: {
    readonly group: string | null;
    readonly afterOrdinal: number;
    readonly limit: number;
  }): Promise<readonly DriverGroupMember[]>;
  /** Whether somebody is or was in it. */
  hasDriverGroup(group: string): Promise<boolean>;
}

export interface DriverGroupChange extends AssignmentOccasion {
  readonly group: string;
  /** Accounts, whatever the case of their digits. */
  readonly drivers: readonly string[];
}
