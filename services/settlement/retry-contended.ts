import { WattproofError } from "../errors.ts";

/** A session that moves again while it is computed is computed again at the next look. */
const attemptLimit = 8;

/** Does it again where a session moved meanwhile. @throws STORE_CONTENDED after eight attempts, and anything else at once */
export async function retryContended<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await act();
    } catch (error) {
      const isTransient = error instanceof WattproofError && error.code === "STORE_CONTENDED";
      if (!isTransient || failures >= attemptLimit) throw error;
    }
  }
}
