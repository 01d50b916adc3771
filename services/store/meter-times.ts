/** That a meter's time may be used for prices, and on what that rests. */
export interface MeterTimeApproval {
  /** Number of the meter in the registry. */
  readonly meter: number;
  /** In the operator's words: the certificate or the type approval that says so. */
  readonly reference: string;
  /** By the service's clock, in milliseconds since 1970. */
  readonly approvedAtMs: number;
  readonly approvedBy: string;
}

/** Which meters' times are approved for prices; durability and errors are those of the whole ledger. */
export interface MeterTimeStore {
  /** Adds the approval or replaces it. Durable on return. */
  approveMeterTime(approval: MeterTimeApproval): Promise<void>;
  /** Durable on return. @returns whether there was one */
  withdrawMeterTime(meter: number): Promise<boolean>;
  findMeterTime(meter: number): Promise<MeterTimeApproval | null>;
  /** A page by number. */
  listMeterTimes(afterMeter: number, limit: number): Promise<readonly MeterTimeApproval[]>;
}
