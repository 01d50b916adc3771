import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ActionTable } from "../action-table.tsx";
import { actionsSchema, sessionsSchema, stationAnswerSchema, type Sessions, type Station } from "../answers.ts";
import { ChargerCommandButton } from "../commands/charger-command.tsx";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { Facts, Pager, Section, Table } from "../parts.tsx";
import { SessionTable } from "../session-table.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

/** One charger: what it does now, what it did, and what it can be told to do. */
export function ChargerView({ stationId }: { readonly stationId: string }): JSX.Element {
  const { text, time } = useWords();
  const { symbol } = useDesk();
  const [before, setBefore] = useState<string | null>(null);
  const charger = useAnswer(`/v1/stations/${encodeURIComponent(stationId)}`, stationAnswerSchema);
  const here = { station: stationId, limit: 20 };
  const running = useAnswer(addressOf("/v1/operator/sessions", { ...here, show: "running" }), sessionsSchema);
  const sessions = useAnswer(addressOf("/v1/operator/sessions", { ...here, show: "all", before }), sessionsSchema);
  const actions = useAnswer(addressOf("/v1/operator/actions", { subject: stationId, limit: 20 }), actionsSchema);
  return (
    <>
      <h2 class="view-title">
        <code>{stationId}</code>
      </h2>
      <div class="columns">
        <Section title={text("chargerNow")} part={charger}>
          {({ station }) => <Now station={station} />}
        </Section>
        <Section title={text("commands")} intro={text("commandsText")} part={charger}>
          {({ station }) => <Commands station={station} running={running.value?.sessions ?? []} symbol={symbol} />}
        </Section>
      </div>
      <Section title={text("sessionsHere")} part={sessions}>
        {(value) => (
          <>
            <SessionTable sessions={value.sessions} symbol={symbol} caption={text("sessionsHere")} />
            <Pager
              isFirst={before === null}
              next={value.next}
              firstText={text("newest")}
              nextText={text("older")}
              onGo={setBefore}
            />
          </>
        )}
      </Section>
      <Section title={text("actionsHere")} part={actions}>
        {(value) => <ActionTable actions={value.actions} caption={text("actionsHere")} />}
      </Section>
      <Section title={text("quarantine")} intro={text("quarantineText")} part={charger}>
        {({ quarantined }) =>
          quarantined.length === 0 ? (
            <p>{text("noQuarantine")}</p>
          ) : (
            <Table
              caption={text("quarantine")}
              rows={quarantined}
              keyOf={({ frameId }) => frameId}
              columns={[
                { title: text("when"), cell: ({ receivedAtMs }) => time(receivedAtMs) },
                { title: text("message"), cell: ({ action }) => action ?? "–" },
                { title: text("faults"), cell: ({ faults }) => faults?.join("; ") ?? "–" },
              ]}
            />
          )
        }
      </Section>
    </>
  );
}

function Now({ station }: { readonly station: Station }): JSX.Element {
  const { text, time } = useWords();
  const { isConnected, protocol, lastSeenAtMs, boot, evses, connectors } = station;
  return (
    <>
      <Facts
        facts={[
          [text("connection"), `${text(isConnected ? "online" : "offline")} ${protocol ?? ""}`],
          [text("lastSeen"), lastSeenAtMs === null ? text("never") : time(lastSeenAtMs)],
          [text("model"), [boot?.vendor, boot?.model, boot?.firmwareVersion].filter(Boolean).join(" ") || "–"],
          [text("evse"), evses.join(", ")],
        ]}
      />
      {connectors.length > 0 && (
        <Table
          caption={text("connectors")}
          rows={connectors}
          keyOf={({ evse, connector }) => `${evse}.${connector}`}
          columns={[
            { title: text("connector"), cell: ({ evse, connector }) => `${evse}.${connector}` },
            { title: text("state"), cell: ({ state }) => text(`connector.${state}`) },
            { title: text("reported"), cell: ({ status }) => status },
            { title: text("fault"), cell: ({ errorCode }) => errorCode ?? "–" },
          ]}
        />
      )}
    </>
  );
}

function Commands(properties: {
  readonly station: Station;
  readonly running: Sessions["sessions"];
  readonly symbol: string;
}): JSX.Element {
  const { text, money, energy } = useWords();
  const { station, running, symbol } = properties;
  const { stationId, isConnected, protocol, connectors } = station;
  if (!isConnected || protocol === null) return <p>{text("notConnected")}</p>;
  const charger = { stationId, protocol };
  const charging = running.filter((session) => session.stationId === stationId && session.state === "charging");
  return (
    <>
      {charging.map(
        ({ sessionId, ocppTransactionId, evse, heldMicro, energyWh }) =>
          ocppTransactionId !== null && (
            <ChargerCommandButton
              key={sessionId}
              {...charger}
              command={{ kind: "stop", ocppTransactionId }}
              label={text("stopCharge", { evse: String(evse) })}
              effect={text("stopEffect", {
                energy: energy(energyWh ?? "0"),
                held: money(heldMicro, symbol),
              })}
            />
          ),
      )}
      {connectors
        .filter(({ evse }) => evse > 0)
        .map(({ evse, connector }) => (
          <ChargerCommandButton
            key={`${evse}.${connector}`}
            {...charger}
            command={{ kind: "unlock", evse, connector }}
            label={text("unlock", { connector: `${evse}.${connector}` })}
            effect={text("unlockEffect")}
          />
        ))}
      <ChargerCommandButton
        {...charger}
        command={{ kind: "restart" }}
        label={text("restart")}
        effect={text("restartEffect", { sessions: charging.length })}
      />
    </>
  );
}
