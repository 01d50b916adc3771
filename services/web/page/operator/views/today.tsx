import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { overviewSchema, totalsSchema, type Overview } from "../answers.ts";
import { useWords } from "../operator-context.ts";
import { useDesk } from "../operator-desk.ts";
import { Section, Switch } from "../parts.tsx";
import { Alerts, Pipeline } from "../sections.tsx";
import { TotalsFigures } from "../totals-section.tsx";
import { addressOf, useAnswer } from "../use-answer.ts";

/** How the day goes: figures, what hangs, alerts, energy and revenue. */
export function Today({ overview: known }: { readonly overview: Overview | null }): JSX.Element {
  const { text } = useWords();
  const { operator, symbol } = useDesk();
  const [by, setBy] = useState<"hour" | "day">("hour");
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const overview = useAnswer(addressOf("/v1/operator/overview", { operator }), overviewSchema);
  const day = { by: "day", count: 1, timeZone, operator };
  const today = useAnswer(addressOf("/v1/operator/totals", day), totalsSchema);
  const period = { by, timeZone: by === "day" ? timeZone : null, operator };
  const totals = useAnswer(addressOf("/v1/operator/totals", period), totalsSchema);
  return (
    <>
      <h2 class="view-title">{text("page.today")}</h2>
      <Tiles overview={overview.value ?? known} today={today.value?.sum ?? null} />
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
              value={by}
              options={[
                ["hour", text("byHour")],
                ["day", text("byDay")],
              ]}
              onChange={setBy}
            />
            <TotalsFigures totals={value} symbol={symbol} />
          </>
        )}
      </Section>
    </>
  );
}

function Tiles(properties: {
  readonly overview: Overview | null;
  readonly today: { readonly energyWh: string; readonly billedMicro: bigint } | null;
}): JSX.Element {
  const { text, count, energy, money } = useWords();
  const { symbol } = useDesk();
  const { overview, today } = properties;
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
