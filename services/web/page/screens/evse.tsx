import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Tariff } from "../../../domain/tariff.ts";
import type { Charger } from "../chain/chain-reader.ts";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { readAssignedTariffs, type ChargerState } from "../service/service-client.ts";
import { nameOfSite, placeOf } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { Answered } from "../shell/parts.tsx";
import { hrefOf } from "../shell/router.ts";
import { Screen } from "../shell/screen.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { formatMoment } from "../text/times.ts";
import { ChargerDetails, ChargerHead } from "./charger-head.tsx";
import { useChargerState } from "./charger-state.ts";
import { HoldChoice, useHold } from "./hold-choice.tsx";
import { PaySheet } from "./pay-sheet.tsx";
import { PriceOf, TariffChoice } from "./price-of.tsx";
import { useDriver } from "./use-driver.ts";

/** What can be paid at a charger. */
export interface Offer {
  readonly tariffId: string;
  readonly tariff: Tariff;
  /** When another price takes its turn, in seconds since 1970; `null` where none does. */
  readonly untilSeconds: number | null;
  /** The connectors at which it holds alone; `null`: at all that have no other price. */
  readonly connectors: readonly number[] | null;
}

/** A charger: is it this one, what does it cost, and the one step to a charge. */
export function EvseScreen({ evse }: { readonly evse: number }): JSX.Element {
  const { text, reader, connection } = useApp();
  const driver = connection?.account ?? null;
  const [answer, askAgain] = useAnswer(async () => {
    const charger = await reader.readCharger(evse);
    const assigned = charger === null ? [] : await readAssignedTariffs(evse, driver);
    if (charger === null || assigned === null) return { charger, offers: null };
    const ids = assigned.map(({ tariffId }) => tariffId);
    const offers = (await reader.readOffers(charger.operator, ids)).map((offer): Offer => {
      const { untilSeconds = null, connectors = null } =
        assigned.find(({ tariffId }) => tariffId === offer.tariffId) ?? {};
      return { ...offer, untilSeconds, connectors };
    });
    return { charger, offers };
  }, [reader, evse, driver]);

  if (answer.kind === "answered" && answer.value.charger !== null) {
    return <KnownCharger charger={answer.value.charger} offers={answer.value.offers} askAgain={askAgain} />;
  }
  return (
    <Screen backTo={{ kind: "start" }} title={text("evseBar")}>
      <h1>{text("evseTitle", { number: evse })}</h1>
      <Answered answer={answer} askAgain={askAgain}>
        {() => (
          <Notice kind="bad" title={text("evseUnknownTitle")}>
            {text("evseUnknownText", { number: evse })}
          </Notice>
        )}
      </Answered>
    </Screen>
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
  const { text, sites } = useApp();
  const [chosen, setChosen] = useState(0);
  const state = useChargerState(charger.evse);
  const offer = offers[chosen];
  const place = placeOf(sites, charger.evse);
  const content = (
    <>
      <ChargerHead charger={charger} place={place} state={state} />
      <StateNotice state={state} />
      {!charger.isMeterValid && <Notice kind="bad">{text("evseNoMeter")}</Notice>}
      {properties.offers === null && (
        <Notice kind="bad" action={<button onClick={askAgain}>{text("retry")}</button>}>
          {text("evseTariffsUnknown")}
        </Notice>
      )}
      {properties.offers !== null && offer === undefined && <Notice kind="bad">{text("evseNoTariff")}</Notice>}
      {offers.length > 1 && <TariffChoice offers={offers} chosen={chosen} onChoose={setChosen} />}
    </>
  );
  const bar = { backTo: { kind: "start" }, title: place?.site.operator ?? text("evseBar") } as const;
  if (offer !== undefined && charger.isMeterValid && state !== "faulted") {
    return (
      <Payable key={offer.tariffId} bar={bar} charger={charger} offer={offer} state={state} name={nameOf()}>
        {content}
      </Payable>
    );
  }
  return (
    <Screen {...bar}>
      {content}
      {offer !== undefined && <PriceOf tariff={offer.tariff} maximumPowerW={charger.maximumPowerW} />}
      <ChargerDetails charger={charger} place={place} />
    </Screen>
  );

  function nameOf(): string {
    return place === null ? charger.evseId : nameOfSite(place.site);
  }
}

function Payable(properties: {
  readonly bar: { readonly backTo: { readonly kind: "start" }; readonly title: string };
  readonly charger: Charger;
  readonly offer: Offer;
  readonly state: ChargerState;
  readonly name: string;
  readonly children: JSX.Element;
}): JSX.Element {
  const { bar, charger, offer, state, name, children } = properties;
  const { text, money, exactMoney, sites, locale } = useApp();
  const [isOpen, setOpen] = useState(false);
  const hold = useHold(offer.tariff);
  const [driver, askAgain] = useDriver(charger.evse);
  const isElsewhere = driver !== null && driver.running !== null && !driver.isHere;
  const canOpen = driver === null || (driver.account !== null && !driver.isHere);

  return (
    <Screen
      {...bar}
      tool={
        driver !== null && (
          <a class="tool" href={hrefOf({ kind: "account" })}>
            <Icon name="money" />
            {money(driver.freeMicro)}
          </a>
        )
      }
      act={
        driver?.isHere === true && driver.running !== null ? (
          <a class="button main" href={hrefOf({ kind: "session", sessionId: driver.running.sessionId })}>
            {text("sessionRunningLink")}
          </a>
        ) : (
          canOpen && (
            <button
              class="main"
              disabled={hold.holdMicro === null}
              onClick={() => {
                setOpen(true);
              }}
            >
              {isElsewhere
                ? text("chargeBesideButton")
                : hold.holdMicro === null
                  ? text("holdMissing")
                  : text("startButton", { amount: exactMoney(hold.holdMicro) })}
            </button>
          )
        )
      }
    >
      {children}
      {driver !== null && driver.running !== null && (
        <Notice
          kind="info"
          action={
            driver.isHere ? undefined : (
              <a class="button" href={hrefOf({ kind: "session", sessionId: driver.running.sessionId })}>
                {text("sessionRunningLink")}
              </a>
            )
          }
        >
          {text(driver.isHere ? "sessionRunning" : "sessionRunningElsewhere")}
          {isElsewhere && driver.account !== null && ` ${text("chargeBesideText")}`}
        </Notice>
      )}
      {driver !== null && driver.account === null && !driver.isHere && (
        <Notice kind="warning">{text("accountsBusy")}</Notice>
      )}
      <PriceOf tariff={offer.tariff} maximumPowerW={charger.maximumPowerW} />
      {offer.connectors !== null && (
        <p class="soft">{text("priceConnector", { connectors: offer.connectors.join(", ") })}</p>
      )}
      {offer.untilSeconds !== null && (
        <p class="soft">{text("priceUntil", { time: formatMoment(offer.untilSeconds, locale) })}</p>
      )}
      {canOpen && <HoldChoice hold={hold} tariff={offer.tariff} />}
      <ChargerDetails charger={charger} place={placeOf(sites, charger.evse)} tariff={offer.tariff} hold={hold} />
      {isOpen && hold.holdMicro !== null && (
        <PaySheet
          {...{ charger, offer, name, driver }}
          isOffline={state === "offline"}
          holdMicro={hold.holdMicro}
          onClose={() => {
            setOpen(false);
            askAgain();
          }}
        />
      )}
    </Screen>
  );
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
      return <p class="soft">{text("evseStateUnknownText")}</p>;
  }
}
