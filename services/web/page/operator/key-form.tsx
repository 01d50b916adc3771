import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ownKeySchema } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { askOperator, KeyRefusedError } from "./operator-client.ts";

const keyGrammar = /^[A-Za-z0-9_-]{32,128}$/u;

type Problem = "keyInvalid" | "keyWrong" | "keyUnreachable";

/** Asks for the key, and tries it before anything is shown or kept. */
export function KeyForm(properties: {
  readonly wasRefused: boolean;
  readonly onKey: (key: string) => void;
}): JSX.Element {
  const { text } = useWords();
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<Problem | null>(properties.wasRefused ? "keyWrong" : null);
  const [isAsking, setIsAsking] = useState(false);

  async function tryKey(): Promise<void> {
    if (!keyGrammar.test(key)) {
      setProblem("keyInvalid");
      return;
    }
    setIsAsking(true);
    try {
      await askOperator("/v1/operator/own-key", key, ownKeySchema, new AbortController().signal);
      properties.onKey(key);
    } catch (error) {
      setProblem(error instanceof KeyRefusedError ? "keyWrong" : "keyUnreachable");
      setIsAsking(false);
    }
  }

  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void tryKey();
      }}
    >
      <h2>{text("keyTitle")}</h2>
      <p>{text("keyText")}</p>
      <div class="field">
        <label for="operator-key">{text("keyLabel")}</label>
        <p class="hint" id="operator-key-hint">
          {text("keyHint")}
        </p>
        <input
          id="operator-key"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={key}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? "operator-key-hint" : "operator-key-hint operator-key-problem"}
          onInput={(event) => {
            setKey(event.currentTarget.value.trim());
            setProblem(null);
          }}
        />
        {problem !== null && (
          <p class="problem" id="operator-key-problem" role="alert">
            {text(problem)}
          </p>
        )}
      </div>
      <button type="submit" disabled={isAsking}>
        {text("keyShow")}
      </button>
    </form>
  );
}
