import type { JSX } from "preact";

import { useWords } from "../operator-context.ts";
import { Short, Table } from "../parts.tsx";
import type { Evidence } from "./evidence-answer.ts";
import { useEvidenceText } from "./evidence-text.ts";

export function ClaimTable({ evidence: { claims, purposes } }: { readonly evidence: Evidence }): JSX.Element {
  const { time, energy } = useWords();
  const evidenceText = useEvidenceText();
  const names = new Map(purposes.map(({ purpose, name }) => [purpose, name]));
  return (
    <>
      <h3>{evidenceText("claims")}</h3>
      {claims.length === 0 && <p>{evidenceText("noClaims")}</p>}
      {claims.length > 0 && (
        <Table
          caption={evidenceText("claims")}
          rows={claims}
          keyOf={({ claimId }) => claimId}
          columns={[
            { title: evidenceText("claim"), cell: ({ claimId }) => claimId },
            { title: evidenceText("purpose"), cell: ({ purpose }) => names.get(purpose) ?? String(purpose) },
            { title: evidenceText("upTo"), cell: ({ periodEndsAtMs }) => time(periodEndsAtMs) },
            { title: evidenceText("energy"), isNumber: true, cell: ({ energyWh }) => energy(energyWh) },
            { title: evidenceText("provenNow"), isNumber: true, cell: ({ provenWh }) => energy(provenWh) },
            {
              title: evidenceText("state"),
              cell: ({ status, energyWh, provenWh }) => (
                <>
                  <span class={status === "contradicted" ? "chip chip-bad" : "chip"}>
                    {evidenceText(`state.${status}`)}
                  </span>
                  {status !== "contradicted" && isLess(provenWh, energyWh) && (
                    <span class="chip chip-bad">{evidenceText("overstated")}</span>
                  )}
                </>
              ),
            },
            { title: evidenceText("holder"), cell: ({ holder }) => <Short value={holder} /> },
            { title: evidenceText("dossier"), cell: ({ root }) => <Short value={root} /> },
          ]}
        />
      )}
    </>
  );
}

export function OfferTable(properties: { readonly offers: Evidence["offers"]; readonly symbol: string }): JSX.Element {
  const { time, money, count } = useWords();
  const evidenceText = useEvidenceText();
  const { offers, symbol } = properties;
  return (
    <>
      <h3>{evidenceText("offers")}</h3>
      {offers.length === 0 && <p>{evidenceText("noOffers")}</p>}
      {offers.length > 0 && (
        <Table
          caption={evidenceText("offers")}
          rows={offers}
          keyOf={({ offerId }) => offerId}
          columns={[
            { title: evidenceText("dossier"), cell: ({ root }) => <Short value={root} /> },
            {
              title: evidenceText("state"),
              cell: ({ isEnded, expiresAtMs }) => (
                <span class="chip">
                  {evidenceText(isEnded ? "offer.ended" : expiresAtMs <= Date.now() ? "offer.over" : "offer.open")}
                </span>
              ),
            },
            { title: evidenceText("until"), cell: ({ expiresAtMs }) => time(expiresAtMs) },
            { title: evidenceText("price"), isNumber: true, cell: ({ priceMicro }) => money(priceMicro, symbol) },
            { title: evidenceText("sold"), isNumber: true, cell: ({ sales }) => count(sales) },
            { title: evidenceText("revenue"), isNumber: true, cell: ({ soldMicro }) => money(soldMicro, symbol) },
            { title: evidenceText("toDrivers"), isNumber: true, cell: (one) => money(one.driversMicro, symbol) },
          ]}
        />
      )}
    </>
  );
}

export function ShareTable(properties: { readonly shares: Evidence["shares"]; readonly symbol: string }): JSX.Element {
  const { money, count } = useWords();
  const evidenceText = useEvidenceText();
  const { shares, symbol } = properties;
  const rows = shares.flatMap((share) =>
    share.holders.map((holder) => ({ ...holder, share: share.share, shareSymbol: share.symbol })),
  );
  return (
    <>
      <h3>{evidenceText("shares")}</h3>
      {shares.length === 0 && <p>{evidenceText("noShares")}</p>}
      {shares.map(({ share, name, symbol: own, phase, shareCount, holderCount, pulledMicro }) => (
        <p key={share}>
          {evidenceText("shareSummary", {
            ...{ name, symbol: own, phase: evidenceText(`phase.${phase}`) },
            ...{ count: count(shareCount), holders: count(holderCount), pulled: money(pulledMicro, symbol) },
          })}
        </p>
      ))}
      {rows.length > 0 && (
        <Table
          caption={evidenceText("shares")}
          rows={rows}
          keyOf={({ share, holder }) => `${share} ${holder}`}
          columns={[
            { title: evidenceText("holder"), cell: ({ holder }) => <Short value={holder} /> },
            { title: evidenceText("share"), cell: ({ shareSymbol }) => shareSymbol },
            { title: evidenceText("count"), isNumber: true, cell: (row) => count(row.count) },
            { title: evidenceText("owed"), isNumber: true, cell: ({ owedMicro }) => money(owedMicro, symbol) },
          ]}
        />
      )}
    </>
  );
}

/** Of two decimal texts, whether the first is less; no number of the machine comes between. */
function isLess(left: string, right: string): boolean {
  const micro = (text: string): bigint => {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(`${whole}${fraction.padEnd(6, "0")}`);
  };
  return micro(left) < micro(right);
}
