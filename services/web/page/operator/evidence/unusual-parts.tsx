import type { JSX } from "preact";

import { useWords } from "../operator-context.ts";
import { Short, Table } from "../parts.tsx";
import type { Evidence } from "./evidence-answer.ts";
import { useEvidenceText } from "./evidence-text.ts";
import { UnusualChart } from "./unusual-chart.tsx";

/** What is unusual, as a picture by meter and as a list. */
export function UnusualParts({ insight }: { readonly insight: Evidence["insight"] }): JSX.Element {
  const { count } = useWords();
  const evidenceText = useEvidenceText();
  const { alarms, sessions, shown, meters } = insight;
  return (
    <>
      <h3>{evidenceText("unusual")}</h3>
      <p class="hint">{evidenceText("unusualText")}</p>
      <p>{evidenceText("unusualSummary", { alarms: count(alarms), sessions: count(sessions) })}</p>
      {meters.length > 0 && <UnusualChart insight={insight} />}
      {shown.length > 0 && (
        <Table
          caption={evidenceText("unusual")}
          rows={shown}
          keyOf={({ kind, meter, sessionId }) => `${kind} ${meter} ${sessionId}`}
          columns={[
            { title: evidenceText("what"), cell: ({ kind }) => evidenceText(`unusual.${kind}`) },
            { title: evidenceText("meter"), isNumber: true, cell: ({ meter }) => meter },
            {
              title: evidenceText("session"),
              cell: ({ sessionId }) =>
                sessionId === null ? (
                  evidenceText("allSessions")
                ) : (
                  <a href={`/#/session/${encodeURIComponent(sessionId)}`}>
                    <Short value={sessionId} />
                  </a>
                ),
            },
            { title: evidenceText("score"), isNumber: true, cell: ({ score }) => count(score) },
          ]}
        />
      )}
    </>
  );
}
