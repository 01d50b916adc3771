import type { ErrorCode } from "../../../services/errors.ts";

/** How the program ends. Documented in docs/operator.md. */
export const exitCode = {
  done: 0,
  /** The thing that was asked is refused or not so: the contract refuses, a record proves nothing, a check fails. */
  refused: 1,
  /** Wrong usage, or input that cannot be read. Nothing was asked of anybody. */
  usage: 2,
  /** Chain or service cannot be reached, or cannot answer now; the same command can succeed later. */
  unreachable: 3,
  /** The key that has to sign cannot be had. */
  noKey: 4,
  /** A fault of this program. */
  fault: 70,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

const byCode: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE_INVALID: exitCode.usage,
  INPUT_UNREADABLE: exitCode.usage,
  RECEIPT_UNREADABLE: exitCode.usage,
  DEPLOYMENT_INVALID: exitCode.usage,
  CONTRACT_NOT_COMPILED: exitCode.usage,
  CHAIN_UNAVAILABLE: exitCode.unreachable,
  SERVICE_UNREACHABLE: exitCode.unreachable,
  SERVICE_NOT_READY: exitCode.unreachable,
  SERVICE_OVERLOADED: exitCode.unreachable,
  STORE_UNAVAILABLE: exitCode.unreachable,
  KEY_UNAVAILABLE: exitCode.noKey,
  OPERATOR_UNAUTHENTICATED: exitCode.noKey,
  INTERNAL: exitCode.fault,
};

/** With which code the program ends after an error of the catalogue. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return byCode[code] ?? exitCode.refused;
}
