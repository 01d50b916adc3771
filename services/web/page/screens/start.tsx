import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Field } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { readSessionsOf } from "../chain/session-history.ts";
import { nameOfSite, placeOf } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText } from "../shell/parts.tsx";
import { hrefOf, parseRoute } from "../shell/router.ts";
import { Screen } from "../shell/screen.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { Scanner } from "./scanner.tsx";

/** Where a driver begins: a code, a charger of before, or the number beside the code. */
export function StartScreen(): JSX.Element {
  const { text, sites } = useApp();
  return (
    <Screen tab="start">
      <h1>{text("startTitle")}</h1>
      <Scanner />
      <NumberForm />
      <Running />
      {sites.length > 0 && (
        <a class="button wide" href={hrefOf({ kind: "sites" })}>
          <Icon name="place" />
          {text("startSites")}
        </a>
      )}
      <p class="soft">{text("startText")}</p>
    </Screen>
  );
}

/** The address is none of ours. */
export function UnknownPageScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <Screen tab="start">
      <h1>{text("unknownPage")}</h1>
      <p>{text("unknownPageText")}</p>
      <NumberForm />
    </Screen>
  );
}

/** Charges that are under way and the chargers of before, where the driver is known. */
function Running(): JSX.Element | null {
  const { text, connection, readLogs, configuration, sites } = useApp();
  const account = connection?.chainId === configuration.chainId ? connection.account : null;
  const [answer] = useAnswer(
    async () => (account === null ? [] : readSessionsOf(readLogs, configuration.contracts.chargingSettlement, account)),
    [readLogs, account],
  );
  if (answer.kind !== "answered" || answer.value.length === 0) return null;
  const nameOf = (evse: number): string => {
    const place = placeOf(sites, evse);
    return place === null ? text("evseTitle", { number: evse }) : nameOfSite(place.site);
  };
  const running = answer.value.filter(({ ending }) => ending.kind === "live");
  const before = [...new Set(answer.value.map(({ terms }) => terms.evse))].slice(0, 3);
  return (
    <section>
      <h2>{text(running.length > 0 ? "startRunning" : "startRecent")}</h2>
      <ul class="rows">
        {running.map(({ sessionId, terms }) => (
          <li key={sessionId}>
            <a class="row" href={hrefOf({ kind: "session", sessionId })}>
              <Icon name="plug" />
              <b class="grow">{nameOf(terms.evse)}</b>
              <Icon name="go" />
            </a>
          </li>
        ))}
        {running.length === 0 &&
          before.map((evse) => (
            <li key={evse}>
              <a class="row" href={hrefOf({ kind: "evse", evse })}>
                <Icon name="plug" />
                <b class="grow">{nameOf(evse)}</b>
                <Icon name="go" />
              </a>
            </li>
          ))}
      </ul>
    </section>
  );
}

/** Takes the number beside the code, and the id that is printed on the charger. */
function NumberForm(): JSX.Element {
  const app = useApp();
  const { text, reader } = app;
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isLooking, setLooking] = useState(false);
  useEffect(() => {
    setProblem(null);
  }, [typed]);

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
      >
        <button type="submit" disabled={isLooking}>
          {text("startGo")}
        </button>
      </Field>
    </form>
  );
}

/** An id begins with the letters of a country and has digits; anything else is a number that was mistyped. */
function looksLikeId(typed: string): boolean {
  return /^[A-Za-z]{2}[A-Za-z0-9*\- ]{3,46}$/u.test(typed.trim()) && /[0-9]/u.test(typed);
}
