import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { valueTicks } from "../../components/line-chart.tsx";
import { timeLocaleOf } from "../../text/amounts.ts";
import { numberLabels } from "../../text/chart-labels.ts";
import { useWords } from "../operator-context.ts";
import type { MonthBar } from "./chart-months.ts";
import { useEvidenceText } from "./evidence-text.ts";

const place = { height: 240, left: 64, right: 8, top: 40, bottom: 40, slot: 64, leastWidth: 320, bar: 40 };
/** Between what is proven and what is not, so that the two are told apart without their colours. */
const gap = 2;

/** Claimed, claimable and not countable energy of each month, one on top of the other. The table beside it has the figures. */
export function MonthChart(properties: { readonly label: string; readonly bars: readonly MonthBar[] }): JSX.Element {
  const { language } = useWords();
  const evidenceText = useEvidenceText();
  const { label, bars } = properties;
  const scroll = useRef<HTMLDivElement>(null);
  // The newest month is what is looked at, also where not all have room.
  useEffect(() => {
    if (scroll.current !== null) scroll.current.scrollLeft = scroll.current.scrollWidth;
  }, [bars.length]);
  const totals = bars.map(({ claimedKwh, claimableKwh, outsideKwh }) => claimedKwh + claimableKwh + outsideKwh);
  const ticks = valueTicks(Math.max(...totals, 0.01));
  const top = ticks.at(-1) ?? 1;
  const base = place.height - place.bottom;
  const heightOf = (kwh: number): number => (kwh / top) * (base - place.top);
  const width = Math.max(place.left + place.right + bars.length * place.slot, place.leastWidth);
  const labels = numberLabels(ticks, language);
  const printed = new Intl.NumberFormat(language, { maximumFractionDigits: top < 100 ? 2 : 0, roundingMode: "trunc" });
  const monthName = new Intl.DateTimeFormat(timeLocaleOf(language), { month: "short", timeZone: "UTC" });

  return (
    <figure class="chart evidence-chart">
      <ul class="legend">
        {(["claimed", "claimable", "outside"] as const).map((name) => (
          <li key={name}>
            <svg width="14" height="14" aria-hidden="true">
              <rect class={name} x="1" y="1" width="12" height="12" rx="2" />
            </svg>
            {evidenceText(name)}
          </li>
        ))}
      </ul>
      <div class="scroll" role="group" aria-label={evidenceText("chart")} tabIndex={0} ref={scroll}>
        <svg viewBox={`0 0 ${width} ${place.height}`} width={width} height={place.height} role="img" aria-label={label}>
          <text x={place.left - 8} y="16" text-anchor="end">
            kWh
          </text>
          {ticks.map((tick, index) => (
            <g key={tick}>
              <line
                class={index === 0 ? "base" : "grid"}
                x1={place.left}
                x2={width - place.right}
                y1={base - heightOf(tick)}
                y2={base - heightOf(tick)}
              />
              <text x={place.left - 8} y={base - heightOf(tick) + 4} text-anchor="end">
                {labels[index]}
              </text>
            </g>
          ))}
          {bars.map(({ month, claimedKwh, claimableKwh, outsideKwh }, index) => {
            const left = place.left + place.slot * index + (place.slot - place.bar) / 2;
            const middle = left + place.bar / 2;
            const claimed = heightOf(claimedKwh);
            const proven = claimed + heightOf(claimableKwh);
            const outside = heightOf(outsideKwh);
            const isNewYear = index === 0 || month.endsWith("-01");
            return (
              <g key={month}>
                <rect class="claimed" x={left} y={base - claimed} width={place.bar} height={claimed} />
                {proven > claimed && (
                  <rect
                    class="claimable"
                    x={left + 0.75}
                    y={base - proven}
                    width={place.bar - 1.5}
                    height={proven - claimed}
                  />
                )}
                {outside > 0 && (
                  <rect
                    class="outside"
                    x={left}
                    y={base - proven - gap - Math.max(outside, 1)}
                    width={place.bar}
                    height={Math.max(outside, 1)}
                  />
                )}
                <text class="strong" x={middle} y={base - proven - outside - gap - 6} text-anchor="middle">
                  {printed.format(claimedKwh + claimableKwh)}
                </text>
                <text x={middle} y={base + 18} text-anchor="middle">
                  {monthName.format(Date.parse(`${month}-01T00:00:00Z`))}
                </text>
                {isNewYear && (
                  <text x={middle} y={base + 35} text-anchor="middle">
                    {month.slice(0, 4)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </div>
    </figure>
  );
}
