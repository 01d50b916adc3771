import type { JSX } from "preact";

import type { Stations } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { hrefOfOperator } from "./operator-route.ts";
import { Table } from "./parts.tsx";

const connectorChips = {
  free: "chip chip-good",
  occupied: "chip",
  faulted: "chip chip-bad",
  offline: "chip chip-warning",
  unknown: "chip",
} as const;

export function StationTable({ stations }: { readonly stations: Stations["stations"] }): JSX.Element {
  const { text, time } = useWords();
  if (stations.length === 0) return <p>{text("noChargers")}</p>;
  return (
    <Table
      caption={text("chargers")}
      rows={stations}
      keyOf={({ stationId }) => stationId}
      columns={[
        {
          title: text("charger"),
          cell: ({ stationId }) => <a href={hrefOfOperator({ kind: "charger", stationId })}>{stationId}</a>,
        },
        {
          title: text("connection"),
          cell: ({ isConnected, protocol, lastMessageAtMs }) => {
            if (protocol === null && lastMessageAtMs !== null) return <span class="chip">{text("overHttp")}</span>;
            const chip = isConnected ? "chip chip-good" : "chip chip-warning";
            return (
              <>
                <span class={chip}>{text(isConnected ? "online" : "offline")}</span> {protocol ?? ""}
              </>
            );
          },
        },
        {
          title: text("connectors"),
          cell: ({ connectors }) =>
            connectors.length === 0
              ? "–"
              : connectors.map(({ evse, connector, state, status, errorCode }) => (
                  <span
                    key={`${evse}.${connector}`}
                    class={connectorChips[state]}
                    title={`${status} ${errorCode ?? ""}`}
                  >
                    {evse}.{connector} {text(`connector.${state}`)}
                  </span>
                )),
        },
        { title: text("evse"), cell: ({ evses }) => evses.join(", ") },
        {
          title: text("lastSeen"),
          cell: ({ lastSeenAtMs, lastMessageAtMs }) => {
            const lastMs = Math.max(lastSeenAtMs ?? 0, lastMessageAtMs ?? 0);
            return lastMs === 0 ? text("never") : time(lastMs);
          },
        },
        { title: text("model"), cell: ({ boot }) => [boot?.vendor, boot?.model].filter(Boolean).join(" ") || "–" },
      ]}
    />
  );
}

export function JoinTable({ stations }: { readonly stations: Stations }): JSX.Element | null {
  const { text, time } = useWords();
  if (stations.wantsToJoinCount === 0) return null;
  return (
    <>
      <h3>{text("wantsToJoin")}</h3>
      <p class="hint">{text("wantsToJoinText", { count: stations.wantsToJoinCount })}</p>
      <Table
        caption={text("wantsToJoin")}
        rows={stations.wantsToJoin}
        keyOf={({ stationId }) => stationId}
        columns={[
          { title: text("charger"), cell: ({ stationId }) => stationId },
          { title: text("address"), cell: ({ address }) => address },
          { title: text("protocols"), cell: ({ protocols }) => protocols },
          { title: text("attempts"), isNumber: true, cell: ({ attempts }) => attempts },
          { title: text("lastSeen"), cell: ({ lastSeenAtMs }) => time(lastSeenAtMs) },
        ]}
      />
    </>
  );
}
