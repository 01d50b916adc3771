import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Tariff } from "../../../domain/tariff.ts";
import type { Charger } from "../chain/chain-reader.ts";
import { chooseAccount, isBusy } from "../chain/driver-accounts.ts";
import { readSessionsOf } from "../chain/session-history.ts";
import { readAssignedTariffs, readChargerState, type ChargerState } from "../service/service-client.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered, Facts, Hash, Notice } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { formatPrice } from "../text/amounts.ts";
import { provenanceWords } from "../text/provenance-words.ts";
import { wordsOf } from "../text/tariff-words.ts";
import { WithWallet } from "../wallet/wallet-panel.tsx";
import type { WalletConnection } from "../wallet/wallet-connection.ts";
import { HoldAndSign } from "./hold-and-sign.tsx";

interface Offer {
  readonly tariffId: string;
  readonly tariff: Tariff;
}

/** A charger: its state, its price, the most it can cost, and the way to a session. */
export function EvseScreen({ evse }: { readonly evse: number }): JSX.Element {
  const { text, reader } = useApp();
  const [answer, askAgain] = useAnswer(async () => {
    const charger = await reader.readCharger(evse);
    const assigned = charger === null ? [] : await readAssignedTariffs(evse);
    const offers = charger === null || assigned === null ? null : await reader.readOffers(charger.operator, assigned);
    return { charger, offers };
  }, [reader, evse]);

  return (
    <>
      <h1>{text("evseTitle", { number: evse })}</h1>
      <Answered answer={answer} askAgain={askAgain}>
        {({ charger, offers }) =>
          charger === null ? (
            <Notice kind="bad" title={text("evseUnknownTitle")}>
              {text("evseUnknownText", { number: evse })}
            </Notice>
          ) : (
            <KnownCharger charger={charger} offers={offers} askAgain={askAgain} />
          )
        }
      </Answered>
    </>
  );
}

function KnownCharger(properties: {
  readonly charger: Charger;
  /** What can be paid here; `null`: the service cannot tell. */
  readonly offers: readonly Offer[] | null;
  readonly askAgain: () => void;
}): JSX.Element {
  const { charger, askAgain } = properties;
  const offers = properties.offers ?? [];
  const { text } = useApp();
  const [chosen, setChosen] = useState(0);
  const state = useChargerState(charger.evse);
  const offer = offers[chosen];
  return (
    <>
      <section class="card">
        <Facts
          facts={[
            [text("evseState"), <StateMark key="state" state={state} />],
            [text("evsePrinted", { id: "" }).replace(/[:\s]+$/u, ""), charger.evseId],
            [text("evseOperator"), <Hash key="operator" value={charger.operator} />],
            ...(charger.provenance === null
              ? []
              : [[text("evseProvenance"), text(provenanceWords[charger.provenance])] as const]),
          ]}
        />
        <StateNotice state={state} />
      </section>
      {!charger.isMeterValid && <Notice kind="bad">{text("evseNoMeter")}</Notice>}
      {charger.isMeterValid && charger.provenance === "self-declared" && (
        <Notice kind="info">{text("evseSelfDeclared")}</Notice>
      )}
      {properties.offers === null && (
        <Notice kind="bad" action={<button onClick={askAgain}>{text("retry")}</button>}>
          {text("evseTariffsUnknown")}
        </Notice>
      )}
      {properties.offers !== null && offer === undefined && <Notice kind="bad">{text("evseNoTariff")}</Notice>}
      {offer !== undefined && (
        <section class="card" aria-labelledby="price-title">
          <h2 id="price-title">{text("priceTitle")}</h2>
          {offers.length > 1 && <TariffChoice offers={offers} chosen={chosen} onChoose={setChosen} />}
          <PriceWords tariff={offer.tariff} />
        </section>
      )}
      {offer !== undefined && charger.isMeterValid && state !== "faulted" && (
        <WithWallet>
          {(connection) => (
            <OpenOrContinue
              key={connection.account}
              charger={charger}
              isOffline={state === "offline"}
              offer={offer}
              connection={connection}
            />
          )}
        </WithWallet>
      )}
    </>
  );
}

/**
 * A session that runs here is shown instead of a new one. One that runs elsewhere, say at a charger that never started, keeps
 * nobody from charging here: another account of the driver pays.
 */
