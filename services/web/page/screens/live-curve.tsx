import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { useApp } from "../shell/app-context.ts";
import type { LiveReading } from "../service/session-view.ts";
import { formatKwh, formatSeconds } from "../text/amounts.ts";
import { numberLabels, timeLabels } from "../text/chart-labels.ts";

const heightPx = 200;

/** Energy over time. What it shows is said in words, too, for those who do not see it. */
export function LiveCurve({ readings }: { readonly readings: readonly LiveReading[] }): JSX.Element {
  const { text, language } = useApp();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const last = readings.at(-1);
  const seconds = ((last?.atMs ?? 0) - (readings[0]?.atMs ?? 0)) / 1_000;

  useEffect(() => {
    let isWanted = true;
    const container = place.current;
    if (container === null) return undefined;
    void import("uplot").then(({ default: UPlot }) => {
      if (!isWanted) return;
      chart.current = new UPlot(optionsFor(container, language), dataOf(readings), container);
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
  }, [language]);
  useEffect(() => {
    chart.current?.setData(dataOf(readings));
  }, [readings]);

  return (
    <figure class="curve">
      <figcaption>
        {text("liveCurve")}.{" "}
        {text("liveCurveText", {
          energy: formatKwh(last?.energyMicroWh ?? 0n, language),
          time: formatSeconds(seconds),
        })}
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  );
}

function dataOf(readings: readonly LiveReading[]): uPlot.AlignedData {
  return [
    readings.map(({ atMs }) => atMs / 1_000),
    // A picture needs no more digits than a number has.
    readings.map(({ energyMicroWh }) => Number(energyMicroWh / 1_000_000n) / 1_000),
  ];
}

function optionsFor(container: HTMLElement, language: string): uPlot.Options {
  const style = getComputedStyle(container);
  const ink = style.getPropertyValue("--ink-soft").trim();
  const line = style.getPropertyValue("--accent").trim();
  const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
  return {
    width: container.clientWidth,
    height: heightPx,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(most, 0.001)] } },
    axes: [
      {
        stroke: ink,
        grid,
        ticks: grid,
        values: (_chart, ticks, _axis, _space, step) => [...timeLabels(ticks, step, language)],
      },
      {
        stroke: ink,
        grid,
        ticks: grid,
        size: 84,
        values: (_chart, ticks) => [...numberLabels(ticks, language, "kWh")],
      },
    ],
    series: [{}, { stroke: line, width: 2, fill: `${line}22`, points: { show: true, size: 5 } }],
  };
}
