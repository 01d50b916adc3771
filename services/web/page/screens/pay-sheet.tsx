import type { JSX } from "preact";

import type { Charger, DriverAccount } from "../chain/chain-reader.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { Sheet } from "../components/sheet.tsx";
import { useApp } from "../shell/app-context.ts";
import { Waiting } from "../shell/parts.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatUnitPrice } from "../text/money.ts";
import { provenanceWords } from "../text/provenance-words.ts";
import { formatMoment } from "../text/times.ts";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { canSendCalls } from "../wallet/send-calls.ts";
import { WaysToPay } from "../wallet/ways-to-pay.tsx";
import { WrongChain } from "../wallet/with-wallet.tsx";
import type { Offer } from "./evse.tsx";
import { FirstFunding } from "./first-funding.tsx";
import { expiryOfOpening, OpeningProgress, useOpening } from "./opening-steps.tsx";
import { waysToOpen } from "./ways-to-open.ts";
import type { DriverHere } from "./use-driver.ts";

interface Properties {
  readonly charger: Charger;
  readonly offer: Offer;
  /** Where the charger stands, in words. */
  readonly name: string;
  readonly holdMicro: bigint;
  /** Nobody can have it begin; what is held may stay held for nothing. */
  readonly isOffline: boolean;
}

/** The step of the charger's button: first how to pay, where that is not known yet, then what is signed. */
export function PaySheet(
  properties: Properties & { readonly driver: DriverHere | null; readonly onClose: () => void },
): JSX.Element {
  const { driver, onClose } = properties;
  const { text, connection, configuration } = useApp();
  if (connection === null) {
    return (
      <Sheet title={text("walletTitle")} onClose={onClose}>
        <WaysToPay />
      </Sheet>
    );
  }
  return (
    <Sheet title={text("signTitle")} onClose={onClose}>
      {connection.chainId !== configuration.chainId ? (
        <WrongChain connection={connection} />
      ) : driver === null ? (
        <Waiting />
      ) : driver.isHere ? (
        <Notice kind="info">{text("sessionRunning")}</Notice>
      ) : driver.account === null ? (
        <Notice kind="warning">{text("accountsBusy")}</Notice>
      ) : (
        <Confirm key={connection.account} {...properties} connection={connection} account={driver.account} />
      )}
    </Sheet>
  );
}

function Confirm(
  properties: Properties & { readonly connection: WalletConnection; readonly account: DriverAccount },
): JSX.Element {
  const { account, holdMicro, isOffline, connection } = properties;
  const { reader } = useApp();
  const [answer] = useAnswer(async () => {
    const [sendsCalls, { balanceMicro }] = await Promise.all([
      canSendCalls(connection),
      reader.readToken(connection.account),
    ]);
    const missingMicro = holdMicro - account.freeMicro;
    return waysToOpen(missingMicro, null, sendsCalls && missingMicro <= balanceMicro).includes("calls");
  }, [reader, connection, holdMicro, account.freeMicro]);
  if (answer.kind === "waiting") return <Waiting />;
  const isByCalls = answer.kind === "answered" && answer.value;
  return (
    <>
      <Terms {...properties} />
      {isOffline && <OfflineWarning holdMicro={holdMicro} />}
      {isByCalls && <SignCalls {...properties} />}
      {!isByCalls && (holdMicro > account.freeMicro ? <FirstFunding {...properties} /> : <Sign {...properties} />)}
    </>
  );
}

/** What is signed, in five lines. */
function Terms(properties: Properties & { readonly account: DriverAccount }): JSX.Element {
  const { charger, offer, name, holdMicro, account } = properties;
  const { text, money, exactMoney, coin, locale, reader } = useApp();
  const [expiry] = useAnswer(() => expiryOfOpening(reader), [reader]);
  const { priceNanoPerKwh, energyTaxBps } = offer.tariff;
  const price = formatUnitPrice(priceNanoPerKwh, energyTaxBps, coin, locale);
  const hold = exactMoney(holdMicro);
  const vouched =
    charger.provenance === null
      ? ""
      : text("signProvenance", { provenance: text(provenanceWords[charger.provenance]) });
  const time = expiry.kind === "answered" ? formatMoment(expiry.value.expiresAt, locale) : "…";
  const lines: readonly (readonly [IconName, string, string])[] = [
    ["lock", text("signHold", { amount: hold }), text("signHoldText", { balance: money(account.freeMicro) })],
    ["plug", text("signCharger", { id: charger.evseId }), text("signChargerText", { name })],
    ["price", text("priceEnergy", { amount: price }), vouched],
    ["ceiling", text("signCeiling", { amount: hold }), text("signCeilingText")],
    ["clock", text("signUntil", { time }), text("signUntilText")],
  ];
  return (
    <ul class="rows">
      {lines.map(([icon, title, detail]) => (
        <li key={icon} class="row">
          <Icon name={icon} />
          <span class="grow">
            <b>{title}</b>
            <span class="soft">{detail}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Said where the driver signs: what happens to the money when the charger does not begin. */
function OfflineWarning({ holdMicro }: { readonly holdMicro: bigint }): JSX.Element | null {
  const { text, exactMoney, locale, reader } = useApp();
  const [answer] = useAnswer(() => expiryOfOpening(reader), [reader]);
  if (answer.kind !== "answered") return null;
  const time = formatMoment(answer.value.expiresAt, locale);
  return <Notice kind="warning">{text("signOffline", { amount: exactMoney(holdMicro), time })}</Notice>;
}

/** Whatever it takes, by one confirmation of a wallet that takes several calls. */
function SignCalls(
  properties: Properties & { readonly connection: WalletConnection; readonly account: DriverAccount },
): JSX.Element {
  const { text, exactMoney } = useApp();
  const { step, isBusy, openByCalls } = useOpening(properties);
  return (
    <>
      <button class="main wide" disabled={isBusy} onClick={() => void openByCalls()}>
        {text("signButton", { amount: exactMoney(properties.holdMicro) })}
      </button>
      <p class="soft">{text("signText")}</p>
      <OpeningProgress step={step}>
        <Notice kind="warning">{text("fundRelayAway")}</Notice>
      </OpeningProgress>
    </>
  );
}

/** From a balance that suffices: one signature. */
function Sign(
  properties: Properties & { readonly connection: WalletConnection; readonly account: DriverAccount },
): JSX.Element {
  const { text, exactMoney } = useApp();
  const { step, isBusy, openBySignature, openByTransaction } = useOpening(properties);
  return (
    <>
      <button class="main wide" disabled={isBusy} onClick={() => void openBySignature()}>
        {text("signButton", { amount: exactMoney(properties.holdMicro) })}
      </button>
      <p class="soft">{text("signText")}</p>
      <OpeningProgress step={step}>
        <Notice
          kind="warning"
          action={<button onClick={() => void openByTransaction()}>{text("signOwnButton")}</button>}
        >
          {text("signOwnTransaction")}
        </Notice>
      </OpeningProgress>
    </>
  );
}
