// In the order of the contract's enums (IChargingSettlement).
const settlementRefusals = ["NONE", "NO_LIVE_SESSION", "TERMS_MISMATCH", "ENERGY_ABOVE_POWER", "EPOCH_LIMIT_REACHED"];
const openingRefusals = [
  "NONE",
  "TARIFF_NOT_OFFERED",
  "AGREEMENT_NOT_BINDING",
  "SIGNATURE_INVALID",
  "SESSION_LIVE",
  "NONCE_MISMATCH",
  "NONCE_EXHAUSTED",
  "HOLD_ZERO",
  "HOLD_ABOVE_BALANCE",
  "EXPIRY_PASSED",
  "EXPIRY_TOO_LATE",
];

/** Why the contract did not open a session: a code. */
export function openingRefusalOf(reason: bigint): string {
  return openingRefusals[Number(reason)] ?? `REASON_${reason}`;
}

/** Why the contract did not settle a session: a code. */
export function settlementRefusalOf(reason: bigint): string {
  return settlementRefusals[Number(reason)] ?? `REASON_${reason}`;
}
