import type { Interface } from "ethers";
import { z } from "zod";

// In the order of the contract's enums (IChargingSettlement).
const settlementRefusals = [
  "NONE",
  "NO_LIVE_SESSION",
  "TERMS_MISMATCH",
  "QUORUM_TOO_LATE",
  "TIME_OUT_OF_BOUNDS",
  "ENERGY_ABOVE_POWER",
  "EPOCH_LIMIT_REACHED",
];
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

/** Why a call was refused: the name of the contract's error as a code; `TOKEN_REFUSED` for one that is none of ours. */
export function revertReasonOf(revertData: string | null, interfaces: readonly Interface[]): string {
  if (revertData === null) return "UNKNOWN";
  for (const known of interfaces) {
    const error = known.parseError(revertData);
    if (error?.name === "OpeningRefused") return openingRefusalOf(z.bigint().parse(error.args.getValue("reason")));
    if (error !== null) return error.name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  }
  return "TOKEN_REFUSED";
}
