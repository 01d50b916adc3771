import { z } from "zod";

const wholeNumberText = z.string().regex(/^[0-9]+$/u);

/** What a charger keeps when the power goes; in the form in which it is written down. */
export const chargerStateSchema = z.strictObject({
  registerMicroWh: wholeNumberText,
  pagination: wholeNumberText,
  /** What is being charged; `null` while nobody is. */
  transaction: z
    .strictObject({
      transactionId: z.string(),
      idTag: z.string(),
      remoteStartId: z.int(),
      /** Of the next event. */
      seqNo: z.int().nonnegative(),
      /** Seconds since 1970; `null` until the plug is in. */
      beganAtSeconds: z.int().nullable(),
      isToStop: z.boolean(),
    })
    .nullable(),
  /** Events that the service has not answered, oldest first. */
  queue: z.array(z.record(z.string(), z.unknown())),
});

/** What a charger keeps when the power goes. */
export type ChargerState = z.infer<typeof chargerStateSchema>;

/** What is being charged. */
export type ChargerTransaction = NonNullable<ChargerState["transaction"]>;

/** As a charger comes from the factory. */
export const newChargerState: ChargerState = { registerMicroWh: "0", pagination: "1", transaction: null, queue: [] };

/** What a charger has in its memory, which is on the disk before anything is told. */
export interface ChargerMemory {
  read(): ChargerState;
  keep(change: Partial<ChargerState>): void;
}

/** @param keepState Puts the state on the disk; when it returns it is there. */
export function createChargerMemory(
  before: ChargerState | null,
  keepState: (state: ChargerState) => void,
): ChargerMemory {
  let state = before ?? newChargerState;
  return {
    read: () => state,
    keep(change) {
      state = { ...state, ...change };
      keepState(state);
    },
  };
}
