import type { Cdr } from "./cdr.ts";
import { withHold } from "./cdr.ts";
import type { Closing, SessionState } from "./session.ts";

/** What can be done about a settlement by oracles, or about a challenge of one. */
export type DisputeAct = "challenge" | "answer" | "conclude";

/** Where an act is. `given-up`: it could not be done, and why is kept. */
export type DisputeActStatus = "due" | "prepared" | "done" | "given-up";

/** Something to be done, not before a time. */
export interface DisputeActSeed {
  readonly sessionId: string;
  readonly act: DisputeAct;
  readonly dueAtMs: number;
}

/** Oracles settled the session, and its meter's word, as far as it is here, gives another price. */
export function isContradicted(
  closing: Closing | null,
  cdr: Cdr | null,
  { stage, dispute, challenge }: Pick<SessionState, "stage" | "dispute" | "challenge">,
): boolean {
  if (closing?.kind !== "settled" || closing.batch === null || cdr === null) return false;
  if (stage !== "complete" || dispute !== null || challenge !== null) return false;
  return withHold(cdr, closing.chargedMicro + closing.returnedMicro).chargedMicro !== closing.chargedMicro;
}
