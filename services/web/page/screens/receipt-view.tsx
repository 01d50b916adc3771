import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { Fold } from "../components/rows.tsx";
import { BrokenSeal, Reasons, Seal } from "../components/seal.tsx";
import type { ReceiptCheck } from "../receipt/check-receipt.ts";
import { failuresFirst, wordOfCheck } from "../receipt/check-words.ts";
import { reasonsOf } from "../receipt/reasons.ts";
import { useApp } from "../shell/app-context.ts";
import { saveFile } from "../shell/save-file.ts";
import { failureText, Waiting } from "../shell/parts.tsx";
import { formatKwh } from "../text/amounts.ts";
import { useReceiptFacts, type ReceiptFacts } from "./receipt-facts.ts";
import { ReceiptPaper } from "./receipt-paper.tsx";

type Verification =
  | { readonly kind: "running" }
  | { readonly kind: "done"; readonly isGood: boolean; readonly checks: readonly ReceiptCheck[] }
  | { readonly kind: "failed"; readonly error: unknown };

interface Properties {
  /** The file as it came. */
  readonly content: unknown;
  readonly receipt: ParsedReceipt;
  readonly xml: string | null;
  /** It came from somebody: no amount is shown before the verdict. */
  readonly isForeign: boolean;
}

/** A receipt with the verdict of this device. The checking begins by itself. */
export function ReceiptView(properties: Properties): JSX.Element {
  const { content, receipt, isForeign } = properties;
  const app = useApp();
  const { text } = app;
  const [verification, setVerification] = useState<Verification>({ kind: "running" });
  const facts = useReceiptFacts(receipt);

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
    void verify();
  }, [content]);

  const isGood = verification.kind === "done" && verification.isGood;
  return (
    <section class="stack receipt" aria-label={text("receiptTitle")}>
      {verification.kind === "running" && <Waiting>{text("receiptVerifying")}</Waiting>}
      {verification.kind === "failed" && (
        <Notice
          kind="bad"
          title={text("receiptUnchecked")}
          action={<button onClick={() => void verify()}>{text("receiptVerify")}</button>}
        >
          {failureText(app, verification.error)}
        </Notice>
      )}
      {verification.kind === "done" && <Verdict isGood={isGood} checks={verification.checks} facts={facts} />}
      {isGood || (!isForeign && verification.kind !== "done") ? (
        <ReceiptPaper receipt={receipt} facts={facts} isPaidShown={!isForeign} />
      ) : (
        verification.kind !== "running" && (
          <div>
            <Fold title={text(verification.kind === "failed" ? "receiptSaysUnchecked" : "receiptSaysOnly")}>
              <ReceiptPaper receipt={receipt} facts={facts} isPaidShown={!isForeign} />
            </Fold>
          </div>
        )
      )}
      {(isGood || !isForeign || verification.kind !== "running") && <Files {...properties} />}
    </section>
  );
}

/** The receipt as a file, for other programs, and on paper. */
function Files({ content, receipt, xml }: Properties): JSX.Element {
  const { text } = useApp();
  const name = `wattproof-${receipt.idTag}`;
  return (
    <div class="close">
      <button
        class="wide"
        onClick={() => {
          window.print();
        }}
      >
        {text("receiptPrint")}
      </button>
      <button
        class="wide"
        onClick={() => {
          saveFile(`${name}.json`, "application/json", `${JSON.stringify(content, null, 2)}\n`);
        }}
      >
        <Icon name="save" />
        {text("receiptJson")}
      </button>
      {xml !== null && (
        <button
          class="wide"
          onClick={() => {
            saveFile(`${name}.xml`, "application/xml", xml);
          }}
        >
          <Icon name="save" />
          {text("receiptXml")}
        </button>
      )}
    </div>
  );
}

/** The seal with its five sentences, or the torn one; every check is behind them. */
function Verdict(properties: {
  readonly isGood: boolean;
  readonly checks: readonly ReceiptCheck[];
  readonly facts: ReceiptFacts;
}): JSX.Element {
  const { isGood, checks, facts } = properties;
  const { text, locale } = useApp();
  const failed = checks.filter(({ outcome }) => outcome === "fails").length;
  const sorted = failuresFirst(checks);
  const notable = sorted.filter(({ outcome }) => outcome !== "holds");
  const values = { ...facts.words, energy: formatKwh(facts.energyMicroWh, locale, 3) };
  const reasons = reasonsOf(checks).map(({ name, key, holds }) => ({
    // Of a file that does not hold nothing is repeated before its holder asks for it.
    text: isGood ? text(key, values) : text(`reasonPlain.${name}`),
    holds,
  }));
  const all = (
    <Fold title={text("checkDetails", { count: checks.length })}>
      <Checks checks={sorted} hasDetails />
    </Fold>
  );
  if (!isGood) {
    return (
      <>
        <BrokenSeal title={text("receiptBad")}>{text("receiptBadText", { count: failed })}</BrokenSeal>
        <Reasons reasons={reasons} failsWord={text("checkFails")} />
        <Checks checks={notable} hasDetails={false} />
        <div>{all}</div>
      </>
    );
  }
  return (
    <>
      <Seal title={text("receiptGood")} subtitle={text("receiptGoodText")}>
        <Reasons reasons={reasons} failsWord={text("checkFails")} />
        {all}
      </Seal>
      {notable.length > 0 && <Checks checks={notable} hasDetails={false} />}
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
    <ul class="rows checks">
      {properties.checks.map(({ name, outcome, detail }) => (
        <li key={name} class={`check check-${outcome}`}>
          <p>
            <strong>{outcomes[outcome]}</strong> {wordsOf(name)}
          </p>
          {properties.hasDetails && (
            <p class="soft code" lang="en">
              {detail}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
