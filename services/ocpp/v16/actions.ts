import { acknowledged, answered, heartbeat, type StationAction } from "../action.ts";
import { authorize } from "./authorize.ts";
import { bootNotification } from "./boot-notification.ts";
import { meterValues } from "./meter-values.ts";
import { startTransaction } from "./start-transaction.ts";
import { statusNotification } from "./status-notification.ts";
import { stopTransaction } from "./stop-transaction.ts";

/** What stations of OCPP 1.6 may call: edition 2 with the security extensions of its whitepaper. */
export const actions16: readonly StationAction[] = [
  authorize,
  bootNotification,
  answered("DataTransfer", { status: "UnknownVendorId" }),
  heartbeat,
  meterValues,
  // The service is no certificate authority.
  answered("SignCertificate", { status: "Rejected" }),
  startTransaction,
  statusNotification,
  stopTransaction,
  ...acknowledged(
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignedFirmwareStatusNotification",
  ),
];
