import type { JSX } from "preact";

import type { Tariff } from "../../../domain/tariff.ts";
import type { Charger } from "../chain/chain-reader.ts";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { Plate } from "../components/plate.tsx";
import { Fold, Sums } from "../components/rows.tsx";
import type { ChargerState } from "../service/service-client.ts";
import { nameOfSite, type Place } from "../service/sites.ts";
import { useApp } from "../shell/app-context.ts";
import { Hash } from "../shell/parts.tsx";
import { formatKw } from "../text/amounts.ts";
import { provenanceWords } from "../text/provenance-words.ts";
import { BatteryField, type Hold } from "./hold-choice.tsx";
import { PriceWords } from "./price-of.tsx";

/** Which charger this is: where it stands, its state, what it gives, and what is printed on it. */
export function ChargerHead(properties: {
  readonly charger: Charger;
  readonly place: Place | null;
  readonly state: ChargerState;
}): JSX.Element {
  const { charger, place, state } = properties;
  const { text, locale } = useApp();
  const isOff = state === "offline" || state === "faulted";
  return (
    <div class="close">
      <h1>{place === null ? text("evseTitle", { number: charger.evse }) : nameOfSite(place.site)}</h1>
      <ul class="traits">
        <li class={isOff ? "careful" : ""}>
          <span class={state === "free" ? "dot" : "dot hollow"} />
          <strong>{text(`evseState.${state}`)}</strong>
        </li>
        {place?.plug != null && (
          <li>
            <Icon name="plug" />
            {place.plug}
          </li>
        )}
        <li>
          <Icon name="power" />
          {formatKw(charger.maximumPowerW, locale, 0)}
        </li>
      </ul>
      <Plate>{charger.evseId}</Plate>
      <p class="soft">{text("evsePlateText")}</p>
    </div>
  );
}

/** What most people need not see before they charge. */
export function ChargerDetails(properties: {
  readonly charger: Charger;
  readonly place: Place | null;
  readonly tariff?: Tariff;
  readonly hold?: Hold;
}): JSX.Element {
  const { charger, place, tariff, hold } = properties;
  const { text, coin } = useApp();
  const { provenance } = charger;
  return (
    <div>
      {tariff !== undefined && (
        <Fold title={text("priceWordsTitle")}>
          <PriceWords tariff={tariff} />
        </Fold>
      )}
      {hold !== undefined && (
        <Fold title={text("holdBatteryTitle")}>
          <BatteryField hold={hold} />
        </Fold>
      )}
      <Fold title={text("evseDetailsTitle")}>
        <Sums
          sums={[
            ...(place === null ? [] : [{ name: text("evseOperator"), value: place.site.operator }]),
            { name: text("evseNumber"), value: charger.evse },
            { name: text("receiptMeter"), value: charger.meter },
            ...(provenance === null
              ? []
              : [{ name: text("evseProvenance"), value: text(provenanceWords[provenance]) }]),
            { name: text("coinName"), value: coin.symbol },
            { name: text("evseOperatorAccount"), value: <Hash value={charger.operator} />, kind: "detail" },
          ]}
        />
        {charger.isMeterValid && provenance === "self-declared" && (
          <Notice kind="info">{text("evseSelfDeclared")}</Notice>
        )}
      </Fold>
    </div>
  );
}
