import type { JSX } from "preact";
import { useCallback, useEffect, useId, useMemo, useRef, useState } from "preact/hooks";

import { moneySchema, overviewSchema, ownKeySchema, type Overview } from "./answers.ts";
import { Navigation } from "./navigation.tsx";
import { useWords } from "./operator-context.ts";
import { DeskContext, useDesk, type OperatorDesk } from "./operator-desk.ts";
import { parseOperatorRoute, type OperatorRoute } from "./operator-route.ts";
import { addressOf, useAnswer } from "./use-answer.ts";
import { ChargerView } from "./views/charger.tsx";
import { Chargers } from "./views/chargers.tsx";
import { EvidenceView } from "./views/evidence.tsx";
import { MoneyView } from "./views/money.tsx";
import { People } from "./views/people.tsx";
import { Replicas } from "./views/replicas.tsx";
import { SessionView } from "./views/session.tsx";
import { Sessions } from "./views/sessions.tsx";
import { Sites } from "./views/sites.tsx";
import { Today } from "./views/today.tsx";

/** Everything that the operator sees with the right key. */
export function Board(properties: { readonly operatorKey: string; readonly onKeyRefused: () => void }): JSX.Element {
  const { operatorKey } = properties;
  const { isLost, readAtMs, noteAnswer } = useFreshness();
  const refused = useRef(properties.onKeyRefused);
  refused.current = properties.onKeyRefused;
  const onKeyRefused = useCallback(() => {
    refused.current();
  }, []);
  const desk = useMemo<OperatorDesk>(
    () => ({ operatorKey, ownKey: null, operator: null, symbol: "", onKeyRefused, noteAnswer }),
    [operatorKey, onKeyRefused, noteAnswer],
  );
  return (
    <DeskContext.Provider value={desk}>
      <Freshness isLost={isLost} readAtMs={readAtMs} />
      <Desk />
    </DeskContext.Provider>
  );
}

/** Knows who asks and for which operator before any view is shown. */
function Desk(): JSX.Element {
  const { text } = useWords();
  const route = useOperatorRoute();
  const base = useDesk();
  const [chosen, setChosen] = useState<string | null>(null);
  const ownKey = useAnswer("/v1/operator/own-key", ownKeySchema).value;
  const operators = useAnswer("/v1/operator/overview", overviewSchema).value?.operators ?? null;
  const symbol = useAnswer(addressOf("/v1/operator/money", { limit: 1 }), moneySchema).value?.symbol ?? "";
  // Money of several operators is never added up: one of them is looked at, and can be changed.
  const operator = operators === null || operators.length < 2 ? null : (chosen ?? operators[0] ?? null);
  const desk = useMemo<OperatorDesk>(() => ({ ...base, ownKey, operator, symbol }), [base, ownKey, operator, symbol]);
  const waiting = useAnswer(addressOf("/v1/operator/overview", { operator }), overviewSchema).value;
  return (
    <DeskContext.Provider value={desk}>
      <div class="desk">
        <Navigation route={route} waiting={waiting?.sessions.hanging ?? 0} ownKey={ownKey} />
        <div class="view">
          {operators === null && <p class="waiting">{text("loading")}</p>}
          {operators !== null && operators.length > 1 && (
            <OperatorChoice operators={operators} chosen={operator} onChoose={setChosen} />
          )}
          {operators !== null && <View route={route} overview={waiting} />}
        </div>
      </div>
    </DeskContext.Provider>
  );
}

function View({ route, overview }: { readonly route: OperatorRoute; readonly overview: Overview | null }): JSX.Element {
  switch (route.kind) {
    case "today":
      return <Today overview={overview} />;
    case "sessions":
      return <Sessions />;
    case "session":
      return <SessionView key={route.sessionId} sessionId={route.sessionId} />;
    case "chargers":
      return <Chargers />;
    case "charger":
      return <ChargerView key={route.stationId} stationId={route.stationId} />;
    case "sites":
      return <Sites />;
    case "money":
      return <MoneyView />;
    case "evidence":
      return <EvidenceView />;
    case "people":
      return <People />;
    case "replicas":
      return <Replicas />;
  }
}

function useOperatorRoute(): OperatorRoute {
  const [route, setRoute] = useState(() => parseOperatorRoute(location.hash));
  useEffect(() => {
    const follow = (): void => {
      setRoute(parseOperatorRoute(location.hash));
    };
    window.addEventListener("hashchange", follow);
    return () => {
      window.removeEventListener("hashchange", follow);
    };
  }, []);
  return route;
}

/** Whether every question was answered when it was asked last, and when that was; milliseconds since 1970 of this device. */
function useFreshness(): {
  readonly isLost: boolean;
  readonly readAtMs: number | null;
  readonly noteAnswer: OperatorDesk["noteAnswer"];
} {
  const unanswered = useRef(new Set<string>());
  const [state, setState] = useState<{ readonly isLost: boolean; readonly readAtMs: number | null }>({
    isLost: false,
    readAtMs: null,
  });
  const noteAnswer = useCallback((question: string, isAnswered: boolean) => {
    if (isAnswered) unanswered.current.delete(question);
    else unanswered.current.add(question);
    const isLost = unanswered.current.size > 0;
    setState((last) => ({ isLost, readAtMs: isLost ? last.readAtMs : Date.now() }));
  }, []);
  return { ...state, noteAnswer };
}

function OperatorChoice(properties: {
  readonly operators: readonly string[];
  readonly chosen: string | null;
  readonly onChoose: (operator: string) => void;
}): JSX.Element {
  const { text } = useWords();
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{text("operatorShown")}</label>
      <select
        id={id}
        value={properties.chosen ?? ""}
        onChange={(event) => {
          properties.onChoose(event.currentTarget.value);
        }}
      >
        {properties.operators.map((operator) => (
          <option key={operator} value={operator}>
            {operator}
          </option>
        ))}
      </select>
    </p>
  );
}

function Freshness(properties: { readonly isLost: boolean; readonly readAtMs: number | null }): JSX.Element {
  const { text, time } = useWords();
  const { isLost, readAtMs } = properties;
  if (isLost) {
    return (
      <div class="notice notice-bad" role="alert">
        <p>{text("connectionLost", { time: readAtMs === null ? "–" : time(readAtMs) })}</p>
      </div>
    );
  }
  return <p class="freshness">{readAtMs === null ? text("loading") : text("asOf", { time: time(readAtMs) })}</p>;
}
