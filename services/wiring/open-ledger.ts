import type { ServiceConfig } from "../config/config.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import { openPostgresStore } from "../store/postgres/postgres-store.ts";
import { checkLedger } from "../store/sqlite/check-ledger.ts";
import { lockFolder } from "../store/sqlite/database.ts";
import { hasLedger, requireLedger, tightenFolder } from "../store/sqlite/ledger-folder.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { LedgerIdentity, Store } from "../store/store.ts";
import { watchStore } from "../store/watch-store.ts";

/** The ledger of a service: in a folder for it alone, in PostgreSQL for all its replicas. */
export interface Ledger {
  readonly store: Store;
  /** Closes the store and gives the ledger back. */
  close(): Promise<void>;
}

interface LedgerDeps {
  /** In place of SQLite, in a folder. */
  readonly openStore?: (folder: string) => Store;
  readonly owner: LedgerIdentity;
  readonly desk: OperatorDesk;
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
}

/** A store, and what keeps others from its folder until it is released. */
interface OwnStore {
  readonly store: Store;
  readonly release: () => Promise<void>;
}

/**
 * Opens the ledger of a service: the right one, whole, and in a folder nobody else's.
 * @throws STORE_MISSING, STORE_UNAVAILABLE with the reason, STORE_CORRUPT, STORE_FOREIGN, STORE_OF_OLDER_CONTRACTS
 */
export async function openLedger(
  config: Pick<ServiceConfig, "dataPath" | "postgres" | "isInit" | "formerOracle">,
  deps: LedgerDeps,
): Promise<Ledger> {
  const { desk, owner } = deps;
  const { store, release } = await openOwnStore(config, deps);
  try {
    const outcome = await store.claimLedger(owner, config.formerOracle);
    if (outcome !== "known") desk.note("ledger-named", { outcome, ...owner });
    return {
      store: watchStore(store, desk, deps.elapsedMs),
      async close() {
        await store.close();
        await release();
      },
    };
  } catch (error) {
    await store.close();
    await release();
    throw error;
  }
}

async function openOwnStore(
  { dataPath, postgres, isInit }: Pick<ServiceConfig, "dataPath" | "postgres" | "isInit">,
  deps: LedgerDeps,
): Promise<OwnStore> {
  if (postgres !== null) return openDatabase(postgres, isInit);
  return openFolder(dataPath, isInit, deps);
}

// A store in a folder opens at once; what it throws is to reject all the same.
// eslint-disable-next-line @typescript-eslint/require-await
async function openFolder(folder: string, isInit: boolean, deps: LedgerDeps): Promise<OwnStore> {
  const { desk } = deps;
  if (!isInit) requireLedger(folder);
  const lock = lockFolder(folder);
  try {
    const tightened = tightenFolder(folder);
    if (tightened.length > 0) desk.note("data-folder-tightened", { paths: tightened });
    if (hasLedger(folder)) {
      checkLedger(
        folder,
        ({ code, detail }) => {
          desk.alert("store-damaged", { code, detail });
        },
        deps.signal,
      );
    }
    return {
      store: (deps.openStore ?? openSqliteStore)(folder),
      release() {
        lock.release();
        return Promise.resolve();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Replicas share it, each as the leases say (`ReplicaStore`). */
async function openDatabase(postgres: NonNullable<ServiceConfig["postgres"]>, isInit: boolean): Promise<OwnStore> {
  const store = await openPostgresStore(postgres.target, postgres.pool, { isInit });
  return { store, release: () => Promise.resolve() };
}
