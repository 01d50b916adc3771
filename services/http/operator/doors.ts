import type { HttpDoor } from "../door.ts";
import { createActionsDoor } from "./actions.ts";
import { createBoardDoors, type BoardDeps } from "./board.ts";
import { createCardPaymentDoors, type CardPaymentsDeps } from "./card-payments.ts";
import { createDriverGroupDoors } from "./driver-groups.ts";
import { createDossierDoors, type DossierDeps } from "./dossiers.ts";
import { createEvidenceDoor, type EvidenceDeps } from "./evidence.ts";
import { createDossierUploadDoor, type DossierUploadDeps } from "./dossier-uploads.ts";
import { createIdTokenDoors } from "./id-tokens.ts";
import { createLivenessDoors } from "./liveness-doors.ts";
import { createMeterPossessionDoors } from "./meter-possessions.ts";
import { createMeterTimeDoors, type MeterTimeDeps } from "./meter-times.ts";
import { createOperatorKeyDoors, type OperatorKeyDeps } from "./operator-keys.ts";
import { createParkedFrameDoors } from "./parked-frames.ts";
import { recordCommands } from "./record-commands.ts";
import { createRefundDoor, type RefundDeps } from "./refunds.ts";
import { createReplicasDoor, type ReplicasDeps } from "./replicas.ts";
import { retrySettlement, type RetryDeps } from "./settlement-retry.ts";
import { createStatementDoors, type StatementDeps } from "./statements.ts";
import { createScreenCodeDoor, type ScreenCodeDeps } from "./screen-codes.ts";
import { createStationSetUpDoors, type StationSetUpDeps } from "./station-set-up.ts";
import { createStationDoors, type StationsDeps } from "./stations.ts";
import { createTariffAssignmentDoors } from "./tariff-assignments.ts";
import { createTariffPlanDoors } from "./tariff-plans.ts";

/** What the operator sees and orders, with a key of the operator. */
export function operatorDoors(
  deps: StationsDeps &
    RetryDeps &
    CardPaymentsDeps &
    OperatorKeyDeps &
    RefundDeps &
    ScreenCodeDeps &
    StationSetUpDeps &
    MeterTimeDeps &
    BoardDeps &
    DossierDeps &
    StatementDeps &
    ReplicasDeps &
    EvidenceDeps &
    DossierUploadDeps &
    Parameters<typeof createLivenessDoors>[0] &
    Parameters<typeof createIdTokenDoors>[0] &
    Parameters<typeof createMeterPossessionDoors>[0] &
    Parameters<typeof createParkedFrameDoors>[0] &
    Parameters<typeof createTariffPlanDoors>[0],
): readonly HttpDoor[] {
  const doors: readonly HttpDoor[] = [
    { path: "/v1/sessions/:sessionId/settlement-retry", method: "POST", handler: retrySettlement(deps) },
    ...createStationDoors(deps),
    ...createStationSetUpDoors(deps),
    createScreenCodeDoor(deps),
    ...createLivenessDoors(deps),
    ...createOperatorKeyDoors(deps),
    createActionsDoor(deps),
    createRefundDoor(deps),
    createReplicasDoor(deps),
    ...createIdTokenDoors(deps),
    ...createMeterPossessionDoors(deps),
    ...createParkedFrameDoors(deps),
    ...createCardPaymentDoors(deps),
    ...createTariffAssignmentDoors(deps),
    ...createTariffPlanDoors(deps),
    ...createDriverGroupDoors(deps),
    ...createMeterTimeDoors(deps),
    ...createBoardDoors(deps),
    createEvidenceDoor(deps),
    ...createDossierDoors(deps),
    ...createStatementDoors(deps),
    createDossierUploadDoor(deps),
  ];
  return doors.map((door) => recordCommands(door, deps));
}
