import type { JSX } from "preact";
import { z } from "zod";

import { ActionTable } from "../action-table.tsx";
import { actionsSchema, sessionsSchema, type Sessions } from "../answers.ts";
import { ChargerCommandButton } from "../commands/charger-command.tsx";
import { CommandButton } from "../commands/command-button.tsx";
import { Refund } from "../commands/refund.tsx";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { hrefOfOperator } from "../operator-route.ts";
import { commandOperator } from "../operator-client.ts";
import { Facts, Section } from "../parts.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

type Session = Sessions["sessions"][number];

/** One session: where it stands, what it cost, what can be done about it, and what was. */
export function SessionView({ sessionId }: { readonly sessionId: string }): JSX.Element {
  const { text } = useWords();
  const query = { show: "all", find: sessionId, limit: 1 };
  const session = useAnswer(addressOf("/v1/operator/sessions", query), sessionsSchema);
  const actions = useAnswer(addressOf("/v1/operator/actions", { subject: sessionId, limit: 20 }), actionsSchema);
  return (
    <>
      <h2 class="view-title">{text("session")}</h2>
      <p class="whole-id">
        <code>{sessionId}</code>
      </p>
      <div class="columns">
        <Section title={text("sessionNow")} part={session}>
          {({ sessions: [row] }) => (row === undefined ? <p>{text("noSessions")}</p> : <Now session={row} />)}
        </Section>
        <Section title={text("commands")} intro={text("commandsText")} part={session}>
          {({ sessions: [row] }) => (row === undefined ? null : <Commands session={row} />)}
        </Section>
      </div>
      <Section title={text("actionsHere")} part={actions}>
        {(value) => <ActionTable actions={value.actions} caption={text("actionsHere")} />}
      </Section>
    </>
  );
}

function Now({ session }: { readonly session: Session }): JSX.Element {
  const { text, time, energy, money } = useWords();
  const { symbol } = useDesk();
  const { sessionId, state, reason, holdCode, evse, stationId, grade, energyWh, openedAtMs, changedAtMs } = session;
  const amount = (micro: bigint | null): string => (micro === null ? "–" : money(micro, symbol));
  return (
    <>
      <Facts
        facts={[
          [text("state"), [text(`state.${state}`), reason ?? holdCode].filter((part) => part !== null).join(": ")],
          [text("evse"), String(evse)],
          [
            text("charger"),
            stationId === null ? "–" : <a href={hrefOfOperator({ kind: "charger", stationId })}>{stationId}</a>,
          ],
          [text("energy"), energyWh === null ? "–" : energy(energyWh)],
          [text("held"), amount(session.heldMicro)],
          [text("billed"), amount(session.billedMicro)],
          [text("settled"), amount(session.settledMicro)],
          [text("grade"), grade === null ? "–" : text(`grade.${grade}`)],
          [text("opened"), time(openedAtMs)],
          [text("changed"), time(changedAtMs)],
        ]}
      />
      <p>
        <a href={`/#/session/${sessionId}`}>{text("driversView")}</a>
      </p>
    </>
  );
}

const retried = z.object({ state: z.string() });

function Commands({ session }: { readonly session: Session }): JSX.Element {
  const { text, money, energy } = useWords();
  const { operatorKey, symbol } = useDesk();
  const { sessionId, state, stationId, ocppTransactionId, evse, heldMicro, energyWh, protocol } = session;
  if (state === "charging" && stationId !== null && ocppTransactionId !== null && protocol !== null) {
    return (
      <ChargerCommandButton
        stationId={stationId}
        protocol={protocol}
        command={{ kind: "stop", ocppTransactionId }}
        label={text("stopCharge", { evse: String(evse) })}
        effect={text("stopEffect", { energy: energy(energyWh ?? "0"), held: money(heldMicro, symbol) })}
      />
    );
  }
  if (state === "skipped") {
    return (
      <CommandButton
        label={text("retry")}
        effect={text("retryEffect", {
          billed: session.billedMicro === null ? "–" : money(session.billedMicro, symbol),
        })}
        role="operate"
        command={async () => {
          await commandOperator(`/v1/sessions/${sessionId}/settlement-retry`, operatorKey, retried);
          return text("retryDone");
        }}
      />
    );
  }
  if (state === "settled") return <Refund session={session} />;
  const isStuck = state === "held" || state === "disputed" || state === "unservable" || state === "unconfirmed";
  return (
    <>
      <p>{text(isStuck ? "toResolve" : "noCommands")}</p>
      {isStuck && (
        <p>
          <code class="whole-id">wattproof sessions resolve {sessionId}</code>
        </p>
      )}
    </>
  );
}
