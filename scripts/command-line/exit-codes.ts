import type { ErrorCode } from "../../services/errors.ts";
import { exitCodes } from "./command.ts";

/** How the program ends, by the one table of all commands. What it was, the error's code says. */
export const exitCode = {
  done: exitCodes.asExpected,
  /** The thing that was asked is refused or not so: the contract refuses, a record proves nothing, a check fails. */
  refused: exitCodes.differs,
  /** Usage, something that cannot be reached, a key that is missing, a fault of ours. */
  notDone: exitCodes.notDone,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The errors after which nothing is known about what was asked. */
const notDone: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "USAGE_INVALID",
  "INPUT_UNREADABLE",
  "RECEIPT_UNREADABLE",
  "DEPLOYMENT_INVALID",
  "CONTRACT_NOT_COMPILED",
  "CHAIN_UNAVAILABLE",
  "RESOLUTION_INVALID",
  "RESCAN_RANGE_INVALID",
  "CHAIN_EVENTS_MISSING",
  "SERVICE_UNREACHABLE",
  "SERVICE_NOT_READY",
  "SERVICE_OVERLOADED",
  "STORE_UNAVAILABLE",
  "KEY_UNAVAILABLE",
  "OPERATOR_UNAUTHENTICATED",
  "SESSION_UNAUTHENTICATED",
  "CLIENT_RATE_EXCEEDED",
  "INTERNAL",
]);

/** With which code the program ends after an error of the catalogue. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return notDone.has(code) ? exitCode.notDone : exitCode.refused;
}
