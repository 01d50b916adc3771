import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText, Facts, Hash, Notice, Waiting } from "../shell/parts.tsx";
import { provenanceWords } from "../text/provenance-words.ts";
import { formatExactKwh, formatSeconds } from "../text/amounts.ts";
import type { ReceiptCheck } from "../receipt/check-receipt.ts";
import { failuresFirst, wordOfCheck } from "../receipt/check-words.ts";

type Verification =
  | { readonly kind: "none" | "running" }
  | { readonly kind: "done"; readonly isGood: boolean; readonly checks: readonly ReceiptCheck[] }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * A receipt: what was paid and why, with the means to check it here. `content` is the file as it came.
 *
 * @param properties.isForeign It came from somebody: it is checked at once, and no amount is shown before the verdict.
 */
export function ReceiptView(properties: {
  readonly content: unknown;
  readonly receipt: ParsedReceipt;
  readonly xml: string | null;
  readonly isForeign: boolean;
}): JSX.Element {
  const { content, receipt, xml, isForeign } = properties;
  const app = useApp();
  const { text } = app;
  const [verification, setVerification] = useState<Verification>({ kind: isForeign ? "running" : "none" });
  const name = `wattproof-${receipt.sessionId.slice(2, 14)}`;

  async function verify(): Promise<void> {
    setVerification({ kind: "running" });
    try {
      const { checkReceipt } = await import("../receipt/check-receipt.ts");
      setVerification({ kind: "done", ...(await checkReceipt(content, app.chain, app.configuration.contracts)) });
    } catch (error) {
      setVerification({ kind: "failed", error });
    }
  }

  useEffect(() => {
    if (isForeign) void verify();
  }, [content]);
  const hasVerdict = verification.kind === "done" || verification.kind === "failed";

  return (
    <section class="card receipt" aria-labelledby="receipt-title">
      <h2 id="receipt-title">{text("receiptTitle")}</h2>
      {verification.kind === "running" && <Waiting>{text("receiptVerifying")}</Waiting>}
      {verification.kind === "failed" && (
        <Notice kind="bad" title={text("receiptUnchecked")}>
          {failureText(app, verification.error)}
        </Notice>
      )}
      {verification.kind === "done" && <Verdict isGood={verification.isGood} checks={verification.checks} />}
      {(hasVerdict || !isForeign) && (
        <>
          {verification.kind === "failed" && <h3>{text("receiptSaysUnchecked")}</h3>}
          {verification.kind === "done" && !verification.isGood && <h3>{text("receiptSaysOnly")}</h3>}
          <Content receipt={receipt} />
        </>
      )}
      <div class="actions">
        <button class="main" disabled={verification.kind === "running"} onClick={() => void verify()}>
          {text("receiptVerify")}
        </button>
        <button
          onClick={() => {
            download(`${name}.json`, "application/json", `${JSON.stringify(content, null, 2)}\n`);
          }}
        >
          {text("receiptJson")}
        </button>
        {xml !== null && (
          <button
            onClick={() => {
              download(`${name}.xml`, "application/xml", xml);
            }}
          >
            {text("receiptXml")}
          </button>
        )}
        <button
          onClick={() => {
            window.print();
          }}
        >
          {text("receiptPrint")}
        </button>
      </div>
    </section>
  );
}

/** What the receipt says. */
function Content({ receipt }: { readonly receipt: ParsedReceipt }): JSX.Element {
  const { text, money, language } = useApp();
  const { challenges, refundedMicro, isReadable } = receipt;
  return (
    <>
      <Facts
        facts={[
          [text("receiptCharged"), <strong key="charged">{money(receipt.chargedMicro)}</strong>],
          [text("receiptReturned"), money(receipt.returnedMicro)],
          [text("liveHold"), money(receipt.holdMicro + receipt.toppedUpMicro)],
          ...(challenges.length === 0 ? [] : [[text("challengeRefunded"), money(refundedMicro)] as const]),
          [text("receiptEnergy"), formatExactKwh(receipt.energyMicroWh, language)],
          [text("receiptTime"), formatSeconds(receipt.chargingSeconds)],
        ]}
      />
      {receipt.chargedMicro === 0n && receipt.energyMicroWh === 0n && <Notice kind="good">{text("stateZero")}</Notice>}
      <Breakdown receipt={receipt} />
      <Facts
        facts={[
          [text("evseOperator"), <Hash key="operator" value={receipt.terms.operator} />],
          [
            text("receiptMeter"),
            text("receiptMeterText", { number: receipt.meter.number, curve: receipt.meter.curve }),
          ],
          ...(receipt.meter.provenance === null
            ? []
            : [[text("evseProvenance"), text(provenanceWords[receipt.meter.provenance])] as const]),
          ...(receipt.evidence === null
            ? []
            : [[text("receiptEvidence"), text(`grade.${receipt.evidence.grade}`)] as const]),
          ...(isReadable === null
            ? []
            : [[text("receiptReadable"), text(isReadable ? "receiptReadableYes" : "receiptReadableNo")] as const]),
          [text("receiptTransaction"), <Hash key="transaction" value={receipt.transaction.hash} />],
          [text("receiptBlock"), receipt.transaction.blockNumber],
          [text("sessionId"), <Hash key="session" value={receipt.sessionId} />],
          [text("sessionTag"), <code key="tag">{receipt.idTag}</code>],
        ]}
      />
    </>
  );
}

