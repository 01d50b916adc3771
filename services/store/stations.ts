/** A charging station that may report. */
export interface Station {
  readonly stationId: string;
  /** SHA-256 of the API key, lower-case hexadecimal. The key itself is never stored. */
  readonly apiKeySha256: string;
  /**
   * Numbers, in the registry, of the EVSEs that the station may report for. The first is EVSE 1 of the station itself
   * (connector 1 in OCPP 1.6), the second its EVSE 2, and so on.
   */
  readonly evses: readonly number[];
}

/** How far the service has brought a station's configuration to what it needs. */
export interface StationSetUpState {
  readonly isDue: boolean;
  /** JSON, as it was kept; `null` before the first. */
  readonly content: string | null;
}

/** Which stations may report. Durability and errors are those of the whole ledger. */
export interface StationStore {
  /** Adds the station or replaces it. Durable on return. */
  putStation(station: Station): Promise<void>;
  /** Removes the station. Durable on return. @returns whether there was one. */
  removeStation(stationId: string): Promise<boolean>;
  /** Its EVSEs in the order in which they were given. */
  findStation(stationId: string): Promise<Station | null>;
  /** All stations by id. */
  listStations(): Promise<readonly Station[]>;
  /** Whether a station that was added was never set up, and what its last set-up did; `null` for one that there is not. */
  readSetUp(stationId: string): Promise<StationSetUpState | null>;
  /** Keeps what a set-up did, in the place of the one before; the station is not due any more. Durable on return. */
  keepSetUp(done: { readonly stationId: string; readonly content: string }): Promise<void>;
}
