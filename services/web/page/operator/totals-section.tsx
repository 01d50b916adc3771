import type { JSX } from "preact";

import type { Totals } from "./answers.ts";
import { kilo } from "./kilo.ts";
import { useWords } from "./operator-context.ts";
import { Table } from "./parts.tsx";
import { TotalsChart } from "./totals-chart.tsx";

const microPerToken = 1e6;

/** Energy and revenue as pictures, in a sentence, and as figures. */
export function TotalsFigures({ totals, symbol }: { readonly totals: Totals; readonly symbol: string }): JSX.Element {
  const { text, time, energy, money } = useWords();
  const { buckets, sum } = totals;
  const endsAt = (buckets.at(-1)?.endsAtMs ?? 0) / 1_000;
  const times = buckets.map(({ startsAtMs }) => startsAtMs / 1_000);
  return (
    <>
      <p>
        {text("chartSummary", {
          sessions: sum.sessions,
          energy: energy(sum.energyWh),
          billed: money(sum.billedMicro, symbol),
          settled: money(sum.settledMicro, symbol),
        })}
      </p>
      <div class="charts">
        {/* A picture needs no more digits than a number has; the figures below have all. */}
        <TotalsChart
          title={text("energy")}
          unit="kWh"
          times={times}
          endsAt={endsAt}
          values={buckets.map(({ energyWh }) => Number(kilo(energyWh)))}
        />
        <TotalsChart
          title={text("revenue")}
          unit={symbol}
          times={times}
          endsAt={endsAt}
          values={buckets.map(({ billedMicro }) => Number(billedMicro) / microPerToken)}
        />
      </div>
      <details>
        <summary>{text("figures")}</summary>
        <Table
          caption={text("totals")}
          rows={[...buckets].reverse().filter(({ sessions }) => sessions > 0)}
          keyOf={({ startsAtMs }) => String(startsAtMs)}
          columns={[
            { title: text("from"), cell: ({ startsAtMs }) => time(startsAtMs) },
            { title: text("sessionsCount"), isNumber: true, cell: ({ sessions }) => sessions },
            { title: text("energy"), isNumber: true, cell: ({ energyWh }) => energy(energyWh) },
            { title: text("billed"), isNumber: true, cell: ({ billedMicro }) => money(billedMicro, symbol) },
            { title: text("settled"), isNumber: true, cell: ({ settledMicro }) => money(settledMicro, symbol) },
          ]}
        />
      </details>
    </>
  );
}
