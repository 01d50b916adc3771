import type { Cdr } from "./cdr.ts";
import { withHold } from "./cdr.ts";
import type { Closing, SessionState } from "./session.ts";

/**
 * What is done about a settlement by oracles: challenge it with a record, or show the records behind it. Older stores know
 * of a conclusion, too; nothing does that any more.
 */
export type DisputeAct = "challenge" | "answer" | "conclude";

/** Where an act is. `given-up`: it could not be done, and why is kept. */
export type DisputeActStatus = "due" | "prepared" | "done" | "given-up";

/** Something to be done, not before a time. */
export interface DisputeActSeed {
  readonly sessionId: string;
  readonly act: DisputeAct;
  readonly dueAtMs: number;
}

/** For something to be done without a wait. */
export const dueAtOnceMs = 0;

/** The session was settled, and its meter's word, as far as it is here, costs the driver less. */
export function isContradicted(
  closing: Closing | null,
  cdr: Cdr | null,
  { stage, dispute, challenge }: Pick<SessionState, "stage" | "dispute" | "challenge">,
): boolean {
  if (closing?.kind !== "settled" || cdr === null) return false;
  if (stage !== "complete" || dispute !== null) return false;
  const paidMicro = challenge?.provenMicro ?? closing.chargedMicro;
  return withHold(cdr, closing.chargedMicro + closing.returnedMicro).chargedMicro < paidMicro;
}
