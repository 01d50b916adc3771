import type { ServiceConfig } from "../../config/config.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { LedgerIdentity, Store } from "../store.ts";
import { watchStore } from "../watch-store.ts";
import { checkLedger } from "./check-ledger.ts";
import { lockFolder } from "./database.ts";
import { hasLedger, requireLedger, tightenFolder } from "./ledger-folder.ts";

/** The ledger of a service, for it alone. */
export interface Ledger {
  readonly store: Store;
  /** Closes the store and gives the folder back. */
  close(): Promise<void>;
}

/**
 * Opens the ledger of a service: the right one, whole, and nobody else's.
 * @throws STORE_MISSING, STORE_UNAVAILABLE with the reason, STORE_CORRUPT, STORE_FOREIGN, STORE_OF_OLDER_CONTRACTS
 */
export async function openLedger(
  { dataPath, isInit, formerOracle }: Pick<ServiceConfig, "dataPath" | "isInit" | "formerOracle">,
  deps: {
    readonly openStore: (folder: string) => Store;
    readonly owner: LedgerIdentity;
    readonly desk: OperatorDesk;
    readonly elapsedMs: () => number;
    readonly signal: AbortSignal;
  },
): Promise<Ledger> {
  const { desk, owner } = deps;
  if (!isInit) requireLedger(dataPath);
  const lock = lockFolder(dataPath);
  let store: Store | null = null;
  try {
    const tightened = tightenFolder(dataPath);
    if (tightened.length > 0) desk.note("data-folder-tightened", { paths: tightened });
    if (hasLedger(dataPath)) {
      checkLedger(
        dataPath,
        ({ code, detail }) => {
          desk.alert("store-damaged", { code, detail });
        },
        deps.signal,
      );
    }
    store = deps.openStore(dataPath);
    const outcome = await store.claimLedger(owner, formerOracle);
    if (outcome !== "known") desk.note("ledger-named", { outcome, ...owner });
    const opened = store;
    return {
      store: watchStore(opened, desk, deps.elapsedMs),
      async close() {
        await opened.close();
        lock.release();
      },
    };
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}
