import type { JSX } from "preact";

import { numberLabels } from "../text/chart-labels.ts";
import { valueTicks } from "./line-chart.tsx";

const size = { width: 340, height: 176, left: 40, top: 20, bottom: 26 };

/** One amount per month, the last one stressed. @param properties.label The sentence that a person would say of it. */
export function BarChart(properties: {
  readonly label: string;
  readonly unit: string;
  readonly locale: string;
  readonly bars: readonly { readonly name: string; readonly value: number; readonly printed: string }[];
}): JSX.Element {
  const { label, unit, locale, bars } = properties;
  const ticks = valueTicks(Math.max(...bars.map(({ value }) => value), 0.01));
  const top = ticks.at(-1) ?? 1;
  const base = size.height - size.bottom;
  const y = (value: number): number => base - (value / top) * (base - size.top);
  const slot = (size.width - size.left) / Math.max(bars.length, 1);
  const width = Math.min(slot * 0.55, 48);
  const labels = numberLabels(ticks, locale);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={label}>
        <text x="0" y="11">
          {unit}
        </text>
        {ticks.map((tick, index) => (
          <g key={tick}>
            <line class={index === 0 ? "base" : "grid"} x1={size.left} x2={size.width} y1={y(tick)} y2={y(tick)} />
            <text x={size.left - 8} y={y(tick) + 4} text-anchor="end">
              {labels[index]}
            </text>
          </g>
        ))}
        {bars.map(({ name, value, printed }, index) => {
          const middle = size.left + slot * (index + 0.5);
          const isLast = index === bars.length - 1;
          return (
            <g key={name}>
              <rect
                class={isLast ? "bar now" : "bar"}
                x={middle - width / 2}
                y={y(value)}
                width={width}
                height={base - y(value)}
                rx="3"
              />
              <text class={isLast ? "strong" : ""} x={middle} y={y(value) - 6} text-anchor="middle">
                {printed}
              </text>
              <text class={isLast ? "strong" : ""} x={middle} y={size.height - 6} text-anchor="middle">
                {name}
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