function OpenOrContinue(properties: {
  readonly charger: Charger;
  readonly isOffline: boolean;
  readonly offer: Offer;
  readonly connection: WalletConnection;
}): JSX.Element {
  const { charger, isOffline, offer, connection } = properties;
  const { text, reader, readLogs, configuration } = useApp();
  const [isBeside, setIsBeside] = useState(false);
  const [answer, askAgain] = useAnswer(async () => {
    const accounts = await reader.readAccounts(connection.account);
    const sessions = accounts.some(isBusy)
      ? await readSessionsOf(readLogs, configuration.contracts.chargingSettlement, connection.account)
      : [];
    const running = sessions.filter(({ ending }) => ending.kind === "live");
    const here = running.find(({ terms }) => terms.evse === charger.evse);
    return { account: chooseAccount(accounts), running: here ?? running[0] ?? null, isHere: here !== undefined };
  }, [reader, readLogs, connection.account, charger.evse]);

  return (
    <Answered answer={answer} askAgain={askAgain}>
      {({ account, running, isHere }) => (
        <>
          {running !== null && (
            <Notice
              kind="info"
              action={
                <a class="button" href={hrefOf({ kind: "session", sessionId: running.sessionId })}>
                  {text("sessionRunningLink")}
                </a>
              }
            >
              {text(isHere ? "sessionRunning" : "sessionRunningElsewhere")}
            </Notice>
          )}
          {account === null && !isHere && <p>{text("accountsBusy")}</p>}
          {running !== null && !isHere && account !== null && !isBeside && (
            <section class="card">
              <p>{text("chargeBesideText")}</p>
              <button
                class="main"
                onClick={() => {
                  setIsBeside(true);
                }}
              >
                {text("chargeBesideButton")}
              </button>
            </section>
          )}
          {account !== null && (running === null || (!isHere && isBeside)) && (
            <HoldAndSign
              charger={charger}
              isOffline={isOffline}
              offer={offer}
              account={account}
              connection={connection}
            />
          )}
        </>
      )}
    </Answered>
  );
}

function TariffChoice(properties: {
  readonly offers: readonly Offer[];
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}): JSX.Element {
  const { text, symbol, language } = useApp();
  return (
    <fieldset>
      <legend>{text("priceChoose")}</legend>
      {properties.offers.map(({ tariffId, tariff }, index) => (
        <label class="option" key={tariffId}>
          <input
            type="radio"
            name="tariff"
            checked={index === properties.chosen}
            onChange={() => {
              properties.onChoose(index);
            }}
          />
          {text("priceOption", { number: index + 1 })}:{" "}
          {text("priceEnergy", {
            amount: `${formatPrice(tariff.priceNanoPerKwh, tariff.energyTaxBps, language)} ${symbol}`,
          })}
        </label>
      ))}
    </fieldset>
  );
}

/** The price in words. */
export function PriceWords({ tariff }: { readonly tariff: Tariff }): JSX.Element {
  const { text, symbol, language } = useApp();
  return (
    <ul class="words">
      {wordsOf(tariff, symbol, language).map(({ key, values }) => (
        <li key={key}>{text(key, values)}</li>
      ))}
    </ul>
  );
}

function StateMark({ state }: { readonly state: ChargerState }): JSX.Element {
  const { text } = useApp();
  const words = {
    free: text("evseStateFree"),
    occupied: text("evseStateOccupied"),
    faulted: text("evseStateFaulted"),
    offline: text("evseStateOffline"),
    unknown: text("evseStateUnknown"),
  };
  return <strong class={`state state-${state}`}>{words[state]}</strong>;
}

function StateNotice({ state }: { readonly state: ChargerState }): JSX.Element | null {
  const { text } = useApp();
  switch (state) {
    case "free":
      return null;
    case "occupied":
      return <Notice kind="warning">{text("evseStateOccupiedText")}</Notice>;
    case "faulted":
      return <Notice kind="bad">{text("evseStateFaultedText")}</Notice>;
    case "offline":
      return <Notice kind="warning">{text("evseStateOfflineText")}</Notice>;
    case "unknown":
      return <Notice kind="info">{text("evseStateUnknownText")}</Notice>;
  }
}

const stateRefreshMs = 5_000;

function useChargerState(evse: number): ChargerState {
  const [state, setState] = useState<ChargerState>("unknown");
  useEffect(() => {
    let isWanted = true;
    const ask = (): void => {
      readChargerState(evse).then(
        (next) => {
          if (isWanted) setState(next);
        },
        () => {
          if (isWanted) setState("unknown");
        },
      );
    };
    ask();
    const timer = setInterval(ask, stateRefreshMs);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [evse]);
  return state;
}
