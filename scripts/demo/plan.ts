import type { PlannedMeter } from "../local-world/meters.ts";

/** One record that is posted for a session, and what has to become of it. */
export interface PlannedDelivery {
  readonly record: Uint8Array;
  /** What it is, for people. */
  readonly what: string;
  /** Who posts it. */
  readonly stationId: string;
  /** Which session the envelope around the record names; without a name there is no envelope. */
  readonly names: "nothing" | "its session" | "another session";
  readonly expected: "accepted" | "duplicate" | "refused";
}

/** What was decided for a session when it was opened. */
export interface OpenedPlan {
  readonly sessionId: string;
  readonly idTag: string;
  /** When the chain opened it, in seconds since 1970. */
  readonly openedSeconds: number;
}

/** A charging session that is to be played, and how it has to end. */
export interface PlannedSession {
  /** The same in every run, so that a session is played once. */
  readonly name: string;
  readonly origin: "simulator" | "third party";
  readonly meterId: string;
  /** Name of the demo account. */
  readonly driver: string;
  readonly lane: number;
  readonly holdMicro: bigint;
  /** What the driver's account is filled with before. */
  readonly depositMicro: bigint;
  /** Under which agreement of partners it is opened; 0 for none. What partners share is played days before the rest. */
  readonly agreement: number;
  readonly ending: "settled" | "expired" | "not opened";
  /** Whose key signs the terms: the driver's, or the vehicle's own, which pays without a person. */
  readonly paidBy: "driver" | "vehicle";
  /**
   * Who brings the session to the chain: the service, to which its records are posted; somebody who has them; or oracles
   * who claim twice the energy, until the service, which gets the records later, challenges them.
   */
  readonly settledBy: "service" | "stranger" | "dishonest quorum";
  /** What has to be settled; null unless it is to be settled. */
  readonly metering: { readonly energyMicroWh: bigint; readonly chargingSeconds: number } | null;
  /** Signs or fetches the records, in the order in which they are posted. */
  deliveries(opened: OpenedPlan): readonly PlannedDelivery[];
}

/** All that one run plays. */
export interface Plan {
  readonly meters: readonly PlannedMeter[];
  readonly sessions: readonly PlannedSession[];
}
