import { WattproofError } from "../../errors.ts";

const endGraceMs = 1_000;

/**
 * Waits for work that was begun; after the signal for a second at most.
 *
 * @throws SERVICE_OVERLOADED if the work takes longer than that
 */
export function orEnd<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => {
        reject(new WattproofError("SERVICE_OVERLOADED", "The service ends before the frame was taken."));
      }, endGraceMs);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    });
  });
}
