import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Tariff } from "../../../domain/tariff.ts";
import type { Charger, DriverAccount } from "../chain/chain-reader.ts";
import { assumedPowerW, energyWithin, presetHolds } from "../chain/hold-presets.ts";
import { useApp } from "../shell/app-context.ts";
import { keepSetting, readSetting } from "../shell/kept-settings.ts";
import { Field, Notice } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { provenanceWords } from "../text/provenance-words.ts";
import { formatKw, formatKwh, formatTime, parseMicro } from "../text/amounts.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { FirstFunding } from "./first-funding.tsx";
import { expiryOfOpening, OpeningProgress, useOpening } from "./opening-steps.tsx";

interface Properties {
  readonly charger: Charger;
  /** Nobody can have it begin; what is held may stay held for nothing. */
  readonly isOffline: boolean;
  readonly offer: { readonly tariffId: string; readonly tariff: Tariff };
  readonly account: DriverAccount;
  readonly connection: WalletConnection;
}

/** A middle-sized car of these years. */
const usualBatteryKwh = "60";

/** The choice of the hold, with what it is enough for, and the signature. */
export function HoldAndSign(properties: Properties): JSX.Element {
  const { offer, account } = properties;
  const { text, money, language, symbol } = useApp();
  const [battery, setBattery] = useState(readSetting("batteryKwh") ?? usualBatteryKwh);
  const [choice, setChoice] = useState<"quarter" | "half" | "full" | "other">("half");
  const [other, setOther] = useState("");
  const batteryKwh = batteryOf(battery);
  const presets = presetHolds(offer.tariff, batteryKwh ?? Number(usualBatteryKwh));
  const holdMicro =
    choice === "other" ? parseMicro(other) : (presets.find(({ preset }) => preset === choice)?.holdMicro ?? null);
  const names = { quarter: text("holdQuarter"), half: text("holdHalf"), full: text("holdFull") };
  const isAbove = holdMicro !== null && holdMicro > account.freeMicro;
  const within = holdMicro === null ? null : energyWithin(offer.tariff, holdMicro);

  return (
    <>
      <h2>{text("holdTitle")}</h2>
      <p>{text("holdText")}</p>
      <Field
        label={text("holdBattery")}
        value={battery}
        inputMode="numeric"
        onInput={(value) => {
          setBattery(value);
          if (batteryOf(value) !== null) keepSetting("batteryKwh", value);
        }}
        problem={batteryKwh === null ? text("holdBatteryInvalid") : null}
      />
      <fieldset>
        <legend>{text("holdTitle")}</legend>
        {presets.map(({ preset, energyMicroWh, holdMicro: presetMicro }) => (
          <label class="option" key={preset}>
            <input
              type="radio"
              name="hold"
              checked={choice === preset}
              onChange={() => {
                setChoice(preset);
              }}
            />
            <span>
              {names[preset]}
              <br />
              <strong>
                {text("holdPreset", { energy: formatKwh(energyMicroWh, language), amount: money(presetMicro) })}
              </strong>
            </span>
          </label>
        ))}
        <label class="option">
          <input
            type="radio"
            name="hold"
            checked={choice === "other"}
            onChange={() => {
              setChoice("other");
            }}
          />
          {text("holdOther")}
        </label>
      </fieldset>
      {choice === "other" && (
        <Field
          label={text("holdOtherLabel", { symbol })}
          value={other}
          inputMode="decimal"
          onInput={setOther}
          problem={other !== "" && holdMicro === null ? text("holdOtherInvalid") : null}
        />
      )}
      <p class="hint">{text("holdAssumption", { power: formatKw(assumedPowerW, language) })}</p>
      {within !== null && <p>{text("holdEnough", { energy: formatKwh(within, language) })}</p>}
      {properties.isOffline && holdMicro !== null && <OfflineWarning holdMicro={holdMicro} />}
      {isAbove && <FirstFunding {...properties} holdMicro={holdMicro} />}
      {holdMicro !== null && !isAbove && <Sign {...properties} holdMicro={holdMicro} />}
    </>
  );
}

/** Said where the driver signs: what happens to the money when the charger does not begin. */
function OfflineWarning({ holdMicro }: { readonly holdMicro: bigint }): JSX.Element | null {
  const { text, money, language, reader } = useApp();
  const [answer] = useAnswer(() => expiryOfOpening(reader), [reader]);
  if (answer.kind !== "answered") return null;
  const time = formatTime(answer.value.expiresAt, language);
  return <Notice kind="warning">{text("signOffline", { amount: money(holdMicro), time })}</Notice>;
}

/** From a balance that suffices: one signature. */
function Sign(properties: Properties & { readonly holdMicro: bigint }): JSX.Element {
  const { text, money } = useApp();
  const { step, isBusy, openBySignature, openByTransaction } = useOpening(properties);

  return (
    <>
      <h2>{text("signTitle")}</h2>
      <p>{text("signText")}</p>
      {properties.charger.provenance !== null && (
        <p>{text("signProvenance", { provenance: text(provenanceWords[properties.charger.provenance]) })}</p>
      )}
      <button
        class="main"
        disabled={isBusy}
        onClick={() => {
          void openBySignature();
        }}
      >
        {text("signButton", { amount: money(properties.holdMicro) })}
      </button>
      <OpeningProgress step={step}>
        <Notice
          kind="warning"
          action={
            <button
              onClick={() => {
                void openByTransaction();
              }}
            >
              {text("signOwnButton")}
            </button>
          }
        >
          {text("signOwnTransaction")}
        </Notice>
      </OpeningProgress>
    </>
  );
}

function batteryOf(text: string): number | null {
  const kwh = Number(/^[0-9]{1,3}$/u.exec(text.trim())?.[0] ?? "0");
  return kwh >= 5 && kwh <= 300 ? kwh : null;
}
