import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

import { EvidenceSection } from "./evidence/evidence-section.tsx";
import { useWords } from "./operator-context.ts";
import { Pager, Section, Switch } from "./parts.tsx";
import { Alerts, JoinTable, MoneyTable, Pipeline, SessionTable, StationTable } from "./sections.tsx";
import { TotalsFigures } from "./totals-section.tsx";
import { useBoard, type Board as BoardContent, type Wanted } from "./use-board.ts";

const beginning: Wanted = {
  operator: null,
  show: "running",
  before: null,
  stationsAfter: null,
  moneyAfter: null,
  by: "hour",
};

/** Everything that the operator sees with the right key. */
export function Board(properties: { readonly operatorKey: string; readonly onKeyRefused: () => void }): JSX.Element {
  const { text } = useWords();
  const [wanted, setWanted] = useState<Wanted>(beginning);
  const board = useBoard(properties.operatorKey, wanted, properties.onKeyRefused);
  const want = (changes: Partial<Wanted>): void => {
    setWanted((last) => ({ ...last, ...changes }));
  };
  const symbol = board.money.value?.symbol ?? "";
  const { overview, totals, sessions, stations, money } = board;
  const operators = overview.value?.operators ?? [];
  const [firstOperator] = operators;
  const isToChoose = operators.length > 1 && wanted.operator === null;
  // Money of several operators is never added up: one of them is looked at, and can be changed.
  useEffect(() => {
    if (isToChoose && firstOperator !== undefined) want({ operator: firstOperator });
  }, [isToChoose, firstOperator]);
  if (isToChoose) return <p class="waiting">{text("loading")}</p>;

  return (
    <>
      <Freshness board={board} />
      {operators.length > 1 && (
        <OperatorChoice
          operators={operators}
          chosen={wanted.operator}
          onChoose={(operator) => {
            want({ operator, before: null, moneyAfter: null });
          }}
        />
      )}
      <Tiles board={board} symbol={symbol} />
      <div class="columns">
        <Section title={text("pipeline")} intro={text("pipelineText")} part={overview}>
          {(value) => <Pipeline overview={value} />}
        </Section>
        <Section title={text("alerts")} part={overview}>
          {({ alerts }) => <Alerts alerts={alerts} />}
        </Section>
      </div>
      <Section title={text("totals")} intro={text("totalsText")} part={totals}>
        {(value) => (
          <>
            <Switch
              legend={text("totals")}
              value={wanted.by}
              options={[
                ["hour", text("byHour")],
                ["day", text("byDay")],
              ]}
              onChange={(by) => {
                want({ by });
              }}
            />
            <TotalsFigures totals={value} symbol={symbol} />
          </>
        )}
      </Section>
      <Section title={text("sessions")} part={sessions}>
        {(value) => (
          <>
            <Switch
              legend={text("sessions")}
              value={wanted.show}
              options={[
                ["running", text("show.running")],
                ["hanging", text("show.hanging")],
                ["ended", text("show.ended")],
              ]}
              onChange={(show) => {
                want({ show, before: null });
              }}
            />
            <SessionTable sessions={value.sessions} symbol={symbol} caption={text("sessions")} />
            <Pager
              isFirst={wanted.before === null}
              next={value.next}
              firstText={text("newest")}
              nextText={text("older")}
              onGo={(before) => {
                want({ before });
              }}
            />
          </>
        )}
      </Section>
      <Section title={text("chargers")} part={stations}>
        {(value) => (
          <>
            <StationTable stations={value.stations} />
            <Pager
              isFirst={wanted.stationsAfter === null}
              next={value.next}
              firstText={text("first")}
              nextText={text("next")}
              onGo={(stationsAfter) => {
                want({ stationsAfter });
              }}
            />
            <JoinTable stations={value} />
          </>
        )}
      </Section>
      <Section title={text("money")} intro={text("moneyText")} part={money}>
        {(value) => (
          <>
            <MoneyTable money={value} />
            <Pager
              isFirst={wanted.moneyAfter === null}
              next={value.next}
              firstText={text("first")}
              nextText={text("next")}
              onGo={(moneyAfter) => {
                want({ moneyAfter });
              }}
            />
          </>
        )}
      </Section>
      <EvidenceSection {...properties} operator={wanted.operator} symbol={symbol} />
    </>
  );
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

function Freshness({ board: { connection, readAtMs } }: { readonly board: BoardContent }): JSX.Element {
  const { text, time } = useWords();
  if (connection === "lost") {
    return (
      <div class="notice notice-bad" role="alert">
        <p>{text("connectionLost", { time: readAtMs === null ? "–" : time(readAtMs) })}</p>
      </div>
    );
  }
  return <p class="freshness">{readAtMs === null ? text("loading") : text("asOf", { time: time(readAtMs) })}</p>;
}

function Tiles({ board, symbol }: { readonly board: BoardContent; readonly symbol: string }): JSX.Element {
  const { text, count, energy, money } = useWords();
  const overview = board.overview.value;
  const today = board.today.value?.sum ?? null;
  const tiles = [
    [text("chargersConnected"), overview === null ? null : text("ofRegistered", overview.stations)],
    [text("sessionsRunning"), overview === null ? null : count(overview.sessions.running)],
    [text("energyToday"), today === null ? null : energy(today.energyWh)],
    [text("billedToday"), today === null ? null : money(today.billedMicro, symbol)],
    [text("waitingForYou"), overview === null ? null : count(overview.sessions.hanging)],
    [
      text("alertsGiven"),
      overview === null ? null : count(overview.alerts.reduce((sum, alert) => sum + alert.count, 0)),
    ],
  ] as const;
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? "…"}</dd>
        </div>
      ))}
    </dl>
  );
}
