import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";
import { failureText, Field } from "../shell/parts.tsx";
import { hrefOf, parseRoute } from "../shell/router.ts";

/** Where a driver begins who has scanned nothing. */
export function StartScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <>
      <h1>{text("startTitle")}</h1>
      <p class="lead">{text("startText")}</p>
      <NumberForm />
    </>
  );
}

/** The address is none of ours. */
export function UnknownPageScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <>
      <h1>{text("unknownPage")}</h1>
      <p>{text("unknownPageText")}</p>
      <NumberForm />
    </>
  );
}

/** Takes the number beside the code, and the id that is printed on the charger. */
function NumberForm(): JSX.Element {
  const app = useApp();
  const { text, reader } = app;
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isLooking, setLooking] = useState(false);

  async function show(): Promise<void> {
    const route = parseRoute(`#/evse/${typed.trim()}`);
    if (route.kind === "evse") {
      location.hash = hrefOf(route);
      return;
    }
    if (!looksLikeId(typed)) {
      setProblem(text("startNumberInvalid"));
      return;
    }
    setLooking(true);
    try {
      const [first, ...others] = await reader.findEvses(typed);
      if (first === undefined) setProblem(text("startIdUnknown"));
      // Anybody can register anything: who has the same id as another may want that other's drivers.
      else if (others.length > 0) setProblem(text("startIdAmbiguous"));
      else location.hash = hrefOf({ kind: "evse", evse: first });
    } catch (error) {
      setProblem(failureText(app, error));
    } finally {
      setLooking(false);
    }
  }

  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        setProblem(null);
        void show();
      }}
    >
      <Field
        label={text("startNumber")}
        hint={text("startNumberHint")}
        value={typed}
        onInput={setTyped}
        problem={problem}
      />
      <button type="submit" disabled={isLooking}>
        {text("startGo")}
      </button>
    </form>
  );
}

/** An id begins with the letters of a country and has digits; anything else is a number that was mistyped. */
function looksLikeId(typed: string): boolean {
  return /^[A-Za-z]{2}[A-Za-z0-9*\- ]{3,46}$/u.test(typed.trim()) && /[0-9]/u.test(typed);
}
