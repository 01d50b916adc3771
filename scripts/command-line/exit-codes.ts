import type { ErrorCode } from "../../services/errors.ts";

/**
 * The one table of exit codes: how every command of this project ends. README and handbook show it, and a test compares
 * them. What it was, the error's code says.
 */
export const exitCode = {
  done: 0,
  /** Something is not as expected: the contract refuses, a record proves nothing, a check fails, sums differ. */
  differs: 1,
  /** Usage, something that cannot be reached or read, a key that is missing, a fault of ours. */
  notDone: 2,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The table in words, as help and documents show it. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  [exitCode.done]: "done and as expected",
  [exitCode.differs]: "done, and something differs or is refused",
  [exitCode.notDone]: "could not be done",
};

/** The errors after which nothing is known about what was asked. */
const notDone: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "USAGE_INVALID",
  "CONFIGURATION_INVALID",
  "INTERNAL",
  "INTERRUPTED",
  // What was given cannot be read.
  "INPUT_UNREADABLE",
  "ARCHIVE_UNUSABLE",
  "MANIFEST_INVALID",
  "OCMF_INPUT_UNREADABLE",
  "OCMF_MANIFEST_INVALID",
  "RECEIPT_UNREADABLE",
  "DOSSIER_UNREADABLE",
  "DOSSIER_INCOMPLETE",
  "SESSIONS_FILE_INVALID",
  "DEPLOYMENT_INVALID",
  "JOURNAL_INVALID",
  "LOCAL_CHAIN_DIVERGED",
  "ERC20_UNSUITABLE",
  "RESOLUTION_INVALID",
  "RESCAN_RANGE_INVALID",
  "OPERATOR_KEY_INVALID",
  // What is needed is not there.
  "KEY_UNAVAILABLE",
  "CONTRACT_NOT_COMPILED",
  "FUZZING_FAILED",
  "OCMF_ON_CHAIN_UNAVAILABLE",
  "DATA_FOLDER_IN_USE",
  "STORE_UNAVAILABLE",
  "STORE_CORRUPT",
  "STORE_FOREIGN",
  "STORE_OF_OLDER_CONTRACTS",
  "STORE_MISSING",
  "STORE_INCOMPLETE",
  "STORE_CONTENDED",
  // The chain does not answer, or not the whole of it.
  "CHAIN_UNAVAILABLE",
  "CHAIN_EVENTS_MISSING",
  "CHAIN_MISMATCH",
  "CHAIN_UNSUITABLE",
  "DEMO_CHAIN_ONLY",
  "TRANSACTION_FAILED",
  // The service or a charger cannot be asked.
  "SERVICE_UNREACHABLE",
  "SERVICE_NOT_READY",
  "SERVICE_OVERLOADED",
  "OPERATOR_UNAUTHENTICATED",
  "SESSION_UNAUTHENTICATED",
  "CLIENT_RATE_EXCEEDED",
  "STATION_OFFLINE",
  "STATION_BUSY",
  "STATION_TIMEOUT",
  "OCPP_ACTION_UNKNOWN",
  "OCPP_PAYLOAD_INVALID",
]);

/** With which code a command ends after an error of the catalogue. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return notDone.has(code) ? exitCode.notDone : exitCode.differs;
}
