import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { typedRecordsGrantOf, type RecordsGrant } from "../../../domain/records-grant.ts";
import { Choice, Field } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { Fold } from "../components/rows.tsx";
import { newRecordsGrant, readRecords, signedGrantOf, type SignedRecordsGrant } from "../service/driver-records.ts";
import { useApp } from "../shell/app-context.ts";
import { failureText, Waiting } from "../shell/parts.tsx";
import { saveFile } from "../shell/save-file.ts";
import { refusalOf } from "../wallet/eip1193.ts";
import { signTypedData, type WalletConnection } from "../wallet/wallet-connection.ts";

/** Long enough to sign at leisure and to read it all. */
const ownSeconds = 900;
const daySeconds = 86_400;
const lasts = { week: 7 * daySeconds, month: 30 * daySeconds, quarter: 90 * daySeconds - 60 } as const;
const longestName = 100;

/** All that the service holds of the driver's charges, for the driver or for somebody whom the driver names. */
export function OwnRecords(properties: {
  readonly connection: WalletConnection;
  /** The service's account. */
  readonly service: string;
}): JSX.Element {
  const { connection, service } = properties;
  const { text } = useApp();
  const id = useId();
  const [reader, setReader] = useState("");
  const [time, setTime] = useState<keyof typeof lasts>("month");
  const name = reader.trim();
  return (
    <section class="stack" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{text("recordsTitle")}</h2>
      <p>{text("recordsText")}</p>
      <SignAndSave
        connection={connection}
        isComplete
        makeGrant={() => newRecordsGrant(connection.account, service, "", ownSeconds)}
        save={async (grant) => {
          saveFile("wattproof-records.zip", "application/zip", await readRecords(grant));
        }}
        label={text("recordsButton")}
      />
      <Fold title={text("recordsForTitle")}>
        <div class="stack">
          <Field
            label={text("recordsReader")}
            value={reader}
            onInput={(typed) => {
              setReader(typed.slice(0, longestName));
            }}
          />
          <Choice
            legend={text("consentTime")}
            name={`${id}-time`}
            value={time}
            onChange={setTime}
            options={[
              { value: "week", label: text("recordsWeek") },
              { value: "month", label: text("recordsMonth") },
              { value: "quarter", label: text("recordsQuarter") },
            ]}
          />
          <p class="soft">{text("recordsForText")}</p>
          <SignAndSave
            connection={connection}
            isComplete={name !== ""}
            makeGrant={() => newRecordsGrant(connection.account, service, name, lasts[time])}
            save={(grant) => {
              saveFile("wattproof-access.json", "application/json", `${JSON.stringify(grant, null, 2)}\n`);
              return Promise.resolve();
            }}
            label={text("recordsForButton")}
          />
        </div>
      </Fold>
    </section>
  );
}

/** One signature, then one file. */
function SignAndSave(properties: {
  readonly connection: WalletConnection;
  readonly isComplete: boolean;
  readonly makeGrant: () => RecordsGrant;
  readonly save: (grant: SignedRecordsGrant) => Promise<void>;
  readonly label: string;
}): JSX.Element {
  const { connection, isComplete, makeGrant, save, label } = properties;
  const app = useApp();
  const { text, configuration } = app;
  const [step, setStep] = useState<"ready" | "signing" | "reading" | "saved">("ready");
  const [problem, setProblem] = useState<string | null>(null);
  const isBusy = step === "signing" || step === "reading";

  async function run(): Promise<void> {
    setProblem(null);
    setStep("signing");
    try {
      const grant = makeGrant();
      const signature = await signTypedData(connection, typedRecordsGrantOf(grant, configuration.chainId));
      setStep("reading");
      await save(signedGrantOf(grant, signature));
      setStep("saved");
    } catch (error) {
      setStep("ready");
      setProblem(refusalOf(error) === "declined" ? text("recordsRefused") : failureText(app, error));
    }
  }

  return (
    <>
      <button class="main wide" disabled={isBusy || !isComplete} onClick={() => void run()}>
        <Icon name="save" />
        {label}
      </button>
      {step === "signing" && <Waiting>{text("transactionSign")}</Waiting>}
      {step === "reading" && <Waiting />}
      {step === "saved" && <Notice kind="good">{text("recordsSaved")}</Notice>}
      {problem !== null && <Notice kind="bad">{problem}</Notice>}
    </>
  );
}
