import type { JSX } from "preact";

import { priceOf, type Tariff } from "../../../domain/tariff.ts";
import { Price } from "../components/plate.tsx";
import { assumedPowerW, secondsFor } from "../chain/hold-presets.ts";
import { useApp } from "../shell/app-context.ts";
import { formatMoney, formatUnitPrice } from "../text/money.ts";
import { formatDuration } from "../text/times.ts";
import { wordsOf } from "../text/tariff-words.ts";
import type { Offer } from "./evse.tsx";

/** What a usual stop takes: half the battery of a middle-sized car. */
const exampleMicroWh = 30_000_000_000n;
/** More decimals are in the words behind it. */
const priceDecimals = 4;
const feeDecimals = 2;

/** The price with tax, what 30 kWh would cost, and the rest of the price in one sentence. */
export function PriceOf(properties: { readonly tariff: Tariff; readonly maximumPowerW: number }): JSX.Element {
  const { tariff, maximumPowerW } = properties;
  const { text, coin, locale } = useApp();
  const seconds = secondsFor(exampleMicroWh, Math.min(maximumPowerW, assumedPowerW));
  const { grossMicro } = priceOf(tariff, exampleMicroWh, seconds, seconds);
  const rest = [text(taxWord(tariff))];
  if (tariff.flatFeeMicro > 0n) {
    const amount = formatUnitPrice(tariff.flatFeeMicro * 1_000n, tariff.flatTaxBps, coin, locale, feeDecimals);
    rest.push(text("priceRestFlat", { amount }));
  }
  if (tariff.priceNanoPerChargingHour > 0n) {
    const { priceNanoPerChargingHour, chargingTaxBps } = tariff;
    const amount = formatUnitPrice(priceNanoPerChargingHour, chargingTaxBps, coin, locale, feeDecimals);
    rest.push(text("priceRestCharging", { amount }));
  }
  if (tariff.priceNanoPerConnectedHour > 0n) {
    const { priceNanoPerConnectedHour, connectedTaxBps } = tariff;
    const amount = formatUnitPrice(priceNanoPerConnectedHour, connectedTaxBps, coin, locale, feeDecimals);
    rest.push(text("priceRestStaying", { amount, free: formatDuration(tariff.connectedFreeSeconds, locale) }));
  }
  return (
    <Price
      amount={formatUnitPrice(tariff.priceNanoPerKwh, tariff.energyTaxBps, coin, locale, priceDecimals)}
      per={text("pricePerKwh")}
      example={text("priceExample", { amount: formatMoney(grossMicro, coin, locale) })}
      rest={rest.join(" ")}
    />
  );
}

function taxWord({ energyTaxBps }: Tariff): "priceRestTax" | "priceRestNoTax" {
  return energyTaxBps > 0 ? "priceRestTax" : "priceRestNoTax";
}

/** The whole price in words, with every digit. */
export function PriceWords({ tariff }: { readonly tariff: Tariff }): JSX.Element {
  const { text, coin, locale } = useApp();
  return (
    <ul>
      {wordsOf(tariff, coin, locale).map(({ key, values }) => (
        <li key={key}>{text(key, values)}</li>
      ))}
    </ul>
  );
}

/** Where several tariffs hold at one charger. */
export function TariffChoice(properties: {
  readonly offers: readonly Offer[];
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}): JSX.Element {
  const { text, coin, locale } = useApp();
  return (
    <fieldset>
      <legend>{text("priceChoose")}</legend>
      <div class="choice">
        {properties.offers.map(({ tariffId, tariff, connectors }, index) => (
          <label key={tariffId}>
            <input
              type="radio"
              name="tariff"
              checked={index === properties.chosen}
              onChange={() => {
                properties.onChoose(index);
              }}
            />
            <span>
              {connectors === null
                ? text("priceOption", { number: index + 1 })
                : text("priceOptionConnector", { connectors: connectors.join(", ") })}
              <small>
                {text("priceEnergy", {
                  amount: formatUnitPrice(tariff.priceNanoPerKwh, tariff.energyTaxBps, coin, locale, priceDecimals),
                })}
              </small>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
