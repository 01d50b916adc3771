import type { JSX } from "preact";

import { useWords } from "../operator-context.ts";
import type { Evidence } from "./evidence-answer.ts";
import { useEvidenceText } from "./evidence-text.ts";

/** As `wattproof insight` has it: from here on something is told of. */
const alarmScore = 500;
const fullScore = 1_000;
const mostRows = 12;
const place = { width: 560, left: 190, right: 48, row: 24, top: 24 };

/** How unusual each meter's most unusual session is; the highest first, behind a line from which on it is told of. */
export function UnusualChart({ insight }: { readonly insight: Evidence["insight"] }): JSX.Element {
  const { count } = useWords();
  const evidenceText = useEvidenceText();
  const rows = insight.meters.toSorted((left, right) => right.score - left.score).slice(0, mostRows);
  const height = place.top + rows.length * place.row + 8;
  const x = (score: number): number => place.left + (score / fullScore) * (place.width - place.left - place.right);
  const label = evidenceText("unusualSummary", { alarms: count(insight.alarms), sessions: count(insight.sessions) });
  return (
    <figure class="chart evidence-chart">
      <figcaption>{evidenceText("unusualByMeter")}</figcaption>
      <div class="scroll" role="group" aria-label={evidenceText("unusualByMeter")} tabIndex={0}>
        <svg viewBox={`0 0 ${place.width} ${height}`} width={place.width} height={height} role="img" aria-label={label}>
          <line class="limit" x1={x(alarmScore)} x2={x(alarmScore)} y1={place.top - 6} y2={height} />
          <text x={x(alarmScore)} y={place.top - 10} text-anchor="middle">
            {count(alarmScore)}
          </text>
          {rows.map(({ meter, evse, score }, index) => {
            const y = place.top + index * place.row;
            return (
              <g key={meter}>
                <text x={place.left - 10} y={y + 15} text-anchor="end">
                  {evidenceText("meterAt", { meter: String(meter), evse: String(evse) })}
                </text>
                <rect class="track" x={place.left} y={y + 5} width={x(fullScore) - place.left} height="12" />
                <rect
                  class={score >= alarmScore ? "outside" : "claimed"}
                  x={place.left}
                  y={y + 5}
                  width={x(score) - place.left}
                  height="12"
                />
                <text class={score >= alarmScore ? "strong" : ""} x={x(fullScore) + 8} y={y + 15}>
                  {count(score)}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
    </figure>
  );
}
