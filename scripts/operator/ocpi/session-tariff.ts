import { priceOf as tariffPriceOf, taxRatesOf, type Tariff } from "../../../services/domain/tariff.ts";
import type { CdrContent, CdrSource, OcpiVersion } from "./cdr.ts";
import { nano, time } from "./numbers.ts";
import { priceOf, withoutTax, type Json } from "./prices.ts";

const microWhPerWh = 1_000_000n;

/** The tariff of a charge detail record, and what has to be said about it. */
export interface SessionTariff {
  readonly id: string;
  readonly tariff: Json;
  /** Why the session costs less than the published tariff gives by OCPI's rules; empty where it does not. */
  readonly reasons: readonly string[];
}

/**
 * The tariff with which a partner recomputes the record by OCPI's rules. It is the published one wherever those give what was
 * charged. Where they give more, the record has a tariff of its own, which says why and limits the price to what was
 * charged: OCPI has no fee for time connected, rounds steps up, asks a minimum without energy, and knows neither hold nor refund.
 * @param cdrId The id of the record, which names a tariff of its own.
 * @param publishedId The id of the published tariff.
 */
export function sessionTariffOf(
  source: CdrSource,
  content: CdrContent,
  ids: { readonly cdrId: string; readonly publishedId: string },
  version: OcpiVersion,
): SessionTariff {
  const { tariff } = source;
  const { netMicro, grossMicro } = amountsOf(tariff, content);
  const ocpi = ocpiPriceOf(tariff, content);
  if (ocpi.netMicro === netMicro && ocpi.grossMicro === grossMicro && content.price.connectedMicro === 0n) {
    const limits = {
      ...(tariff.minimumMicro > 0n
        ? { min_price: priceOf(tariff.minimumMicro, tariff.minimumGrossMicro, version, true) }
        : {}),
      ...(tariff.maximumMicro > 0n
        ? { max_price: priceOf(tariff.maximumMicro, tariff.maximumGrossMicro, version, true) }
        : {}),
    };
    return { id: ids.publishedId, tariff: tariffOf(source, ids.publishedId, limits, [], version), reasons: [] };
  }
  const reasons = reasonsOf(source, content);
  if (grossMicro === 0n) {
    return {
      id: ids.cdrId,
      tariff: tariffOf(source, ids.cdrId, "free", [ids.publishedId, ...reasons], version),
      reasons,
    };
  }
  const limit = priceOf(netMicro, grossMicro, version, true);
  // A fee for the time connected, which goes into the flat one, may stand beside a minimum.
  const limits = content.price.connectedMicro === 0n ? { max_price: limit } : { min_price: limit, max_price: limit };
  return {
    id: ids.cdrId,
    tariff: tariffOf(source, ids.cdrId, limits, [ids.publishedId, ...reasons], version, content.price.connectedMicro),
    reasons,
  };
}

/** What was charged, before and with tax. What the hold or a refund cut off is taken of the whole, and so its tax. */
export function amountsOf(
  tariff: Tariff,
  { price, chargedMicro }: CdrContent,
): { readonly netMicro: bigint; readonly grossMicro: bigint } {
  const netMicro = chargedMicro === price.grossMicro ? price.netMicro : withoutTax(chargedMicro, tariff);
  return { netMicro, grossMicro: chargedMicro };
}

/** The price by OCPI's rules, rounded down to 10⁻⁶ token: steps of a whole Wh and of a second, each begun one counts. */
function ocpiPriceOf(
  tariff: Tariff,
  { energyMicroWh, chargingSeconds, connectedSeconds }: CdrContent,
): { readonly netMicro: bigint; readonly grossMicro: bigint } {
  const wholeWh = ((energyMicroWh + microWhPerWh - 1n) / microWhPerWh) * microWhPerWh;
  const unstepped = { ...tariff, energyStepWh: 0, chargingStepSeconds: 0, chargesWithoutEnergy: true };
  return tariffPriceOf(unstepped, wholeWh, chargingSeconds, connectedSeconds);
}

function reasonsOf({ tariff }: CdrSource, content: CdrContent): readonly string[] {
  const { energyMicroWh, chargingSeconds, price, chargedMicro } = content;
  const isBroken = (value: bigint, step: number): boolean => step > 0 && value % BigInt(step) !== 0n;
  const isFree = energyMicroWh === 0n && !tariff.chargesWithoutEnergy;
  const reasons: readonly (readonly [boolean, string])[] = [
    [isFree, "Without energy nothing is charged."],
    [price.connectedMicro > 0n, "What the time connected costs is in the flat fee."],
    [
      isBroken(energyMicroWh, tariff.energyStepWh * 1_000_000) ||
        isBroken(BigInt(chargingSeconds), tariff.chargingStepSeconds),
      "A step that was begun and not completed is free.",
    ],
    [
      chargedMicro < price.grossMicro && content.creditedMicro === 0n,
      "The hold that the driver agreed to limits the price.",
    ],
    [content.creditedMicro > 0n, "The driver got money back."],
  ];
  const given = reasons.filter(([isGiven]) => isGiven).map(([, reason]) => reason);
  return given.length > 0 ? given : ["Energy is charged exactly, and amounts are rounded down."];
}

function tariffOf(
  { tariff, currency, countryCode, partyId, lastUpdatedSeconds }: CdrSource,
  id: string,
  limits: Json | "free",
  words: readonly string[],
  version: OcpiVersion,
  connectedMicro = 0n,
): Json {
  const component = (type: string, priceNano: bigint, taxBps: number): Json => ({
    type,
    price: nano(priceNano),
    ...(taxBps === 0 ? {} : { vat: taxBps / 100 }),
    step_size: 1,
  });
  const priced: readonly (readonly [type: string, priceNano: bigint, taxBps: number])[] = [
    ["FLAT", (tariff.flatFeeMicro + connectedMicro) * 1_000n, tariff.flatTaxBps],
    ["ENERGY", tariff.priceNanoPerKwh, tariff.energyTaxBps],
    ["TIME", tariff.priceNanoPerChargingHour, tariff.chargingTaxBps],
  ];
  const components = limits === "free" ? [] : priced.filter(([, priceNano]) => priceNano > 0n);
  const shown = components.length === 0 ? [component("ENERGY", 0n, 0)] : components.map((part) => component(...part));
  const [published, ...reasons] = words;
  return {
    country_code: countryCode,
    party_id: partyId,
    id,
    currency,
    ...(published === undefined
      ? {}
      : { tariff_alt_text: [{ language: "en", text: `Tariff ${published} for this session. ${reasons.join(" ")}` }] }),
    ...(limits === "free" ? {} : limits),
    elements: [{ price_components: shown }],
    ...(version === "2.3.0" ? { tax_included: taxRatesOf(tariff).every((taxBps) => taxBps === 0) ? "N/A" : "NO" } : {}),
    last_updated: time(lastUpdatedSeconds),
  };
}
