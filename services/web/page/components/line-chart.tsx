import type { JSX } from "preact";

import { numberLabels } from "../text/chart-labels.ts";

/** A point of a line: when, in seconds since 1970, and how much. */
export interface ChartPoint {
  readonly at: number;
  readonly value: number;
}

const size = { width: 340, height: 176, left: 44, right: 8, top: 20, bottom: 26 };

/**
 * Energy over time: solid what the meter signed, dotted what the charger says beyond, a line where the hold ends.
 *
 * @param properties.label The sentence that a person would say of it.
 * @param properties.limit Where the hold is used up; shown where it is not far above the curve.
 */
export function LineChart(properties: {
  readonly label: string;
  readonly unit: string;
  readonly locale: string;
  readonly signed: readonly ChartPoint[];
  readonly said: readonly ChartPoint[];
  readonly limit: { readonly value: number; readonly label: string } | null;
  readonly timeOf: (at: number) => string;
}): JSX.Element {
  const { label, unit, locale, signed, said, timeOf } = properties;
  const all = [...signed, ...said];
  const begin = Math.min(...all.map(({ at }) => at));
  const end = Math.max(...all.map(({ at }) => at), begin + 60);
  const highest = Math.max(...all.map(({ value }) => value), 0.001);
  const limit = properties.limit !== null && properties.limit.value <= highest * 3 ? properties.limit : null;
  const ticks = valueTicks(Math.max(highest, limit?.value ?? 0) * 1.05);
  const top = Math.max(ticks.at(-1) ?? 1, highest);
  const x = (at: number): number => size.left + ((at - begin) / (end - begin)) * (size.width - size.left - size.right);
  const y = (value: number): number =>
    size.height - size.bottom - (value / top) * (size.height - size.top - size.bottom);
  const lineOf = (points: readonly ChartPoint[]): string =>
    points
      .map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`)
      .join("");
  const lastSigned = signed.at(-1);
  const beyond = lastSigned === undefined ? said : [lastSigned, ...said.filter(({ at }) => at > lastSigned.at)];
  const lastSaid = beyond.at(-1);
  const base = size.height - size.bottom;
  const labels = numberLabels(ticks, locale);

  return (
    <figure class="chart curve">
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={label}>
        <text x="0" y="11">
          {unit}
        </text>
        {ticks.map((tick, index) => (
          <g key={tick}>
            <line
              class={index === 0 ? "base" : "grid"}
              x1={size.left}
              x2={size.width - size.right}
              y1={y(tick)}
              y2={y(tick)}
            />
            <text x={size.left - 8} y={y(tick) + 4} text-anchor="end">
              {labels[index]}
            </text>
          </g>
        ))}
        {timeTicks(begin, end, timeOf).map(({ at, anchor }) => (
          <text key={at} x={x(at)} y={size.height - 6} text-anchor={anchor}>
            {timeOf(at)}
          </text>
        ))}
        {limit !== null && (
          <>
            <line class="limit" x1={size.left} x2={size.width - size.right} y1={y(limit.value)} y2={y(limit.value)} />
            <text x={size.left + 4} y={y(limit.value) - 5}>
              {limit.label}
            </text>
          </>
        )}
        {signed.length > 1 && lastSigned !== undefined && (
          <path class="area" d={`${lineOf(signed)}L${x(lastSigned.at)} ${base}L${x(begin)} ${base}Z`} />
        )}
        {beyond.length > 1 && <path class="said" d={lineOf(beyond)} />}
        {signed.length > 1 && <path class="signed" d={lineOf(signed)} />}
        {signed.length <= 40 &&
          signed.map(({ at, value }) => <circle key={at} class="point" cx={x(at)} cy={y(value)} r="3.5" />)}
        {lastSaid !== undefined && lastSaid !== lastSigned && (
          <circle class="point-said" cx={x(lastSaid.at)} cy={y(lastSaid.value)} r="5" />
        )}
      </svg>
    </figure>
  );
}

/** Begin and end, and the middle where it reads as another time. */
function timeTicks(
  begin: number,
  end: number,
  timeOf: (at: number) => string,
): readonly { readonly at: number; readonly anchor: "start" | "middle" | "end" }[] {
  const middle = (begin + end) / 2;
  const isNew = ![timeOf(begin), timeOf(end)].includes(timeOf(middle));
  return [
    { at: begin, anchor: "start" },
    ...(isNew ? [{ at: middle, anchor: "middle" } as const] : []),
    { at: end, anchor: "end" },
  ];
}

/** Three or four round values from 0 to at least `most`. */
export function valueTicks(most: number): readonly number[] {
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
