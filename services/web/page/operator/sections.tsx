import type { JSX } from "preact";

import type { Overview } from "./answers.ts";
import { useWords } from "./operator-context.ts";
import { hrefOfOperator } from "./operator-route.ts";
import { Table } from "./parts.tsx";
import { SessionLink } from "./session-table.tsx";

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
        {
          title: text("runbook"),
          cell: ({ alert }) => <a href={`/operator/runbook.html#${alert}`}>{text("runbookOf", { alert })}</a>,
        },
      ]}
    />
  );
}

function Concerned(properties: { readonly sessionId: string | null; readonly stationId: string | null }): JSX.Element {
  const { sessionId, stationId } = properties;
  if (sessionId !== null) return <SessionLink sessionId={sessionId} />;
  if (stationId === null) return <>–</>;
  return <a href={hrefOfOperator({ kind: "charger", stationId })}>{stationId}</a>;
}
