import type { JSX } from "preact";

import type { Actions } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { Short, Table } from "./parts.tsx";

/** Who commanded what, when, and what came of it. Names of actions and codes are those of the service. */
export function ActionTable(properties: {
  readonly actions: Actions["actions"];
  readonly caption: string;
}): JSX.Element {
  const { text, time } = useWords();
  const { actions, caption } = properties;
  if (actions.length === 0) return <p>{text("noActions")}</p>;
  return (
    <Table
      caption={caption}
      rows={actions}
      keyOf={({ ordinal }) => String(ordinal)}
      columns={[
        { title: text("when"), cell: ({ atMs }) => time(atMs) },
        { title: text("who"), cell: ({ keyName, keyId }) => keyName ?? <code>{keyId}</code> },
        { title: text("what"), cell: ({ action }) => <code>{action}</code> },
        { title: text("toWhat"), cell: ({ subject }) => <Short value={subject} /> },
        {
          title: text("result"),
          cell: ({ result }) => (result === "done" ? text("done") : <span class="chip chip-warning">{result}</span>),
        },
        { title: text("details"), cell: ({ details }) => (details === "{}" ? "–" : <code>{details}</code>) },
      ]}
    />
  );
}
