import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Field } from "../components/fields.tsx";
import { Notice } from "../components/note.tsx";
import { Fold } from "../components/rows.tsx";
import { sendReceiptTo } from "../service/service-client.ts";
import { keptViewKey } from "../service/view-keys.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText } from "../shell/parts.tsx";

/** The form of an address; whether somebody reads what is sent there nobody can tell. */
const addressGrammar = /^[^\s@]+@[^\s@]+\.[^\s@]+$/u;

type Progress = { readonly kind: "none" | "sending" | "done" } | { readonly kind: "failed"; readonly problem: string };

/** Where the receipt goes by e-mail, at the end or at once; nothing where the service sends none or this is not the driver. */
export function ReceiptMail({ sessionId }: { readonly sessionId: string }): JSX.Element | null {
  const app = useApp();
  const { text, language, configuration } = app;
  const key = keptViewKey(sessionId);
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [vatNumber, setVatNumber] = useState("");
  const [progress, setProgress] = useState<Progress>({ kind: "none" });
  if (!configuration.hasReceiptMail || key === null) return null;

  async function send(viewKey: string): Promise<void> {
    if (!addressGrammar.test(email.trim())) {
      setProgress({ kind: "failed", problem: text("receiptMailInvalid") });
      return;
    }
    setProgress({ kind: "sending" });
    const vat = vatNumber.replaceAll(/\s/gu, "").toUpperCase();
    const customer =
      name.trim() === "" ? {} : { customer: { name: name.trim(), ...(vat === "" ? {} : { vatNumber: vat }) } };
    try {
      await sendReceiptTo(sessionId, { email: email.trim(), language, ...customer }, viewKey);
      setProgress({ kind: "done" });
    } catch (error) {
      setProgress({ kind: "failed", problem: failureText(app, error) });
    }
  }

  return (
    <Fold title={text("receiptMailTitle")}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send(key);
        }}
      >
        <Field
          label={text("receiptMailAddress")}
          value={email}
          onInput={setEmail}
          inputMode="email"
          hint={text("receiptMailHint")}
          problem={progress.kind === "failed" ? progress.problem : null}
        />
        <Field label={text("receiptMailCompany")} value={name} onInput={setName} />
        <Field label={text("receiptMailVat")} value={vatNumber} onInput={setVatNumber} />
        {progress.kind === "done" && <Notice kind="good">{text("receiptMailDone")}</Notice>}
        <button class="wide" disabled={progress.kind === "sending"}>
          {text("receiptMailSend")}
        </button>
      </form>
    </Fold>
  );
}
