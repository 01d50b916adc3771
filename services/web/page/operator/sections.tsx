import type { JSX } from "preact";

import { formatBps } from "../text/amounts.ts";
import type { Money, Overview, Sessions, Stations } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { Short, Table } from "./parts.tsx";

const steps = ["opened", "received", "verified", "batched", "sent", "confirmed"] as const;
const hangings = [
  "held",
  "disputed",
  "givenUp",
  "unservable",
  "unconfirmed",
  "messagesWaiting",
  "framesParked",
  "disputeActsOpen",
  "disputeActsGivenUp",
] as const;

/** How far sessions are, and what hangs. */
export function Pipeline({ overview }: { readonly overview: Overview }): JSX.Element {
  const { text, time, count } = useWords();
  const { pipeline, hanging, batches, service, sessions } = overview;
  const hanged = hangings.filter((name) => hanging[name] > 0);
  return (
    <>
      <ol class="pipeline">
        {steps.map((step) => (
          <li key={step}>
            <span class="count">{count(pipeline[step])}</span> {text(`pipeline.${step}`)}
          </li>
        ))}
      </ol>
      <h3>{text("hangs")}</h3>
      {hanged.length === 0 && <p>{text("nothingHangs")}</p>}
      {hanged.length > 0 && (
        <ul class="hanging">
          {hanged.map((name) => (
            <li key={name}>
              {text(`hanging.${name}`)}: <span class="count">{count(hanging[name])}</span>
            </li>
          ))}
        </ul>
      )}
      {sessions.expired > 0 && (
        <p class="hint">
          {text("hanging.expired")}: {count(sessions.expired)}
        </p>
      )}
      {batches.oldestAtMs !== null && (
        <p class="hint">{text("oldestBatch", { open: batches.open, time: time(batches.oldestAtMs) })}</p>
      )}
      <p class="hint">
        {text("followedBlock", { block: String(service.followedBlock ?? "–"), chain: service.chainName })}
      </p>
    </>
  );
}

/** What was counted since the start, with where to read on. */
export function Alerts({ alerts }: { readonly alerts: Overview["alerts"] }): JSX.Element {
  const { text, time } = useWords();
  if (alerts.length === 0) return <p>{text("noAlerts")}</p>;
  return (
    <Table
      caption={text("alerts")}
      rows={alerts}
      keyOf={({ alert }) => alert}
      columns={[
        { title: text("alert"), cell: ({ alert }) => <code>{alert}</code> },
        { title: text("times"), isNumber: true, cell: ({ count }) => count },
        { title: text("last"), cell: ({ lastAtMs }) => time(lastAtMs) },
        {
          title: text("concerns"),
          cell: (row) => <Concerned sessionId={row.lastSessionId} stationId={row.lastStationId} />,
        },
        { title: text("runbook"), cell: ({ runbook }) => <code>{runbook}</code> },
      ]}
    />
  );
}

function Concerned(properties: { readonly sessionId: string | null; readonly stationId: string | null }): JSX.Element {
  const { sessionId, stationId } = properties;
  if (sessionId !== null) return <SessionLink sessionId={sessionId} />;
  return <>{stationId ?? "–"}</>;
}

function SessionLink({ sessionId }: { readonly sessionId: string }): JSX.Element {
  return (
    <a href={`/#/session/${encodeURIComponent(sessionId)}`}>
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

export function SessionTable(properties: {
  readonly sessions: Sessions["sessions"];
  readonly symbol: string;
  readonly caption: string;
}): JSX.Element {
  const { text, time, energy, money } = useWords();
  const { sessions, symbol, caption } = properties;
  if (sessions.length === 0) return <p>{text("noSessions")}</p>;
  const amount = (micro: bigint | null): string => (micro === null ? "–" : money(micro, symbol));
  return (
    <Table
      caption={caption}
      rows={sessions}
      keyOf={({ sessionId }) => sessionId}
      columns={[
        { title: text("session"), cell: ({ sessionId }) => <SessionLink sessionId={sessionId} /> },
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
          cell: ({ evse, stationId }) => (stationId === null ? String(evse) : `${evse} (${stationId})`),
        },
        { title: text("energy"), isNumber: true, cell: ({ energyWh }) => (energyWh === null ? "–" : energy(energyWh)) },
        { title: text("held"), isNumber: true, cell: ({ heldMicro }) => amount(heldMicro) },
        { title: text("billed"), isNumber: true, cell: ({ billedMicro }) => amount(billedMicro) },
        { title: text("settled"), isNumber: true, cell: ({ settledMicro }) => amount(settledMicro) },
        { title: text("grade"), cell: ({ grade }) => (grade === null ? "–" : text(`grade.${grade}`)) },
        { title: text("opened"), cell: ({ openedAtMs }) => time(openedAtMs) },
        { title: text("changed"), cell: ({ changedAtMs }) => time(changedAtMs) },
      ]}
    />
  );
}

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
        { title: text("charger"), cell: ({ stationId }) => stationId },
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

export function MoneyTable({ money: { credits, symbol } }: { readonly money: Money }): JSX.Element {
  const { text, money, language } = useWords();
  const rows = credits.flatMap(({ operator, agreement, parties }) =>
    parties.map((party) => ({ ...party, operator, agreement })),
  );
  if (rows.length === 0) return <p>{text("noMoney")}</p>;
  return (
    <Table
      caption={text("money")}
      rows={rows}
      keyOf={({ operator, agreement, party }) => `${operator} ${agreement} ${party}`}
      columns={[
        {
          title: text("party"),
          cell: ({ party, role }) => (
            <>
              {text(`role.${role}`)} <Short value={party} />
            </>
          ),
        },
        {
          title: text("agreement"),
          cell: ({ agreement }) => (agreement === 0 ? text("withoutPartners") : String(agreement)),
        },
        { title: text("share"), isNumber: true, cell: ({ shareBps }) => formatBps(shareBps, language) },
        { title: text("pending"), isNumber: true, cell: ({ pendingMicro }) => money(pendingMicro, symbol) },
        {
          title: text("withdrawable"),
          isNumber: true,
          cell: ({ withdrawableMicro }) => money(withdrawableMicro, symbol),
        },
        { title: text("earned"), isNumber: true, cell: ({ earnedMicro }) => money(earnedMicro, symbol) },
      ]}
    />
  );
}
