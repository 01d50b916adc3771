import { acknowledged, answered, heartbeat, type StationAction } from "../action.ts";
import { authorize } from "./authorize.ts";
import { bootNotification } from "./boot-notification.ts";
import { meterValues } from "./meter-values.ts";
import { notifySettlement } from "./notify-settlement.ts";
import { statusNotification } from "./status-notification.ts";
import { transactionEvent } from "./transaction-event.ts";
import { vatNumberValidation } from "./vat-number-validation.ts";

/** What stations of 2.0.1 may call. */
export const actions20: readonly StationAction[] = [
  authorize,
  bootNotification,
  answered("DataTransfer", { status: "UnknownVendorId" }),
  // No other authority is asked; the vehicle's contract is compared with the one that is bound (Authorize).
  answered("Get15118EVCertificate", { status: "Failed", exiResponse: "" }),
  answered("GetCertificateStatus", { status: "Failed" }),
  heartbeat,
  meterValues,
  // Smart charging by the vehicle's needs is not offered, and the station goes on without.
  answered("NotifyEVChargingNeeds", { status: "Rejected" }),
  answered("NotifyEVChargingSchedule", { status: "Rejected" }),
  // The service is no certificate authority.
  answered("SignCertificate", { status: "Rejected" }),
  statusNotification,
  transactionEvent,
  ...acknowledged(
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
  ),
];

/**
 * What stations of 2.1 may call. What only informs is kept and acknowledged; what asks for something that is not offered is
 * refused in the words of its own answer.
 */
export const actions21: readonly StationAction[] = [
  ...actions20,
  answered("OpenPeriodicEventStream", { status: "Rejected" }),
  answered("PullDynamicScheduleUpdate", { status: "Rejected" }),
  notifySettlement,
  vatNumberValidation,
  ...acknowledged(
    "BatterySwap",
    "ClosePeriodicEventStream",
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "NotifyPriorityCharging",
    "ReportDERControl",
  ),
];

/** What stations of 2.1 may call by the specification, and what is answered as not supported. */
export const unsupported21: readonly string[] = ["GetCertificateChainStatus", "NotifyPeriodicEventStream"];
