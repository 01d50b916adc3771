import type { CatalogueEntries } from "./errors/catalogue-entry.ts";
import { chargeDetailRecordErrors } from "./errors/charge-detail-records.ts";
import { commandErrors } from "./errors/commands.ts";
import { dossierErrors } from "./errors/dossiers.ts";
import { drivingErrors } from "./errors/driving.ts";
import { entranceErrors } from "./errors/entrance.ts";
import { evidenceErrors } from "./errors/evidence.ts";
import { marketErrors } from "./errors/market.ts";
import { settlementErrors } from "./errors/settlement.ts";
import { signedRecordErrors } from "./errors/signed-records.ts";
import { signedValueErrors } from "./errors/signed-values.ts";

/**
 * The catalogue of errors. Every error that leaves a module of this service is one of these. A code is stable: callers
 * may rely on it. Each file in `errors/` holds the codes of a few rooms, and no code stands in two.
 */
export const errorCatalogue = {
  CONFIGURATION_INVALID: { httpStatus: 500, isRetryable: false, title: "The configuration is not valid." },
  INTERNAL: { httpStatus: 500, isRetryable: true, title: "An unexpected error; nothing was changed." },
  ...entranceErrors,
  ...drivingErrors,
  ...evidenceErrors,
  ...settlementErrors,
  ...signedRecordErrors,
  ...signedValueErrors,
  ...commandErrors,
  ...chargeDetailRecordErrors,
  ...dossierErrors,
  ...marketErrors,
} as const satisfies CatalogueEntries;

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