function Breakdown({ receipt }: { readonly receipt: ParsedReceipt }): JSX.Element {
  const { text, money, language } = useApp();
  const { price } = receipt;
  const { flatFeeMicro, energyMicro, chargingMicro, connectedMicro } = price;
  const { flatTaxMicro, energyTaxMicro, chargingTaxMicro, connectedTaxMicro } = price;
  const limitMicro = price.netMicro - flatFeeMicro - energyMicro - chargingMicro - connectedMicro;
  const limitTaxMicro = price.taxMicro - flatTaxMicro - energyTaxMicro - chargingTaxMicro - connectedTaxMicro;
  const rows: readonly (readonly [name: string, netMicro: bigint, taxMicro: bigint])[] = [
    [text("receiptFlat"), flatFeeMicro, flatTaxMicro],
    [
      text("receiptEnergyCost", { energy: formatExactKwh(receipt.energyMicroWh, language) }),
      energyMicro,
      energyTaxMicro,
    ],
    [text("receiptChargingCost", { time: formatSeconds(receipt.chargingSeconds) }), chargingMicro, chargingTaxMicro],
    [
      text("receiptConnectedCost", { time: formatSeconds(receipt.connectedSeconds) }),
      connectedMicro,
      connectedTaxMicro,
    ],
    [text("receiptMinimumApplied"), limitMicro, limitTaxMicro],
  ];
  return (
    <>
      <table class="breakdown">
        <caption>{text("receiptPrice")}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{text("receiptBeforeTax")}</th>
            <th scope="col">{text("receiptTax")}</th>
          </tr>
        </thead>
        <tbody>
          {rows
            .filter(([, net, tax]) => net !== 0n || tax !== 0n)
            .map(([name, net, tax]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{money(net)}</td>
                <td>{money(tax)}</td>
              </tr>
            ))}
          <tr>
            <th scope="row">{text("receiptNet")}</th>
            <td>{money(price.netMicro)}</td>
            <td>{money(price.taxMicro)}</td>
          </tr>
          <tr class="total">
            <th scope="row">{text("receiptGross")}</th>
            <td colSpan={2}>{money(price.grossMicro)}</td>
          </tr>
        </tbody>
      </table>
      {price.grossMicro > receipt.holdMicro + receipt.toppedUpMicro && <p>{text("receiptCapped")}</p>}
    </>
  );
}

/** The verdict, what fails or should be known, and all else behind it. */
function Verdict(properties: { readonly isGood: boolean; readonly checks: readonly ReceiptCheck[] }): JSX.Element {
  const { isGood, checks } = properties;
  const { text } = useApp();
  const failed = checks.filter(({ outcome }) => outcome === "fails").length;
  const sorted = failuresFirst(checks);
  const notable = sorted.filter(({ outcome }) => outcome !== "holds");
  return (
    <>
      <Notice kind={isGood ? "good" : "bad"} title={isGood ? text("receiptGood") : text("receiptBad")}>
        {isGood ? text("receiptGoodText", { count: checks.length }) : text("receiptBadText", { count: failed })}
      </Notice>
      {notable.length > 0 && <Checks checks={notable} hasDetails={false} />}
      <details>
        <summary>{text("checkDetails")}</summary>
        <Checks checks={sorted} hasDetails />
      </details>
    </>
  );
}

function Checks(properties: { readonly checks: readonly ReceiptCheck[]; readonly hasDetails: boolean }): JSX.Element {
  const { text } = useApp();
  const outcomes = { holds: text("checkHolds"), fails: text("checkFails"), warning: text("checkWarning") };
  const wordsOf = (name: string): string => {
    const word = wordOfCheck(name);
    return word === null ? name : text(word.key, word.values);
  };
  return (
    <ul class="checks">
      {properties.checks.map(({ name, outcome, detail }) => (
        <li key={name} class={`check check-${outcome}`}>
          <strong>{outcomes[outcome]}</strong> {wordsOf(name)}
          {properties.hasDetails && (
            <span class="detail" lang="en">
              {detail}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Hands a text to the browser as a file; it is made here and asked of nobody. */
function download(name: string, mediaType: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: mediaType }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 10_000);
}
