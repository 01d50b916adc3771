import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { numberLabels, timeLabels } from "../text/chart-labels.ts";
import { useWords } from "./operator-context.ts";

const heightPx = 200;

/** Bars over time. The figures stand beside it in words and in a table, so the picture is hidden from screen readers. */
export function TotalsChart(properties: {
  readonly title: string;
  readonly unit: string;
  /** When each bar begins, and when the last one ends; seconds since 1970. */
  readonly times: readonly number[];
  readonly endsAt: number;
  readonly values: readonly number[];
}): JSX.Element {
  const { title, unit, times, endsAt, values } = properties;
  const { language } = useWords();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const data = useRef<uPlot.AlignedData>([[], []]);
  // The last time has no bar: it makes room for the one before.
  data.current = [
    [...times, endsAt],
    [...values, null],
  ];

  useEffect(() => {
    let isWanted = true;
    const container = place.current;
    if (container === null) return undefined;
    void import("uplot").then(({ default: UPlot }) => {
      if (isWanted) chart.current = new UPlot(optionsFor(container, unit, language, UPlot), data.current, container);
    });
    const observer = new ResizeObserver(() => {
      chart.current?.setSize({ width: container.clientWidth, height: heightPx });
    });
    observer.observe(container);
    return () => {
      isWanted = false;
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [unit, language]);
  const content = JSON.stringify(data.current);
  useEffect(() => {
    chart.current?.setData(data.current);
  }, [content]);

  return (
    <figure class="chart">
      <figcaption>
        {title} ({unit})
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  );
}

function optionsFor(container: HTMLElement, unit: string, language: string, UPlot: typeof uPlot): uPlot.Options {
  const style = getComputedStyle(container);
  const ink = style.getPropertyValue("--text-soft").trim();
  const bar = style.getPropertyValue("--sign").trim();
  const grid = { stroke: style.getPropertyValue("--rule").trim(), width: 1 };
  // Bars stand to the right of the time at which they begin.
  const paths = UPlot.paths.bars?.({ size: [0.8, 64], align: 1 });
  return {
    width: container.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(most * 1.05, 0.001)] } },
    axes: [
      {
        stroke: ink,
        grid: { show: false },
        ticks: grid,
        values: (_chart, ticks, _axis, _space, step) => [...timeLabels(ticks, step, language)],
      },
      { stroke: ink, grid, ticks: grid, size: 64, values: (_chart, ticks) => [...numberLabels(ticks, language)] },
    ],
    series: [{}, { label: unit, stroke: bar, fill: bar, points: { show: false }, ...(paths ? { paths } : {}) }],
  };
}
