import { useEffect, useState } from "preact/hooks";
import type { z } from "zod";

import { useDesk } from "./operator-desk.ts";
import { askOperator, KeyRefusedError, RefusalError } from "./operator-client.ts";

/** What was read last, and why it could not be read again. */
export interface Part<Value> {
  readonly value: Value | null;
  /** A code of the service's catalogue. */
  readonly problem: string | null;
}

const roundMs = 5_000;
const retryMs = 2_000;

/**
 * Asks again and again while the page can be seen. What cannot be read stays as it was; another question begins with nothing.
 * @param address Of the service, from its root; `null`: nothing is asked yet.
 * @param turn Another number has it asked at once.
 */
export function useAnswer<Value>(address: string | null, schema: z.ZodType<Value>, turn = 0): Part<Value> {
  const { operatorKey, onKeyRefused, noteAnswer } = useDesk();
  const [part, setPart] = useState<Part<Value> & { readonly of: string | null }>({
    value: null,
    problem: null,
    of: null,
  });

  useEffect(() => {
    if (address === null) return undefined;
    const question = address;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function round(): Promise<void> {
      clearTimeout(timer);
      const isAnswered = await ask();
      if (stop.signal.aborted) return;
      noteAnswer(question, isAnswered);
      timer = setTimeout(() => void roundIfSeen(), isAnswered ? roundMs : retryMs);
    }

    /** @returns whether the service answered */
    async function ask(): Promise<boolean> {
      try {
        const value = await askOperator(question, operatorKey, schema, stop.signal);
        if (!stop.signal.aborted) setPart({ value, problem: null, of: question });
        return true;
      } catch (error) {
        if (stop.signal.aborted) return true;
        if (error instanceof KeyRefusedError) onKeyRefused();
        if (!(error instanceof RefusalError)) return error instanceof KeyRefusedError;
        const { code } = error;
        setPart((last) => ({ value: last.of === question ? last.value : null, problem: code, of: question }));
        return true;
      }
    }

    async function roundIfSeen(): Promise<void> {
      if (!document.hidden) await round();
    }

    const onVisible = (): void => void roundIfSeen();
    document.addEventListener("visibilitychange", onVisible);
    void round();
    return () => {
      stop.abort();
      clearTimeout(timer);
      noteAnswer(question, true);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [operatorKey, address, turn]);

  return part.of === address ? part : { value: null, problem: null };
}

/** An address with those of the parameters that are given. */
export function addressOf(path: string, query: Readonly<Record<string, string | number | null>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]));
  const text = new URLSearchParams(given).toString();
  return text === "" ? path : `${path}?${text}`;
}
