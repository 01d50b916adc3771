import { priceByOcpi, type OcpiPrice } from "./arithmetic.ts";
import type { CdrContent, CdrSource } from "./cdr.ts";
import { roundDown } from "./fraction.ts";
import { limitOf, limitsOf, tariffDocument, type OcpiVersion } from "../../../services/domain/ocpi/tariff-document.ts";
import type { Json } from "../../../services/domain/ocpi/tariff-elements.ts";
import { pricedPeriods, sessionPeriods, type SessionPeriod } from "./session-periods.ts";
import { tariff221, tariff230, type OcpiTariff } from "./tariff-schema.ts";

const microDecimals = 6;
const microWhPerWh = 1_000_000n;

/** The tariff of a charge detail record, and what has to be said about it. */
export interface SessionTariff {
  readonly id: string;
  readonly tariff: Json;
  readonly periods: readonly SessionPeriod[];
  /** What OCPI's rules give by this tariff for these periods. */
  readonly price: OcpiPrice;
  /** Why the session costs less than the published tariff gives by OCPI's rules; empty where it does not. */
  readonly reasons: readonly string[];
}

/**
 * The tariff with which a partner recomputes the record by OCPI's rules. It is the published one wherever those give what was
 * charged. Where they give more, the record has a tariff of its own, which says why and limits the price to what was
 * charged: OCPI rounds steps up, asks a minimum without energy, has no cap of one fee, and knows neither hold nor refund.
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
  const { netMicro, grossMicro } = amountsOf(content);
  const isFeeFree = tariff.priceNanoPerConnectedHour === 0n;
  const periods = sessionPeriods(content, {
    seconds: isFeeFree ? [] : [tariff.connectedFreeSeconds],
    energyMicroWh: tariff.energyBands.map(({ fromWh }) => BigInt(fromWh) * microWhPerWh),
  });
  const priced = (document: Json): OcpiPrice => priceByOcpi(parsed(document), pricedPeriods(periods));

  const limits = limitsOf(tariff, version);
  const published = documentOf(source, ids.publishedId, limits, [], version);
  const price = priced(published);
  if (isTotal(price, netMicro, grossMicro)) {
    return { id: ids.publishedId, tariff: published, periods, price, reasons: [] };
  }
  const reasons = reasonsOf(source, content);
  const words = [ids.publishedId, ...reasons];
  const limit = limitOf(netMicro, grossMicro, version);
  const ownWith = (ownLimits: Json | "free"): SessionTariff => {
    const own = documentOf(source, ids.cdrId, ownLimits, words, version);
    return { id: ids.cdrId, tariff: own, periods, price: priced(own), reasons };
  };
  if (grossMicro === 0n) return ownWith("free");
  const capped = ownWith({ max_price: limit });
  // Where a minimum asked for more than the parts cost, and less than that minimum was charged, both limits are the amount.
  return isTotal(capped.price, netMicro, grossMicro) ? capped : ownWith({ min_price: limit, max_price: limit });
}

function isTotal({ total }: OcpiPrice, netMicro: bigint, grossMicro: bigint): boolean {
  return roundDown(total.net, microDecimals) === netMicro && roundDown(total.gross, microDecimals) === grossMicro;
}

/** What was charged, before and with tax. What the hold or a refund cut off is taken of the whole, and so its tax. */
export function amountsOf({ price, chargedMicro }: CdrContent): {
  readonly netMicro: bigint;
  readonly grossMicro: bigint;
} {
  const isWhole = chargedMicro === price.grossMicro;
  const netMicro = isWhole ? price.netMicro : (price.netMicro * chargedMicro) / price.grossMicro;
  return { netMicro, grossMicro: chargedMicro };
}

function parsed(document: Json): OcpiTariff {
  return "tax_included" in document ? tariff230.parse(document) : tariff221.parse(document);
}

function reasonsOf({ tariff }: CdrSource, content: CdrContent): readonly string[] {
  const { energyMicroWh, chargingSeconds, connectedSeconds, price, chargedMicro } = content;
  const isBroken = (value: bigint, step: number): boolean => step > 0 && value % BigInt(step) !== 0n;
  const isFree = energyMicroWh === 0n && !tariff.chargesWithoutEnergy;
  const feeSeconds = BigInt(Math.max(0, connectedSeconds - tariff.connectedFreeSeconds));
  const reasons: readonly (readonly [boolean, string])[] = [
    [isFree, "Without energy nothing is charged."],
    [
      tariff.connectedMaximumMicro > 0n && price.connectedMicro === tariff.connectedMaximumMicro,
      "The fee for the time connected has a maximum.",
    ],
    [
      isBroken(energyMicroWh, tariff.energyStepWh * 1_000_000) ||
        isBroken(BigInt(chargingSeconds), tariff.chargingStepSeconds) ||
        (tariff.priceNanoPerConnectedHour > 0n && isBroken(feeSeconds, tariff.connectedStepSeconds)),
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

function documentOf(
  { tariff, currency, countryCode, partyId, lastUpdatedSeconds }: CdrSource,
  id: string,
  limits: Json | "free",
  words: readonly string[],
  version: OcpiVersion,
): Json {
  const [published, ...reasons] = words;
  const remarks = published === undefined ? "" : `Tariff ${published} for this session. ${reasons.join(" ")}`;
  const heading = { countryCode, partyId, id, currency, remarks, type: null, lastUpdatedSeconds };
  return tariffDocument(tariff, heading, limits, version);
}
