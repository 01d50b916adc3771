import type { ErrorCode } from "../../../errors.ts";
import type { Refusal, Unsupported } from "./types.ts";

/** Carries a refusal from the rule that found it to the edge of the verifier; it never leaves this folder. */
export class VerdictSignal extends Error {
  readonly outcome: Refusal | Unsupported;

  constructor(outcome: Refusal | Unsupported) {
    super(`${outcome.reason}: ${outcome.detail}`);
    this.name = "VerdictSignal";
    this.outcome = outcome;
  }
}

/** Ends the reading of a record: it must not be billed. */
export function refuse(reason: ErrorCode, detail: string): never {
  throw new VerdictSignal({ verdict: "refused", reason, detail });
}

/** Ends the reading of a record: nothing can be said about it, because something it uses is not implemented. */
export function answerUnsupported(reason: ErrorCode, detail: string): never {
  throw new VerdictSignal({ verdict: "unsupported", reason, detail });
}

/** Runs `judge` and turns a refusal inside it into its return value. Every other error passes through. */
export function withVerdict<T>(judge: () => T): T | Refusal | Unsupported {
  try {
    return judge();
  } catch (error) {
    if (error instanceof VerdictSignal) return error.outcome;
    throw error;
  }
}

/** Hostile text for a `detail`: quoted, escaped to printable ASCII and cut to a length that fits a log line. */
export function quote(text: string): string {
  const shown = text.length > 48 ? `${text.slice(0, 48)}…` : text;
  return JSON.stringify(shown).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
