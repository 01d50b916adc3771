import type { ReplicaStore } from "../replicas.ts";

/** What replicas share beside tables. */
export interface Sharing {
  /** Inside a read or a write: the clock that judges what has run out, in milliseconds. */
  readonly now: () => Promise<number>;
  /** Inside a write: stations with frames that were not handed on. */
  readonly listBacklogged: () => Promise<readonly string[]>;
  /** SQL, of a row of `frames`: the place up to which its station was handed on. */
  readonly handedOnSql: string;
  /** Inside a read. */
  readonly listStandbys: ReplicaStore["listStandbys"];
  /** Tells all replicas that one may have asked or taken something. */
  readonly signal: () => void;
  readonly onSignal: ReplicaStore["onSignal"];
}
