import type { CatalogueEntries } from "./catalogue-entry.ts";

/** Commands under scripts/, the operator's program (docs/operator.md) among them. */
export const commandErrors = {
  CONTRACT_NOT_COMPILED: { httpStatus: 500, isRetryable: false, title: "A contract is not compiled." },
  DEPLOYMENT_DIFFERS: {
    httpStatus: 500,
    isRetryable: false,
    title: "What the deployment file names is not what is on the chain.",
  },
  ERC20_UNSUITABLE: { httpStatus: 500, isRetryable: false, title: "The token cannot be settled in." },
  RECEIPT_UNREADABLE: { httpStatus: 500, isRetryable: false, title: "The file is not a receipt that can be read." },
  SESSIONS_FILE_INVALID: { httpStatus: 500, isRetryable: false, title: "The file of sessions cannot be read." },
  TRANSACTION_FAILED: { httpStatus: 500, isRetryable: false, title: "A transaction of a command failed." },
  KEY_UNAVAILABLE: { httpStatus: 500, isRetryable: false, title: "A private key is missing or cannot be read." },
  JOURNAL_INVALID: { httpStatus: 500, isRetryable: false, title: "A journal of a command cannot be read." },
  DATA_FOLDER_IN_USE: {
    httpStatus: 500,
    isRetryable: false,
    title: "The data folder cannot be locked: another process uses it, or it cannot be written.",
  },
  MANIFEST_INVALID: { httpStatus: 500, isRetryable: false, title: "The manifest of records cannot be read." },
  FUZZING_FAILED: { httpStatus: 500, isRetryable: false, title: "The invariants could not be played with forge." },
  // The operator's program (docs/operator.md).
  BACKUP_UNUSABLE: { httpStatus: 422, isRetryable: false, title: "The file is not a backup that can be restored." },
  BACKUP_TARGET_TAKEN: {
    httpStatus: 409,
    isRetryable: false,
    title: "Where a backup or a ledger is to be written, something is already.",
  },
  ARCHIVE_UNUSABLE: {
    httpStatus: 422,
    isRetryable: false,
    title: "A file of the archive cannot be written or read, or is not what was written.",
  },
  MOVE_DIFFERS: {
    httpStatus: 409,
    isRetryable: false,
    title: "What was moved is not what the ledger holds.",
  },
  DEMO_CHAIN_ONLY: {
    httpStatus: 500,
    isRetryable: false,
    title: "Accounts of the demo are known to everybody; they are for the local chain alone.",
  },
  INTERRUPTED: { httpStatus: 500, isRetryable: true, title: "The command was interrupted before it was done." },
  USAGE_INVALID: { httpStatus: 400, isRetryable: false, title: "The command was not used as it is documented." },
  INPUT_UNREADABLE: { httpStatus: 400, isRetryable: false, title: "A file that was given cannot be read." },
  CONTRACT_REFUSED: { httpStatus: 422, isRetryable: false, title: "The contract refuses the call." },
  GAS_MONEY_LACKING: { httpStatus: 422, isRetryable: true, title: "The account cannot pay the gas." },
  REGISTRY_ENTRY_UNKNOWN: { httpStatus: 404, isRetryable: false, title: "The registry has no such entry." },
  METER_KEY_INVALID: { httpStatus: 422, isRetryable: false, title: "The key is not one that a meter can have here." },
  POSSESSION_NOT_AWAITED: { httpStatus: 404, isRetryable: false, title: "No meter is to prove itself with this tag." },
  POSSESSION_RECORD_MISSING: { httpStatus: 409, isRetryable: true, title: "The meter's record has not come yet." },
  POSSESSION_UNPROVEN: { httpStatus: 422, isRetryable: false, title: "Nothing shows that the operator has the meter." },
  EVSE_HAS_METER: { httpStatus: 409, isRetryable: false, title: "The EVSE has an active meter." },
  EVSE_WITHOUT_METER: { httpStatus: 409, isRetryable: false, title: "The EVSE has no active meter." },
  GAS_BUDGET_EXCEEDED: { httpStatus: 422, isRetryable: false, title: "It would take more gas than was allowed." },
  TARIFF_NOT_PRICEABLE: { httpStatus: 422, isRetryable: false, title: "The contract cannot price the tariff." },
  NOTHING_TO_WITHDRAW: { httpStatus: 409, isRetryable: true, title: "There is nothing that can be paid out now." },
  LOCATION_MISSING: { httpStatus: 422, isRetryable: false, title: "Nothing says where the charging point is." },
  PROFILE_DIFFERS: { httpStatus: 409, isRetryable: false, title: "There is another operator's profile already." },
  SERVICE_UNREACHABLE: { httpStatus: 503, isRetryable: true, title: "The service does not answer." },
  LOCAL_CHAIN_DIVERGED: {
    httpStatus: 500,
    isRetryable: false,
    title: "The local chain's journal gives another chain.",
  },
} as const satisfies CatalogueEntries;
