import { useCallback, useEffect, useState } from "preact/hooks";

/** Where a question is. */
export type Answer<Value> =
  | { readonly kind: "waiting" }
  | { readonly kind: "answered"; readonly value: Value }
  | { readonly kind: "failed"; readonly error: unknown };

/** Asks when the screen opens and whenever `inputs` change; what comes too late is dropped. */
export function useAnswer<Value>(
  ask: () => Promise<Value>,
  inputs: readonly unknown[],
): readonly [answer: Answer<Value>, askAgain: () => void] {
  const [answer, setAnswer] = useState<Answer<Value>>({ kind: "waiting" });
  const [round, setRound] = useState(0);
  const askAgain = useCallback(() => {
    setRound((before) => before + 1);
  }, []);

  useEffect(() => {
    let isWanted = true;
    setAnswer((before) => (before.kind === "answered" ? before : { kind: "waiting" }));
    ask().then(
      (value) => {
        if (isWanted) setAnswer({ kind: "answered", value });
      },
      (error: unknown) => {
        if (isWanted) setAnswer({ kind: "failed", error });
      },
    );
    return () => {
      isWanted = false;
    };
  }, [...inputs, round]);

  return [answer, askAgain];
}
