/** How a station makes the codes on its screen. The secret is needed as it is, to make the same codes. */
export interface StoredScreenCode {
  readonly stationId: string;
  readonly secret: string;
  readonly validitySeconds: number;
  readonly length: number;
}

/** Codes on the screens of chargers; durability and errors are those of the whole ledger. */
export interface ScreenCodeStore {
  /** Adds or replaces. Durable on return. @returns whether there is such a station */
  putScreenCode(settings: StoredScreenCode & { readonly atMs: number }): Promise<boolean>;
  findScreenCode(stationId: string): Promise<StoredScreenCode | null>;
  /** Notes that a code was used. Older ones are forgotten. Durable on return. @returns whether it was the first time */
  takeScreenCode(code: {
    readonly stationId: string;
    readonly stationEvse: number;
    readonly interval: number;
  }): Promise<boolean>;
}
