import type { JSX } from "preact";

import { readSessionsOf, type ChainSession } from "../chain/session-history.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { formatExactKwh } from "../text/amounts.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { WithWallet } from "../wallet/wallet-panel.tsx";

/** The driver's sessions, from the chain's events alone. */
export function HistoryScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <>
      <h1>{text("historyTitle")}</h1>
      <p>{text("historyText")}</p>
      <WithWallet>{(connection) => <Sessions key={connection.account} connection={connection} />}</WithWallet>
    </>
  );
}

function Sessions({ connection }: { readonly connection: WalletConnection }): JSX.Element {
  const { text, readLogs, configuration } = useApp();
  const [answer, askAgain] = useAnswer(
    () => readSessionsOf(readLogs, configuration.contracts.chargingSettlement, connection.account),
    [readLogs, connection.account],
  );
  return (
    <Answered answer={answer} askAgain={askAgain}>
      {(sessions) =>
        sessions.length === 0 ? (
          <p>{text("historyNone")}</p>
        ) : (
          <ul class="sessions">
            {sessions.map((session) => (
              <SessionRow key={session.sessionId} session={session} />
            ))}
          </ul>
        )
      }
    </Answered>
  );
}

function SessionRow({ session }: { readonly session: ChainSession }): JSX.Element {
  const { text, money, language } = useApp();
  const { ending, terms, sessionId } = session;
  const states = {
    live: text("historyLive"),
    settled: text("historySettled"),
    agreed: text("historyAgreed"),
    expired: text("historyExpired"),
    released: text("historyReleased"),
  };
  return (
    <li>
      <a href={hrefOf({ kind: "session", sessionId })}>
        <span class="session-title">
          {text("evseTitle", { number: terms.evse })} ·{" "}
          <span class={`mark mark-${ending.kind}`}>{states[ending.kind]}</span>
        </span>
        {ending.kind === "settled" && (
          <span>
            {text("historyEnergy")}: {formatExactKwh(ending.energyMicroWh, language)} · {text("historyPaid")}:{" "}
            {money(ending.chargedMicro)} · {text("historyBack")}: {money(ending.returnedMicro)}
          </span>
        )}
        {ending.kind === "agreed" && (
          <span>
            {text("historyPaid")}: {money(ending.chargedMicro)} · {text("historyBack")}: {money(ending.returnedMicro)}
          </span>
        )}
        {(ending.kind === "expired" || ending.kind === "released") && (
          <span>
            {text("historyBack")}: {money(ending.returnedMicro)}
          </span>
        )}
        {ending.kind === "live" && (
          <span>
            {text("liveHold")}: {money(terms.holdMicro)}
          </span>
        )}
      </a>
    </li>
  );
}
