import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { csvOf, monthsOf, outcomeOf, yearOf, type Month } from "../chain/driver-history.ts";
import { readSessionsOf, type ChainSession } from "../chain/session-history.ts";
import { BarChart } from "../components/bar-chart.tsx";
import { Field } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { nameOfSite, placeOf } from "../service/sites.ts";
import { useApp, type App } from "../shell/app-context.ts";
import { Answered } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { saveFile } from "../shell/save-file.ts";
import { Screen } from "../shell/screen.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatKwh } from "../text/amounts.ts";
import { formatFigure, formatMoney, moneyUnit } from "../text/money.ts";
import { formatClock, formatDay, formatMoment, formatMonth, formatShortMonth } from "../text/times.ts";
import { WithWallet } from "../wallet/with-wallet.tsx";

/** The driver's charges by month, from the chain's events alone. */
export function HistoryScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <Screen tab="history">
      <h1>{text("historyTitle")}</h1>
      <WithWallet>{({ account }) => <Sessions key={account} driver={account} />}</WithWallet>
    </Screen>
  );
}

function Sessions({ driver }: { readonly driver: string }): JSX.Element {
  const { text, readLogs, configuration } = useApp();
  const [answer, askAgain] = useAnswer(
    () => readSessionsOf(readLogs, configuration.contracts.chargingSettlement, driver),
    [readLogs, driver],
  );
  return (
    <Answered answer={answer} askAgain={askAgain}>
      {(sessions) => (sessions.length === 0 ? <p>{text("historyNone")}</p> : <History sessions={sessions} />)}
    </Answered>
  );
}

/** Months beside each other in the chart. */
const chartMonths = 6;

function History({ sessions }: { readonly sessions: readonly ChainSession[] }): JSX.Element {
  const app = useApp();
  const { text, coin, locale } = app;
  const [typed, setTyped] = useState("");
  const words = typed.toLowerCase().split(" ");
  const found = sessions.filter((session) => {
    const said = searchTextOf(session, app).toLowerCase();
    return words.every((word) => said.includes(word));
  });
  const months = monthsOf(found);
  const bars = monthsOf(sessions).slice(0, chartMonths).toReversed();
  const years = [...new Set(sessions.map(yearOf))];
  return (
    <>
      <p class="soft">{text("historyText")}</p>
      {bars.length > 1 && (
        <BarChart
          label={text("historyChart", {
            months: bars
              .map(({ at, paidMicro }) => `${formatMonth(at, locale)} ${formatMoney(paidMicro, coin, locale)}`)
              .join(", "),
          })}
          unit={moneyUnit(coin, locale)}
          locale={locale}
          bars={bars.map(({ at, paidMicro }) => ({
            name: formatShortMonth(at, locale),
            value: Number(paidMicro) / 1e6,
            printed: formatFigure(paidMicro, locale),
          }))}
        />
      )}
      <Field label={text("historySearch")} value={typed} onInput={setTyped} inputMode="search" />
      {found.length === 0 && <p>{text("historyNothingFound")}</p>}
      {months.map((month) => (
        <MonthView key={month.id} month={month} />
      ))}
      <div class="close">
        {years.map((year) => (
          <button
            key={year}
            class="wide"
            onClick={() => {
              const ofYear = sessions.filter((session) => yearOf(session) === year);
              const csv = csvOf(ofYear, coin.symbol, (evse) => placeNameOf(evse, app));
              saveFile(`wattproof-${year}.csv`, "text/csv", csv);
            }}
          >
            <Icon name="save" />
            {text("historyCsv", { year })}
          </button>
        ))}
      </div>
    </>
  );
}

function MonthView({ month }: { readonly month: Month }): JSX.Element {
  const { money, locale } = useApp();
  return (
    <section>
      <div class="head-line">
        <h2>{formatMonth(month.at, locale)}</h2>
        <p>
          <b>{money(month.paidMicro)}</b> <span class="soft">{formatKwh(month.energyMicroWh, locale)}</span>
        </p>
      </div>
      <ul class="rows">
        {month.sessions.map((session) => (
          <SessionRow key={session.sessionId} session={session} />
        ))}
      </ul>
    </section>
  );
}

function SessionRow({ session }: { readonly session: ChainSession }): JSX.Element {
  const app = useApp();
  const { text, money, locale } = app;
  const { ending, terms, sessionId, opening, toppedUpMicro } = session;
  const outcome = outcomeOf(session);
  const states = {
    live: text("historyLive"),
    settled: null,
    agreed: text("historyAgreed"),
    expired: text("historyExpired"),
    released: text("historyReleased"),
  };
  const state = states[ending.kind];
  const when = `${formatDay(opening.openedAt, locale)}, ${formatClock(opening.openedAt, locale)}`;
  return (
    <li>
      <a class="row" href={hrefOf({ kind: "session", sessionId })}>
        <span class="grow">
          <b>{placeNameOf(terms.evse, app)}</b>
          <span class="soft">{when}</span>
          {state !== null && <span class="soft">{state}</span>}
        </span>
        <span class="value">
          {outcome === null ? money(terms.holdMicro + toppedUpMicro) : money(outcome.paidMicro)}
          <span class="soft">
            {outcome === null
              ? text("liveHold")
              : ending.kind === "settled"
                ? formatKwh(outcome.energyMicroWh, locale)
                : text("historyBack", { amount: money(outcome.returnedMicro) })}
          </span>
        </span>
      </a>
    </li>
  );
}

function placeNameOf(evse: number, { text, sites }: Pick<App, "text" | "sites">): string {
  const place = placeOf(sites, evse);
  return place === null ? text("evseTitle", { number: evse }) : nameOfSite(place.site);
}

function searchTextOf(session: ChainSession, app: App): string {
  const place = placeOf(app.sites, session.terms.evse);
  return [
    placeNameOf(session.terms.evse, app),
    place?.site.operator ?? "",
    formatMoment(session.opening.openedAt, app.locale),
    formatMonth(session.opening.openedAt, app.locale),
  ].join(" ");
}
