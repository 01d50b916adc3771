import type { JSX } from "preact";

import type { Sessions } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { hrefOfOperator } from "./operator-route.ts";
import { Short, Table } from "./parts.tsx";
import { sumsOf } from "./session-sums.ts";

/** Leads to the operator's view of a session. */
export function SessionLink({ sessionId }: { readonly sessionId: string }): JSX.Element {
  return (
    <a href={hrefOfOperator({ kind: "session", sessionId })}>
      <Short value={sessionId} />
    </a>
  );
}

const chipOf: Readonly<Record<string, string>> = {
  settled: "chip chip-good",
  held: "chip chip-warning",
  disputed: "chip chip-bad",
  skipped: "chip chip-bad",
  unservable: "chip chip-bad",
  unconfirmed: "chip chip-warning",
  expired: "chip chip-warning",
};

/** Sessions with their energy and money; the foot adds up the rows that are shown, to the last digit. */
export function SessionTable(properties: {
  readonly sessions: Sessions["sessions"];
  readonly symbol: string;
  readonly caption: string;
}): JSX.Element {
  const { text, time, energy, money } = useWords();
  const { sessions, symbol, caption } = properties;
  if (sessions.length === 0) return <p>{text("noSessions")}</p>;
  const sums = sumsOf(sessions);
  const amount = (micro: bigint | null): string => (micro === null ? "–" : money(micro, symbol));
  return (
    <Table
      caption={caption}
      rows={sessions}
      keyOf={({ sessionId }) => sessionId}
      columns={[
        {
          title: text("session"),
          cell: ({ sessionId }) => <SessionLink sessionId={sessionId} />,
          sum: text("sumOfRows"),
        },
        {
          title: text("state"),
          cell: ({ state, reason, holdCode, isChallenged }) => (
            <>
              <span class={chipOf[state] ?? "chip"}>{text(`state.${state}`)}</span>
              {isChallenged && <span class="chip chip-bad">{text("challenged")}</span>}
              {(reason ?? holdCode) !== null && <code>{reason ?? holdCode}</code>}
            </>
          ),
        },
        {
          title: text("evse"),
          cell: ({ evse, stationId }) => (
            <>
              {evse} {stationId !== null && <a href={hrefOfOperator({ kind: "charger", stationId })}>{stationId}</a>}
            </>
          ),
        },
        {
          title: text("energy"),
          isNumber: true,
          cell: ({ energyWh }) => (energyWh === null ? "–" : energy(energyWh)),
          sum: energy(sums.energyWh),
        },
        {
          title: text("held"),
          isNumber: true,
          cell: ({ heldMicro }) => amount(heldMicro),
          sum: amount(sums.heldMicro),
        },
        {
          title: text("billed"),
          isNumber: true,
          cell: ({ billedMicro }) => amount(billedMicro),
          sum: amount(sums.billedMicro),
        },
        {
          title: text("settled"),
          isNumber: true,
          cell: ({ settledMicro }) => amount(settledMicro),
          sum: amount(sums.settledMicro),
        },
        { title: text("grade"), cell: ({ grade }) => (grade === null ? "–" : text(`grade.${grade}`)) },
        { title: text("opened"), cell: ({ openedAtMs }) => time(openedAtMs) },
        { title: text("changed"), cell: ({ changedAtMs }) => time(changedAtMs) },
      ]}
    />
  );
}
