import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { useApp } from "../shell/app-context.ts";
import { Notice } from "../shell/parts.tsx";
import { ReceiptView } from "./receipt-view.tsx";

/** A receipt with the most records that a session can have stays below this. */
const longestReceiptBytes = 128 * 1024 * 1024;

/** A receipt that can be shown. */
export interface ReadableReceipt {
  readonly content: unknown;
  readonly receipt: ParsedReceipt;
  readonly xml: string | null;
}

/** The receipt if it has the right form. */
export async function readableReceiptOf(content: unknown): Promise<ReadableReceipt | null> {
  const { parseReceipt, transparencyXmlOf } = await import("../receipt/check-receipt.ts");
  const receipt = parseReceipt(content);
  return receipt === null ? null : { content, receipt, xml: transparencyXmlOf(receipt) };
}

/** Checks a receipt that somebody has as a file. */
export function CheckReceiptScreen(): JSX.Element {
  const { text } = useApp();
  const id = useId();
  const [shown, setShown] = useState<ReadableReceipt | "unreadable" | null>(null);

  async function show(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    // What was shown of another file must not stand beside this one's name.
    setShown(null);
    try {
      if (file.size > longestReceiptBytes) throw new RangeError("The file is too long.");
      setShown((await readableReceiptOf(JSON.parse(await file.text()))) ?? "unreadable");
    } catch {
      // No JSON, or no end of it: either way it is no receipt.
      setShown("unreadable");
    }
  }

  return (
    <>
      <h1>{text("receiptCheckTitle")}</h1>
      <p>{text("receiptCheckText")}</p>
      <div class="field">
        <label for={id}>{text("receiptFile")}</label>
        <input
          id={id}
          type="file"
          accept="application/json,.json"
          onChange={(event) => void show(event.currentTarget.files?.[0])}
        />
      </div>
      {shown === "unreadable" && <Notice kind="bad">{text("receiptUnreadable")}</Notice>}
      {shown !== null && shown !== "unreadable" && <ReceiptView {...shown} isForeign />}
    </>
  );
}
