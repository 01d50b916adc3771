import { setTimeout as wait } from "node:timers/promises";

import { WattproofError } from "../../errors.ts";

/** A peer's connection is answered within this time, ready or not. */
const patienceMs = 20_000;
/** Works that are remembered for those who ask again. */
const rememberedWorks = 16;

/**
 * Does one work at a time, since each may read the whole ledger, and lets those who ask for one that takes long ask again.
 * @returns the work of this key: begun now, or before
 */
export function createPatientWorks<Result>(): (key: string, work: () => Promise<Result>) => Promise<Result> {
  const works = new Map<string, Promise<Result>>();
  let isBusy = false;

  function begin(key: string, work: () => Promise<Result>): Promise<Result> {
    if (isBusy) throw new WattproofError("SERVICE_NOT_READY", "Another dossier is being verified.");
    isBusy = true;
    const begun = work().finally(() => {
      isBusy = false;
    });
    // What failed is told to who asks next, and may be tried again after that.
    begun.catch(() => undefined);
    const oldest = works.keys().next();
    if (works.size >= rememberedWorks && oldest.done !== true) works.delete(oldest.value);
    works.set(key, begun);
    return begun;
  }

  /** @throws SERVICE_NOT_READY while it is at work, and what the work throws */
  return async (key, work) => {
    const begun = works.get(key) ?? begin(key, work);
    const timer = new AbortController();
    try {
      const late = wait(patienceMs, null, { signal: timer.signal }).catch(() => null);
      const result = await Promise.race([begun, late]);
      if (result === null) throw new WattproofError("SERVICE_NOT_READY", "The records are being verified.");
      return result;
    } catch (error) {
      const isAtWork = error instanceof WattproofError && error.code === "SERVICE_NOT_READY";
      if (!isAtWork) works.delete(key);
      throw error;
    } finally {
      timer.abort();
    }
  };
}
