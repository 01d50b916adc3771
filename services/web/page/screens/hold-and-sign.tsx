import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Tariff } from "../../../domain/tariff.ts";
import { sessionIdOf, typedTermsOf, type SessionTerms } from "../../../domain/terms.ts";
import type { Charger, DriverAccount } from "../chain/chain-reader.ts";
import { assumedPowerW, energyWithin, presetHolds } from "../chain/hold-presets.ts";
import { awaitTransaction, openCall } from "../chain/transactions.ts";
import { relayOpening, ServiceRefusal, ServiceUnreachableError } from "../service/service-client.ts";
import { useApp, type App } from "../shell/app-context.ts";
import { keepSetting, readSetting } from "../shell/kept-settings.ts";
import { failureText, Field, Notice, Waiting } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { formatKw, formatKwh, parseMicro } from "../text/amounts.ts";
import { refusalOf } from "../wallet/eip1193.ts";
import { sendTransaction, signTypedData, type WalletConnection } from "../wallet/wallet-connection.ts";

interface Properties {
  readonly charger: Charger;
  readonly offer: { readonly tariffId: string; readonly tariff: Tariff };
  readonly account: DriverAccount;
  readonly connection: WalletConnection;
}

/** A middle-sized car of these years. */
const usualBatteryKwh = "60";
const daySeconds = 86_400;

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
      {isAbove && (
        <Notice
          kind="warning"
          action={
            <a class="button" href={hrefOf({ kind: "account" })}>
              {text("depositTitle")}
            </a>
          }
        >
          {text("holdAboveBalance", {
            balance: money(account.freeMicro),
            missing: money(holdMicro - account.freeMicro),
          })}
        </Notice>
      )}
      {holdMicro !== null && !isAbove && <Sign {...properties} holdMicro={holdMicro} />}
    </>
  );
}

type Step =
  | { readonly kind: "ready" }
  | { readonly kind: "signing" }
  | { readonly kind: "sending" }
  | { readonly kind: "slow" }
  | { readonly kind: "declined" }
  | { readonly kind: "own-transaction" }
  | { readonly kind: "failed"; readonly detail: string };

function Sign(properties: Properties & { readonly holdMicro: bigint }): JSX.Element {
  const app = useApp();
  const { text, money } = app;
  const [step, setStep] = useState<Step>({ kind: "ready" });
  const isBusy = ["signing", "sending", "slow"].includes(step.kind);

  async function run(open: (terms: SessionTerms) => Promise<boolean>): Promise<void> {
    setStep({ kind: "signing" });
    try {
      const terms = await termsOf(app, properties);
      const isOpen = await open(terms);
      if (!isOpen) setStep({ kind: "slow" });
      location.hash = hrefOf({ kind: "session", sessionId: sessionIdOf(terms, domainOf(app)) });
    } catch (error) {
      setStep(stepAfter(app, error));
    }
  }

  return (
    <>
      <h2>{text("signTitle")}</h2>
      <p>{text("signText")}</p>
      <button
        class="main"
        disabled={isBusy}
        onClick={() => {
          void run((terms) => openBySignature(app, properties.connection, terms, setStep));
        }}
      >
        {text("signButton", { amount: money(properties.holdMicro) })}
      </button>
      {step.kind === "signing" && <Waiting>{text("signWaiting")}</Waiting>}
      {step.kind === "sending" && <Waiting>{text("signSending")}</Waiting>}
      {step.kind === "slow" && <Waiting>{text("signSlow")}</Waiting>}
      {step.kind === "declined" && <Notice kind="info">{text("signRefused")}</Notice>}
      {step.kind === "failed" && <Notice kind="bad">{step.detail}</Notice>}
      {step.kind === "own-transaction" && (
        <Notice
          kind="warning"
          action={
            <button
              onClick={() => {
                void run((terms) => openByTransaction(app, properties.connection, terms, setStep));
              }}
            >
              {text("signOwnButton")}
            </button>
          }
        >
          {text("signOwnTransaction")}
        </Notice>
      )}
    </>
  );
}

async function openBySignature(
  app: App,
  connection: WalletConnection,
  terms: SessionTerms,
  onStep: (step: Step) => void,
): Promise<boolean> {
  if (!app.configuration.hasRelay) throw new ServiceRefusal("RELAY_NOT_CONFIGURED", "");
  const signature = await signTypedData(connection, typedTermsOf(terms, domainOf(app)));
  onStep({ kind: "sending" });
  const { status } = await relayOpening(terms, signature);
  return status === "open";
}

async function openByTransaction(
  app: App,
  connection: WalletConnection,
  terms: SessionTerms,
  onStep: (step: Step) => void,
): Promise<boolean> {
  const txHash = await sendTransaction(connection, openCall(app.configuration.contracts.chargingSettlement, terms));
  onStep({ kind: "sending" });
  const outcome = await awaitTransaction(app.chain, txHash, new AbortController().signal);
  if (outcome === "reverted") throw new Error(app.text("transactionReverted"));
  return outcome === "done";
}

/** Chain time, not the device's: a device's clock may be wrong by hours. */
async function termsOf(app: App, properties: Properties & { readonly holdMicro: bigint }): Promise<SessionTerms> {
  const { charger, offer, connection, holdMicro } = properties;
  const { timestamp } = await app.reader.readHead();
  const { nonce } = await app.reader.readAccount(connection.account);
  const longestSeconds = await app.reader.readMaximumSessionSeconds();
  return {
    driver: connection.account,
    lane: 0,
    nonce,
    operator: charger.operator,
    agreement: 0,
    evse: charger.evse,
    meter: charger.meter,
    maximumPowerW: charger.maximumPowerW,
    tariffId: offer.tariffId,
    holdMicro,
    expiresAt: timestamp + Math.min(daySeconds, longestSeconds),
  };
}

function domainOf({ configuration }: App): { readonly chainId: number; readonly verifyingContract: string } {
  return { chainId: configuration.chainId, verifyingContract: configuration.contracts.chargingSettlement };
}

const knownRefusals = [
  "SESSION_LIVE",
  "NONCE_MISMATCH",
  "HOLD_ABOVE_BALANCE",
  "EXPIRY_PASSED",
  "TARIFF_NOT_OFFERED",
  "SIGNATURE_INVALID",
] as const;
const relayFailures: readonly string[] = ["RELAY_NOT_CONFIGURED", "RELAY_UNAVAILABLE", "CLIENT_RATE_EXCEEDED"];

function stepAfter(app: App, error: unknown): Step {
  if (error instanceof ServiceRefusal && error.code === "OPENING_REFUSED") {
    const known = knownRefusals.find((code) => code === error.detail);
    const reason =
      known === undefined
        ? app.text("refusal_other", { code: error.detail.slice(0, 60) })
        : app.text(`refusal_${known}`);
    return { kind: "failed", detail: app.text("openingRefused", { reason }) };
  }
  if (error instanceof ServiceUnreachableError) return { kind: "own-transaction" };
  if (error instanceof ServiceRefusal && relayFailures.includes(error.code)) return { kind: "own-transaction" };
  const refusal = refusalOf(error);
  if (refusal === "declined") return { kind: "declined" };
  if (refusal === "busy") return { kind: "failed", detail: app.text("walletBusy") };
  return { kind: "failed", detail: failureText(app, error) };
}

function batteryOf(text: string): number | null {
  const kwh = Number(/^[0-9]{1,3}$/u.exec(text.trim())?.[0] ?? "0");
  return kwh >= 5 && kwh <= 300 ? kwh : null;
}
