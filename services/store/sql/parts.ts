import { WattproofError } from "../../errors.ts";
import type { FrameStore } from "../ocpp.ts";
import type { Fence, ReplicaStore } from "../replicas.ts";
import type { Store } from "../store.ts";
import type { Access } from "./access.ts";
import type { ArchiveStore } from "../archive.ts";
import { createArchiveStore } from "./archive.ts";
import { createNoticeStore } from "./alert-notices.ts";
import { createCardPaymentStore } from "./card-payments.ts";
import { createChainStore } from "./chain.ts";
import { createChargingStore } from "./charging.ts";
import { createDisputeStore } from "./disputes.ts";
import { createDossierStore } from "./dossiers.ts";
import { createEvidenceStore } from "./evidence.ts";
import { createFencedAccess } from "./fences.ts";
import { createIdentityStore } from "./identity.ts";
import { createInvoiceStore } from "./invoices.ts";
import { createLivenessStore } from "./liveness.ts";
import { createMessageStore } from "./messages.ts";
import { createOcppStationStore } from "./ocpp-stations.ts";
import { createOcppTransactionStore } from "./ocpp-transactions.ts";
import { createOperatorStore } from "./operator.ts";
import { createOperatorKeyStore } from "./operator-keys.ts";
import { createPossessionStore } from "./possessions.ts";
import { createRelayStore } from "./relay.ts";
import { createReplicaStore } from "./replicas.ts";
import type { Sharing } from "./sharing.ts";
import { createScreenCodeStore } from "./screen-codes.ts";
import { createSessionStore } from "./sessions.ts";
import { createSettlementStore } from "./settlement.ts";
import { createSignedEvidenceStore } from "./signed-evidence.ts";
import { createStationStore } from "./stations.ts";
import { createSteadyMarkStore } from "./steady-mark.ts";
import { createStepStore } from "./steps.ts";
import { createTariffPlanStore } from "./tariff-plans.ts";
import { createMeterTimeStore } from "./meter-times.ts";
import { createDriverGroupStore } from "./driver-groups.ts";
import { createTariffStore } from "./tariffs.ts";
import { createTokenStore } from "./tokens.ts";
import { createViewKeyStore } from "./view-keys.ts";

/** Each database keeps frames in its own way. */
export type FramePart = Pick<
  FrameStore,
  "commitFrame" | "listFrames" | "listFrameBacklogs" | "findFrameBacklog" | "moveFrameCursors"
>;
/** What a view of a ledger under a lease has in common with the whole: who shares it, what leaves it, whose it is, and its end. */
type SharedPart = ReplicaStore & ArchiveStore & Pick<Store, "claimLedger" | "probe" | "close">;

/** All parts of a store that are written once for every database, and whose writes a lease may stand before. */
export function createParts(access: Access): Omit<Store, keyof FramePart | keyof SharedPart> {
  return {
    ...createStationStore(access),
    ...createMessageStore(access),
    ...createNoticeStore(access),
    ...createEvidenceStore(access),
    ...createSessionStore(access),
    ...createStepStore(access),
    ...createChainStore(access),
    ...createSettlementStore(access),
    ...createDisputeStore(access),
    ...createSignedEvidenceStore(access),
    ...createOcppTransactionStore(access),
    ...createOcppStationStore(access),
    ...createChargingStore(access),
    ...createTokenStore(access),
    ...createCardPaymentStore(access),
    ...createOperatorStore(access),
    ...createOperatorKeyStore(access),
    ...createViewKeyStore(access),
    ...createRelayStore(access),
    ...createTariffStore(access),
    ...createDriverGroupStore(access),
    ...createMeterTimeStore(access),
    ...createTariffPlanStore(access),
    ...createScreenCodeStore(access),
    ...createInvoiceStore(access),
    ...createLivenessStore(access),
    ...createSteadyMarkStore(access),
    ...createPossessionStore(access),
    ...createDossierStore(access),
  };
}

/** What a database brings to a store. */
export interface Database {
  readonly access: Access;
  readonly frames: FramePart;
  readonly sharing: Sharing;
  readonly close: () => Promise<void>;
}

/** The store on a database. */
export function createStore({ access, frames, sharing, close }: Database): Store {
  const whole = {
    ...frames,
    ...createReplicaStore(access, sharing),
    ...createArchiveStore(access, sharing),
    ...createIdentityStore(access),
    async probe() {
      const value = await access.write(() => keepProbe(access));
      if (typeof value !== "number") throw new WattproofError("STORE_UNAVAILABLE", "The store does not keep a value.");
    },
    close,
    fenced: (fenceOf: () => Fence | null): Store => ({
      ...createParts(createFencedAccess(access, fenceOf)),
      ...whole,
    }),
  };
  return { ...createParts(access), ...whole };
}

/** Inside a write: proves that the store keeps a value. */
async function keepProbe(access: Access): Promise<unknown> {
  await access.run(
    `INSERT INTO probe (only_row, value) VALUES (1, 1)
     ON CONFLICT (only_row) DO UPDATE SET value = (probe.value + 1) % 1000000`,
  );
  return (await access.get("SELECT value FROM probe"))?.["value"];
}
