import type { OcmfVerifier } from "../../../services/evidence/formats/ocmf/types.ts";
import { formatDecimal } from "../../../services/domain/decimal.ts";
import { priceByOcpi, type OcpiPrice } from "../../operator/ocpi/arithmetic.ts";
import { fractionOf, roundDown, subtract, type Fraction } from "../../operator/ocpi/fraction.ts";
import type { OcpiTariff } from "../../operator/ocpi/tariff-schema.ts";
import type { Cdr } from "./cdr-schema.ts";
import { checkCosts, grossOf, netOf } from "./check-costs.ts";
import { checkPeriods, type CheckedPeriods } from "./check-periods.ts";
import { checkSignedData } from "./check-signed-data.ts";
import { findTariff } from "./find-tariff.ts";
import { readCdr, type CdrReason } from "./read-cdr.ts";

/** An amount as canonical decimals, in the record's currency. */
export interface DecimalAmounts {
  readonly net: string;
  /** `null` where a record does not say it. */
  readonly gross: string | null;
}

/** What was found of one record. */
export interface CdrVerdict {
  readonly id: string | null;
  readonly verdict: "accepted" | "refused";
  readonly reasons: readonly CdrReason[];
  readonly energyWh: string | null;
  readonly totalCost: DecimalAmounts | null;
  /** By OCPI's rules from tariff and charging periods, six decimals rounded down; `null` where that cannot be done. */
  readonly recomputed: DecimalAmounts | null;
}

const amountDecimals = 6;

/**
 * Checks the records of a file, each by itself, and then what they say of each other.
 * @param tariffs By which the records are to be priced instead of by their own copies, or `null`.
 */
export function checkCdrs(
  contents: readonly unknown[],
  tariffs: readonly OcpiTariff[] | null,
  verifier: OcmfVerifier,
): readonly CdrVerdict[] {
  const read = contents.map((content) => ({ content, ...readCdr(content) }));
  const known = new Map<string, Cdr>();
  for (const { cdr } of read) if (cdr !== null && !known.has(cdr.id)) known.set(cdr.id, cdr);
  const sessionOfHash = new Map<string, string>();
  return read.map(({ content, cdr, reasons: unread }) => {
    if (cdr === null) return refusedUnread(content, unread);
    const reasons: CdrReason[] = [];
    if (known.get(cdr.id) !== cdr) reasons.push({ code: "CDR_ID_REPEATED", where: "id" });
    const checked = checkPeriods(cdr);
    reasons.push(...checked.reasons);
    const found = findTariff(cdr, tariffs);
    reasons.push(...found.reasons);
    const price =
      found.tariff === null || checked.periods.length === 0 ? null : priceByOcpi(found.tariff, checked.periods);
    if (found.tariff !== null && price !== null) {
      reasons.push(...missingEnergy(cdr, found.tariff, checked), ...checkCosts(cdr, price));
    }
    reasons.push(...creditReasons(cdr, known));
    const signed = checkSignedData(cdr, verifier);
    reasons.push(...signed.reasons);
    const session = cdr.session_id ?? cdr.id;
    for (const hash of signed.hashes) {
      const other = sessionOfHash.get(hash) ?? session;
      if (other !== session) reasons.push({ code: "CDR_SIGNED_SESSION_DIFFERS", where: "signed_data" });
      sessionOfHash.set(hash, other);
    }
    return {
      id: cdr.id,
      verdict: reasons.length === 0 ? "accepted" : "refused",
      reasons,
      energyWh: energyText(cdr.total_energy),
      totalCost: statedAmounts(cdr),
      recomputed: price === null ? null : recomputedAmounts(cdr, price),
    };
  });
}

function refusedUnread(content: unknown, reasons: readonly CdrReason[]): CdrVerdict {
  const id = typeof content === "object" && content !== null && "id" in content ? content.id : null;
  return {
    id: typeof id === "string" ? id : null,
    verdict: "refused",
    reasons,
    energyWh: null,
    totalCost: null,
    recomputed: null,
  };
}

function missingEnergy(cdr: Cdr, tariff: OcpiTariff, { periods }: CheckedPeriods): readonly CdrReason[] {
  const hasPrice = tariff.elements.some(({ price_components: components }) =>
    components.some(({ type, price }) => type === "ENERGY" && price !== 0),
  );
  const cost = cdr.total_energy_cost === undefined ? 0 : netOf(cdr.total_energy_cost);
  const hasVolume = periods.some(({ volumes }) => volumes.ENERGY !== undefined);
  return [
    ...(hasPrice && cdr.total_energy > 0 && !hasVolume
      ? [{ code: "CDR_ENERGY_UNEXPLAINED", where: "charging_periods" } as const]
      : []),
    ...(cdr.total_energy === 0 && cost > 0
      ? [{ code: "CDR_ENERGY_COST_WITHOUT_ENERGY", where: "total_energy_cost" } as const]
      : []),
  ];
}

/** A credit names the record that it takes back, and takes back all of it (mod_cdrs, Credit CDRs). */
function creditReasons(cdr: Cdr, known: ReadonlyMap<string, Cdr>): readonly CdrReason[] {
  const net = netOf(cdr.total_cost);
  if (cdr.credit !== true) return net < 0 ? [{ code: "CDR_COST_NEGATIVE", where: "total_cost" }] : [];
  const reasons: CdrReason[] = [];
  if (net > 0) reasons.push({ code: "CDR_CREDIT_POSITIVE", where: "total_cost" });
  const reference = cdr.credit_reference_id;
  if (reference === undefined || reference === "") {
    return [...reasons, { code: "CDR_CREDIT_REFERENCE_MISSING", where: "credit_reference_id" }];
  }
  const taken = known.get(reference);
  if (taken !== undefined && (netOf(taken.total_cost) !== -net || taken.total_energy !== cdr.total_energy)) {
    reasons.push({ code: "CDR_CREDIT_DIFFERS", where: "total_cost" });
  }
  return reasons;
}

function statedAmounts({ total_cost: cost }: Cdr): DecimalAmounts {
  const gross = grossOf(cost);
  return { net: decimalText(fractionOf(netOf(cost))), gross: gross === null ? null : decimalText(gross) };
}

function recomputedAmounts(cdr: Cdr, { total }: OcpiPrice): DecimalAmounts {
  const signed = (value: Fraction): Fraction =>
    cdr.credit === true ? subtract({ over: 0n, under: 1n }, value) : value;
  return { net: decimalText(signed(total.net)), gross: decimalText(signed(total.gross)) };
}

function decimalText(value: Fraction): string {
  return formatDecimal({ unscaled: roundDown(value, amountDecimals), scale: amountDecimals });
}

function energyText(kilowattHours: number): string {
  const { over, under } = fractionOf(kilowattHours);
  return formatDecimal({ unscaled: (over * 1_000n * 10n ** 9n) / under, scale: 9 });
}
