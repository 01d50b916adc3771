import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";
import { Field } from "../shell/parts.tsx";
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

function NumberForm(): JSX.Element {
  const { text } = useApp();
  const [number, setNumber] = useState("");
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        const route = parseRoute(`#/evse/${number.trim()}`);
        setWrong(route.kind !== "evse");
        if (route.kind === "evse") location.hash = hrefOf(route);
      }}
    >
      <Field
        label={text("startNumber")}
        hint={text("startNumberHint")}
        value={number}
        onInput={setNumber}
        inputMode="numeric"
        problem={isWrong ? text("startNumberInvalid") : null}
      />
      <button type="submit">{text("startGo")}</button>
    </form>
  );
}
