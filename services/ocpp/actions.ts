import type { OcppProtocol } from "../store/ocpp.ts";
import { actionNamesOf } from "./schemas.ts";

/** Who may call. An action that is in neither list of a version does not exist in it. */
export interface ActionLists {
  readonly fromStation: ReadonlySet<string>;
  readonly fromService: ReadonlySet<string>;
}

/**
 * Messages that carry what is paid for. A station drops one that was answered with a CALLERROR too often, so these are
 * always taken, whatever is wrong with them.
 */
const transactionActions: Readonly<Record<OcppProtocol, ReadonlySet<string>>> = {
  "ocpp1.6": new Set(["StartTransaction", "StopTransaction", "MeterValues"]),
  "ocpp2.0.1": new Set(["TransactionEvent", "MeterValues"]),
  "ocpp2.1": new Set(["TransactionEvent", "MeterValues"]),
};

/** Edition 2 of 1.6 with the security extensions of its whitepaper. */
const stationActions16 = [
  "Authorize",
  "BootNotification",
  "DataTransfer",
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "Heartbeat",
  "LogStatusNotification",
  "MeterValues",
  "SecurityEventNotification",
  "SignCertificate",
  "SignedFirmwareStatusNotification",
  "StartTransaction",
  "StatusNotification",
  "StopTransaction",
];

const stationActions20 = [
  "Authorize",
  "BootNotification",
  "ClearedChargingLimit",
  "FirmwareStatusNotification",
  "Get15118EVCertificate",
  "GetCertificateStatus",
  "Heartbeat",
  "LogStatusNotification",
  "MeterValues",
  "NotifyChargingLimit",
  "NotifyCustomerInformation",
  "NotifyDisplayMessages",
  "NotifyEVChargingNeeds",
  "NotifyEVChargingSchedule",
  "NotifyEvent",
  "NotifyMonitoringReport",
  "NotifyReport",
  "PublishFirmwareStatusNotification",
  "ReportChargingProfiles",
  "ReservationStatusUpdate",
  "SecurityEventNotification",
  "SignCertificate",
  "StatusNotification",
  "TransactionEvent",
];

const stationActions21 = [
  ...stationActions20,
  "BatterySwap",
  "GetCertificateChainStatus",
  "NotifyDERAlarm",
  "NotifyDERStartStop",
  "NotifyPeriodicEventStream",
  "NotifyPriorityCharging",
  "NotifySettlement",
  "NotifyWebPaymentStarted",
  "OpenPeriodicEventStream",
  "ClosePeriodicEventStream",
  "PullDynamicScheduleUpdate",
  "ReportDERControl",
  "VatNumberValidation",
];

/** DataTransfer goes both ways. */
function listsOf(all: readonly string[], fromStation: readonly string[]): ActionLists {
  const stations = new Set(fromStation);
  return {
    fromStation: new Set([...fromStation, "DataTransfer"]),
    fromService: new Set(all.filter((action) => !stations.has(action) || action === "DataTransfer")),
  };
}

const lists: Readonly<Record<OcppProtocol, ActionLists>> = {
  "ocpp1.6": listsOf(actionNamesOf("ocpp1.6"), stationActions16),
  "ocpp2.0.1": listsOf(actionNamesOf("ocpp2.0.1"), stationActions20),
  "ocpp2.1": listsOf(actionNamesOf("ocpp2.1"), stationActions21),
};

export function actionsOf(protocol: OcppProtocol): ActionLists {
  return lists[protocol];
}

export function isTransactionAction(protocol: OcppProtocol, action: string): boolean {
  return transactionActions[protocol].has(action);
}
