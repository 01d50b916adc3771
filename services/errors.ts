/**
 * The catalogue of errors. Every error that leaves a module of this service is one of these; a code is stable and may
 * be relied on by callers. `httpStatus` is what the HTTP door answers, `retryable` tells the caller whether the same
 * request can succeed later.
 */
export const errorCatalogue = {
  CONFIGURATION_INVALID: { httpStatus: 500, isRetryable: false, title: "The configuration is not valid." },
  INTERNAL: { httpStatus: 500, isRetryable: true, title: "An unexpected error; nothing was changed." },
} as const satisfies Record<string, { httpStatus: number; isRetryable: boolean; title: string }>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;

/** An error of the catalogue, with what the reader needs to act on it in `detail`. */
export class WattproofError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly isRetryable: boolean;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.name = "WattproofError";
    this.code = code;
    this.detail = detail;
    this.isRetryable = errorCatalogue[code].isRetryable;
  }
}
