import { WattproofError } from "../../errors.ts";
import type { Fence } from "../replicas.ts";
import type { Store } from "../store.ts";
import { createAccess, type Access } from "./access.ts";
import { createChainStore } from "./chain.ts";
import { createChargingStore } from "./charging.ts";
import { openDatabase } from "./database.ts";
import { createDisputeStore } from "./disputes.ts";
import { createDossierStore } from "./dossiers.ts";
import { createSignedEvidenceStore } from "./signed-evidence.ts";
import { createEvidenceStore } from "./evidence.ts";
import { createFencedAccess } from "./fences.ts";
import { createFramePlaces, type FramePlaces } from "./frame-places.ts";
import { createGroupCommit } from "./group-commit.ts";
import { createIdentityStore } from "./identity.ts";
import { createLivenessStore } from "./liveness.ts";
import { createMessageStore } from "./messages.ts";
import { createOcppFrameStore } from "./ocpp-frames.ts";
import { createOcppStationStore } from "./ocpp-stations.ts";
import { createOperatorKeyStore } from "./operator-keys.ts";
import { createOperatorStore } from "./operator.ts";
import { createPossessionStore } from "./possessions.ts";
import { createRelayStore } from "./relay.ts";
import { createReplicaStore } from "./replicas.ts";
import { createSessionStore } from "./sessions.ts";
import { createSettlementStore } from "./settlement.ts";
import { createDamageLatch } from "./sqlite-errors.ts";
import { createStationStore } from "./stations.ts";
import { createStepStore } from "./steps.ts";
import { createTariffStore } from "./tariffs.ts";
import { createTokenStore } from "./tokens.ts";
import { createViewKeyStore } from "./view-keys.ts";

/**
 * The ledger in one SQLite file, `wattproof.sqlite`, of a folder.
 * @param now The clock that judges what has run out, in milliseconds.
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT
 */
export function openSqliteStore(folder: string, now: () => number = Date.now): Store {
  const database = openDatabase(folder);
  const latch = createDamageLatch();
  const commits = createGroupCommit(database, latch);
  const access = createAccess(database, commits, latch);
  const places = createFramePlaces(access);

  const whole = {
    ...createReplicaStore(access, places, now),
    ...createIdentityStore(access),
    async probe() {
      const value = await access.write(() => {
        access.run(
          `INSERT INTO probe (only_row, value) VALUES (1, 1)
           ON CONFLICT (only_row) DO UPDATE SET value = (value + 1) % 1000000`,
        );
        return access.get("SELECT value FROM probe")?.["value"];
      });
      if (typeof value !== "number") throw new WattproofError("STORE_UNAVAILABLE", "The store does not keep a value.");
    },
    async close() {
      await commits.close();
      if (database.isOpen) database.close();
    },
    fenced: (fenceOf: () => Fence | null): Store => ({
      ...createParts(createFencedAccess(access, fenceOf), places),
      ...whole,
    }),
  };
  return { ...createParts(access, places), ...whole };
}

/** Everything that is written by `access`. */
function createParts(access: Access, places: FramePlaces) {
  return {
    ...createStationStore(access),
    ...createMessageStore(access),
    ...createEvidenceStore(access),
    ...createSessionStore(access),
    ...createStepStore(access),
    ...createChainStore(access),
    ...createSettlementStore(access),
    ...createDisputeStore(access),
    ...createSignedEvidenceStore(access),
    ...createOcppFrameStore(access, places),
    ...createOcppStationStore(access),
    ...createChargingStore(access),
    ...createTokenStore(access),
    ...createOperatorStore(access),
    ...createOperatorKeyStore(access),
    ...createViewKeyStore(access),
    ...createRelayStore(access),
    ...createTariffStore(access),
    ...createLivenessStore(access),
    ...createPossessionStore(access),
    ...createDossierStore(access),
  };
}
