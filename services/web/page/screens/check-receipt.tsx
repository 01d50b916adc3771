import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { ParsedReceipt } from "../../../receipts/receipt-schema.ts";
import { useApp } from "../shell/app-context.ts";
import { Field } from "../components/fields.tsx";
import { Notice } from "../components/note.tsx";
import { Fold } from "../components/rows.tsx";
import { Screen } from "../shell/screen.tsx";
import type { FileLine } from "../receipt/check-signed-file.ts";
import { DossierView } from "./dossier-view.tsx";
import { RecordSource } from "./record-source.tsx";
import { ReceiptView } from "./receipt-view.tsx";
import { SignedFileView } from "./signed-file-view.tsx";

/** A receipt with the most records that a session can have stays below this. */
const longestReceiptBytes = 128 * 1024 * 1024;
/** A file of signed values that is read at all. */
const longestSignedBytes = 4 * 1024 * 1024;

const beginningBytes = 1_024;

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

async function readReceipt(file: File): Promise<ReadableReceipt | null> {
  try {
    if (file.size > longestReceiptBytes) throw new RangeError("The file is too long.");
    return await readableReceiptOf(JSON.parse(await file.text()));
  } catch {
    // No JSON, or no end of it: either way it is no receipt.
    return null;
  }
}

/** A dossier says what it is at its beginning, and may be too large to be read as a whole. */
async function isDossier(file: File): Promise<boolean> {
  return /^\s*\{\s*"format"\s*:\s*"wattproof-dossier"/u.test(await file.slice(0, beginningBytes).text());
}

/** Checks a receipt, a dossier or signed meter values that somebody has as a file, a text or a code. */
export function CheckReceiptScreen(): JSX.Element {
  const { text } = useApp();
  const [key, setKey] = useState("");
  const [shown, setShown] = useState<ReadableReceipt | "unreadable" | null>(null);
  const [dossier, setDossier] = useState<File | null>(null);
  const [lines, setLines] = useState<readonly FileLine[]>([]);

  /** Whether the file holds signed values, whatever they are worth. */
  async function showSigned(file: File): Promise<boolean> {
    if (file.size > longestSignedBytes) return false;
    const { checkSignedFile } = await import("../receipt/check-signed-file.ts");
    const judged = checkSignedFile(new Uint8Array(await file.arrayBuffer()), key);
    if (judged.every(({ format }) => format === null)) return false;
    setLines(judged);
    return true;
  }

  async function show(file: File): Promise<void> {
    // What was shown of another file must not stand beside this one's name.
    setShown(null);
    setLines([]);
    setDossier(null);
    if (await isDossier(file)) {
      setDossier(file);
      return;
    }
    const receipt = await readReceipt(file);
    if (receipt !== null) setShown(receipt);
    else if (!(await showSigned(file))) setShown("unreadable");
  }

  return (
    <Screen backTo={{ kind: "settings" }} title={text("receiptCheckTitle")} tab="settings">
      <h1>{text("receiptCheckTitle")}</h1>
      <p>{text("receiptCheckText")}</p>
      <RecordSource onFile={(file) => void show(file)} />
      {lines.length > 0 && <SignedFileView lines={lines} />}
      {shown === "unreadable" && <Notice kind="bad">{text("receiptUnreadable")}</Notice>}
      {dossier !== null && <DossierView file={dossier} />}
      {shown !== null && shown !== "unreadable" && <ReceiptView {...shown} isForeign />}
      <div>
        <Fold title={text("signedKeyTitle")}>
          <p class="soft">{text("dossierCheckText")}</p>
          <Field label={text("signedKey")} hint={text("signedKeyHint")} value={key} onInput={setKey} />
        </Fold>
      </div>
    </Screen>
  );
}
