import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { consentScopes } from "../../../domain/data-consent.ts";
import { consentCall, readConsent } from "../chain/data-consents.ts";
import { Choice, Field, Toggle } from "../components/fields.tsx";
import { Fold } from "../components/rows.tsx";
import { useApp } from "../shell/app-context.ts";
import { useAnswer } from "../shell/use-answer.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { TransactionButton } from "./transaction-button.tsx";

/** An operator with a name for people. */
export interface KnownOperator {
  readonly address: string;
  readonly name: string;
}

/** What a consent can be about, in words. */
export const scopeTexts = [
  { bit: consentScopes.fields, text: "consentFields" },
  { bit: consentScopes.records, text: "consentRecords" },
  { bit: consentScopes.place, text: "consentPlace" },
  { bit: consentScopes.sameDriver, text: "consentDriver" },
] as const;

const daySeconds = 86_400;
const lasts = { quarter: 91 * daySeconds, year: 365 * daySeconds, years: 730 * daySeconds } as const;
/** The part that a driver asks for unless the driver says otherwise, in percent. */
const usualPercent = "50";

/** Lets one of the driver's operators use data: which, for how long, and for which part of the price. */
export function GiveConsent(properties: {
  readonly connection: WalletConnection;
  readonly dataConsents: string;
  readonly operators: readonly KnownOperator[];
  readonly nowSeconds: number;
  readonly onGiven: () => void;
}): JSX.Element {
  const { connection, dataConsents, operators, nowSeconds, onGiven } = properties;
  const { text, chain } = useApp();
  const id = useId();
  const [chosen, setChosen] = useState(operators[0]?.address ?? "");
  const [scopes, setScopes] = useState<number>(consentScopes.fields);
  const [time, setTime] = useState<keyof typeof lasts>("year");
  const [percent, setPercent] = useState(usualPercent);
  const [standing, askAgain] = useAnswer(
    async () => (chosen === "" ? null : readConsent(chain, dataConsents, connection.account, chosen)),
    [chain, dataConsents, connection.account, chosen],
  );
  const isPercent = /^(?:100|[1-9]?[0-9])$/u.test(percent.trim());
  const before = standing.kind === "answered" && standing.value?.grantee === chosen ? standing.value : null;
  const isComplete = before !== null && scopes !== 0 && isPercent;

  if (operators.length === 0) return <p class="soft">{text("consentNoOperators")}</p>;
  return (
    <Fold title={text("consentGiveTitle")}>
      <div class="stack">
        <p>{text("consentGiveText")}</p>
        <div class="field">
          <label for={id}>{text("consentOperator")}</label>
          <select
            id={id}
            value={chosen}
            onChange={(event) => {
              setChosen(event.currentTarget.value);
            }}
          >
            {operators.map(({ address, name }) => (
              <option key={address} value={address}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <fieldset>
          <legend>{text("consentWhat")}</legend>
          {scopeTexts.map(({ bit, text: key }) => (
            <Toggle
              key={key}
              label={text(key)}
              isOn={(scopes & bit) !== 0}
              onChange={(isOn) => {
                setScopes(isOn ? scopes | bit : scopes & ~bit);
              }}
            />
          ))}
        </fieldset>
        <Choice
          legend={text("consentTime")}
          name={`${id}-time`}
          value={time}
          onChange={setTime}
          options={[
            { value: "quarter", label: text("consentMonths") },
            { value: "year", label: text("consentYear") },
            { value: "years", label: text("consentYears") },
          ]}
        />
        <Field
          label={text("consentLeast")}
          value={percent}
          onInput={setPercent}
          inputMode="numeric"
          problem={isPercent ? null : text("consentLeastInvalid")}
        />
        <TransactionButton
          connection={connection}
          calls={
            isComplete
              ? [
                  consentCall(dataConsents, {
                    ...{ driver: connection.account, grantee: chosen, scopes, lane: 0, nonce: before.nonce },
                    until: nowSeconds + lasts[time],
                    shareBps: Number(percent) * 100,
                  }),
                ]
              : []
          }
          onDone={() => {
            askAgain();
            onGiven();
          }}
        >
          {text("consentGive")}
        </TransactionButton>
      </div>
    </Fold>
  );
}
