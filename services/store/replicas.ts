import type { OcppProtocol, SecurityProfile } from "./ocpp.ts";

/** One process of the service. Several work on one ledger, each with an id of its own. */
export interface Replica {
  readonly replicaId: string;
  /** Of its program; `null`: a version that does not say. */
  readonly version: string | null;
  readonly startedAtMs: number;
  /** When it last said that it is alive, by the store's clock; `null` as above. */
  readonly lastBeatAtMs: number | null;
  /** Until when it counts as alive, by the store's clock. */
  readonly untilMs: number;
  readonly isAlive: boolean;
  /** Stations that are connected to it. */
  readonly stations: number;
}

/** A copy of the ledger's database that follows it. Figures are `null` where the service's user may not see them. */
export interface Standby {
  readonly name: string;
  /** Whether commits wait for it; with `quorum` for some of several. */
  readonly waits: "sync" | "quorum" | "potential" | "async" | null;
  /** How much of the log it has not replayed yet. */
  readonly behindBytes: number | null;
  /** How long a commit took to be replayed there lately; `null` also where nothing was written lately. */
  readonly behindMs: number | null;
}

/** What a write has to name: it is refused once the lease has a newer epoch. */
export interface Fence {
  readonly name: string;
  readonly epoch: number;
}

/** The right to do one kind of work, which one replica has at a time. */
export interface Lease extends Fence {
  /** `null`: it was given back. */
  readonly replicaId: string | null;
  readonly untilMs: number;
}

/** What a frame of a station has to name: it is refused once the station has a newer epoch. */
export interface StationFence {
  readonly stationId: string;
  readonly epoch: number;
}

/** What a step about a station has to name: it is refused once the station belongs to another replica. */
export interface StationHolder {
  readonly stationId: string;
  readonly replicaId: string;
}

/** The connection of a station, as every replica sees it. */
export interface HeldConnection {
  readonly protocol: OcppProtocol;
  readonly securityProfile: SecurityProfile;
  readonly address: string;
  readonly connectedAtMs: number;
}

/** Which replica a station belongs to. */
export interface StationHold extends StationFence {
  /** `null`: the replica has left. */
  readonly replicaId: string | null;
  /** `null`: the station is not connected, or its replica is not alive. */
  readonly connection: HeldConnection | null;
}

/** A command for a station that is connected to another replica. */
export interface StationCommand {
  readonly commandId: string;
  readonly stationId: string;
  readonly action: string;
  /** JSON. May hold a secret, so it is blanked when the command has ended. */
  readonly payload: string;
}

/** What became of a command: the station's answer as JSON, or an error's code and detail. */
export type CommandOutcome =
  | { readonly kind: "answered"; readonly answer: string }
  | { readonly kind: "failed"; readonly code: string; readonly detail: string };

/**
 * How several replicas share one ledger.
 *
 * Two things are kept apart. Who works is decided by time: the store's clock alone judges what has run out, so that clocks
 * of replicas may differ. What counts is decided by epochs: a write names the epoch that it was begun under and is refused in
 * its own commit when there is a newer one, however long its replica was frozen.
 *
 * A ledger with one replica makes the same promises; its replica owns everything.
 */
export interface ReplicaStore {
  /** The replica is alive for so long from now. Durable on return. */
  beatReplica(replica: {
    readonly replicaId: string;
    readonly version: string;
    readonly startedAtMs: number;
    readonly forMs: number;
  }): Promise<void>;
  /** The replica has ended: its leases, its stations and its row are given back. Durable on return. */
  leaveReplica(replicaId: string): Promise<void>;
  /** All that have not left, by id. */
  listReplicas(): Promise<readonly Replica[]>;
  /** The database's standbys by name; `null`: the ledger is one that has none, in a folder. */
  listStandbys(): Promise<readonly Standby[] | null>;

  /**
   * Takes a lease that is free, has run out or belongs to this replica; always with a new epoch. Durable on return.
   * @returns `null` if another replica has it
   */
  claimLease(name: string, replicaId: string, forMs: number): Promise<Lease | null>;
  /** Keeps a lease for so long from now. Durable on return. @returns false if there is a newer epoch, or it was given back */
  renewLease(fence: Fence, forMs: number): Promise<boolean>;
  /** Gives a lease back, unless there is a newer epoch. Durable on return. */
  releaseLease(fence: Fence): Promise<void>;
  /** All leases that there ever were, by name. */
  listLeases(): Promise<readonly Lease[]>;
  /**
   * The same ledger, where every write is refused with LEASE_LOST in its own commit unless its fence is the newest epoch of
   * its lease. What is read is not refused.
   * @param fenceOf Asked when a write is called; `null` refuses it.
   */
  fenced(fenceOf: () => Fence | null): this;

  /** Gives a station to a replica, always with a new epoch: the newest connection wins. Durable on return. */
  holdStation(
    stationId: string,
    replicaId: string,
    connection: HeldConnection,
  ): Promise<StationFence & { readonly formerReplicaId: string | null }>;
  /** The connection has ended; the station stays with its replica. Nothing if there is a newer epoch. Durable on return. */
  endConnection(fence: StationFence): Promise<void>;
  /** Which of these stations have a newer epoch, or are not this replica's any more. */
  listMovedStations(replicaId: string, fences: readonly StationFence[]): Promise<readonly string[]>;
  /**
   * Gives a replica the stations of others that have left or are not alive, as far as frames of theirs were not handed on
   * or were set aside; with new epochs. Durable on return.
   */
  adoptStations(replicaId: string, limit: number): Promise<readonly StationFence[]>;
  findStationHold(stationId: string): Promise<StationHold | null>;
  /** Stations that are connected to a replica that is alive, by id. */
  listConnectedStations(): Promise<readonly StationHold[]>;

  /** Keeps a command until it has ended, or for so long. Once is enough. Durable on return. */
  askStation(command: StationCommand, forMs: number): Promise<void>;
  /** Commands for stations of this replica that nobody has taken, oldest first; each is taken once. Durable on return. */
  takeCommands(replicaId: string, limit: number): Promise<readonly StationCommand[]>;
  /** Notes what became of a command and blanks its payload; the first outcome stays. Durable on return. */
  endCommand(commandId: string, outcome: CommandOutcome): Promise<void>;
  /** `null`: it has not ended, or is not known any more. */
  findCommandOutcome(commandId: string): Promise<CommandOutcome | null>;
  /** Forgets commands whose time is over. Durable on return. */
  dropCommands(): Promise<void>;

  /** Calls when another replica may have asked or taken something. A hint: what was missed is found by looking. @returns ends it */
  onSignal(listener: () => void): () => void;
}
