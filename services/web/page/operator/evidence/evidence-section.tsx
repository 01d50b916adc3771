import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { timeLocaleOf } from "../../text/amounts.ts";
import { useWords } from "../operator-context.ts";
import { Section, Table } from "../parts.tsx";
import { chartMonthsOf, sumWh } from "./chart-months.ts";
import type { Evidence } from "./evidence-answer.ts";
import { useEvidenceText } from "./evidence-text.ts";
import { ClaimTable, OfferTable, ShareTable } from "./market-tables.tsx";
import { MonthChart } from "./month-chart.tsx";
import { UnusualParts } from "./unusual-parts.tsx";
import { useEvidence } from "./use-evidence.ts";
import "./evidence.css";

/** What of the operator's energy is proven, claimed and sold, who holds shares, and what is unusual. */
export function EvidenceSection(properties: {
  readonly operatorKey: string;
  /** `null` where the service has one operator, or none yet. */
  readonly operator: string | null;
  readonly symbol: string;
  readonly onKeyRefused: () => void;
}): JSX.Element {
  const { symbol } = properties;
  const { time } = useWords();
  const evidenceText = useEvidenceText();
  const part = useEvidence(properties.operatorKey, properties.operator, properties.onKeyRefused);
  return (
    <Section title={evidenceText("title")} intro={evidenceText("intro")} part={part} waiting={evidenceText("reading")}>
      {({ evidence }) =>
        evidence === null ? (
          <p>{evidenceText("none")}</p>
        ) : (
          <>
            <PurposeParts evidence={evidence} symbol={symbol} />
            <ClaimTable evidence={evidence} />
            <OfferTable offers={evidence.offers} symbol={symbol} />
            <ShareTable shares={evidence.shares} symbol={symbol} />
            <UnusualParts insight={evidence.insight} />
            <p class="hint">{evidenceText("asOf", { time: time(evidence.asOfMs) })}</p>
          </>
        )
      }
    </Section>
  );
}

/** The energy for one purpose, which can be chosen. */
function PurposeParts({ evidence, symbol }: { readonly evidence: Evidence; readonly symbol: string }): JSX.Element {
  const { energy, money, language } = useWords();
  const evidenceText = useEvidenceText();
  const id = useId();
  const [chosen, choose] = useState<number | null>(null);
  const purpose = evidence.purposes.find((one) => one.purpose === chosen) ?? evidence.purposes[0];
  const months = evidence.months.filter((month) => month.purpose === purpose?.purpose);
  const outside = evidence.outside.filter((sums) => sums.purpose === purpose?.purpose);
  const name = typeof purpose?.name === "string" ? `${purpose.name}.` : evidenceText("noPurpose");
  const sums = {
    claimed: energy(sumWh(months.map(({ claimedWh }) => claimedWh))),
    claimable: energy(sumWh(months.map(({ claimableWh }) => claimableWh))),
    outside: energy(sumWh(months.map(({ outsideWh }) => outsideWh))),
  };
  const soldMicro = evidence.offers.reduce((sum, offer) => sum + offer.soldMicro, 0n);
  const monthName = new Intl.DateTimeFormat(timeLocaleOf(language), {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
  return (
    <>
      {purpose?.name === null ? (
        <p>{evidenceText("noPurpose")}</p>
      ) : (
        <p class="field evidence-purpose">
          <label for={id}>{evidenceText("purpose")}</label>
          <select
            id={id}
            value={String(purpose?.purpose ?? "")}
            onChange={(event) => {
              choose(Number(event.currentTarget.value));
            }}
          >
            {evidence.purposes.map((one) => (
              <option key={one.purpose} value={String(one.purpose)}>
                {one.name}
              </option>
            ))}
          </select>
        </p>
      )}
      <dl class="tiles">
        {[
          [evidenceText("claimedSum"), sums.claimed],
          [evidenceText("claimableSum"), sums.claimable],
          [evidenceText("outsideSum"), sums.outside],
          [evidenceText("soldSum"), money(soldMicro, symbol)],
        ].map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {months.length > 0 && (
        <>
          <h3>{evidenceText("chart")}</h3>
          <MonthChart label={evidenceText("chartSummary", { ...sums, purpose: name })} bars={chartMonthsOf(months)} />
          <div class="stack">
            <div>
              <Table
                caption={evidenceText("chart")}
                rows={months.toReversed()}
                keyOf={({ month }) => month}
                columns={[
                  {
                    title: evidenceText("month"),
                    cell: ({ month }) => monthName.format(Date.parse(`${month}-01T00:00:00Z`)),
                  },
                  { title: evidenceText("claimedSum"), isNumber: true, cell: ({ claimedWh }) => energy(claimedWh) },
                  {
                    title: evidenceText("claimableSum"),
                    isNumber: true,
                    cell: ({ claimableWh }) => energy(claimableWh),
                  },
                  { title: evidenceText("outsideSum"), isNumber: true, cell: ({ outsideWh }) => energy(outsideWh) },
                ]}
              />
            </div>
            {outside.length > 0 && (
              <div>
                <Table
                  caption={evidenceText("why")}
                  rows={outside}
                  keyOf={({ reason }) => reason}
                  columns={[
                    { title: evidenceText("why"), cell: ({ reason }) => evidenceText(`reason.${reason}`) },
                    { title: evidenceText("sessions"), isNumber: true, cell: ({ sessions }) => sessions },
                    { title: evidenceText("energy"), isNumber: true, cell: ({ energyWh }) => energy(energyWh) },
                  ]}
                />
              </div>
            )}
          </div>
        </>
      )}
    </>
  );
}
