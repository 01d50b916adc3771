import { useEffect, useState } from "preact/hooks";
import type { z } from "zod";

import { askOperator, KeyRefusedError, RefusalError } from "../operator-client.ts";
import { addressOf, type Part } from "../use-answer.ts";
import { evidenceSchema } from "./evidence-answer.ts";

type Answer = z.infer<typeof evidenceSchema>;

/** The service works it out anew this often at most. */
const roundMs = 30_000;
/** While it is worked out for the first time, or the service is away. */
const retryMs = 3_000;
const notReady = "SERVICE_NOT_READY";

/** Reads the operator's evidence again and again while the page can be seen. What cannot be read stays as it was. */
export function useEvidence(key: string, operator: string | null, onKeyRefused: () => void): Part<Answer> {
  const [part, setPart] = useState<Part<Answer>>({ value: null, problem: null });

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setPart({ value: null, problem: null });

    async function round(): Promise<void> {
      clearTimeout(timer);
      const path = addressOf("/v1/operator/evidence", { operator });
      let pauseMs = roundMs;
      try {
        const value = await askOperator(path, key, evidenceSchema, stop.signal);
        if (!stop.signal.aborted) setPart({ value, problem: null });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof KeyRefusedError) {
          onKeyRefused();
          return;
        }
        pauseMs = retryMs;
        // That the service does not answer at all is said above everything.
        const problem = error instanceof RefusalError && error.code !== notReady ? error.code : null;
        setPart((last) => ({ ...last, problem }));
      }
      timer = setTimeout(() => void roundIfSeen(), pauseMs);
    }

    async function roundIfSeen(): Promise<void> {
      if (!document.hidden && !stop.signal.aborted) await round();
    }

    const onVisible = (): void => void roundIfSeen();
    document.addEventListener("visibilitychange", onVisible);
    void round();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [key, operator]);

  return part;
}
