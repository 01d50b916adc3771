import { setTimeout as sleep } from "node:timers/promises";

/** Waits. An abort only ends the wait; whoever waits looks at what has changed. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
