import { ocpiTime } from "../../../services/domain/ocpi/ocpi-time.ts";
import { unusableRestrictions } from "../../operator/ocpi/arithmetic.ts";
import { tariff221, tariff230, withoutNulls, type OcpiTariff } from "../../operator/ocpi/tariff-schema.ts";
import type { Cdr } from "./cdr-schema.ts";
import type { CdrReason } from "./read-cdr.ts";

/** The one tariff of a record, or why it cannot be priced by it; `null` without a reason where it names none. */
export interface FoundTariff {
  readonly tariff: OcpiTariff | null;
  readonly reasons: readonly CdrReason[];
}

/** A tariff of either version; `null` if it is none. The specification's own 2.3.0 record leaves `tax_included` out. */
export function readTariffDocument(content: unknown): OcpiTariff | null {
  const given = withoutNulls(content);
  if (typeof given !== "object" || given === null) return null;
  return ("tax_included" in given ? tariff230 : tariff221).safeParse(given).data ?? null;
}

/**
 * Finds the tariff by which a record is to be priced: that of its charging periods.
 * @param given Tariffs from elsewhere, by which the record is to be priced instead of by its own copy.
 */
export function findTariff(cdr: Cdr, given: readonly OcpiTariff[] | null): FoundTariff {
  const ids = [...new Set(cdr.charging_periods.map(({ tariff_id: id }) => id))];
  const [id] = ids;
  const own = (cdr.tariffs ?? []).map(readTariffDocument);
  if (ids.length > 1) return refusal("CDR_TARIFF_UNSUPPORTED", "charging_periods");
  const broken = own.indexOf(null);
  if (broken >= 0) return refusal("CDR_TARIFF_INVALID", `tariffs[${broken}]`);
  const copies = own.filter((tariff) => tariff !== null);
  if (given !== null) {
    const tariff = given.find((candidate) => candidate.id === id);
    return tariff === undefined ? refusal("CDR_TARIFF_DIFFERS", "charging_periods[0].tariff_id") : usable(cdr, tariff);
  }
  const index = id === undefined && copies.length === 1 ? 0 : copies.findIndex((candidate) => candidate.id === id);
  const tariff = copies[index];
  if (tariff === undefined) return refusal("CDR_TARIFF_MISSING", "charging_periods[0].tariff_id");
  return usable(cdr, tariff, `tariffs[${index}].`);
}

function usable(cdr: Cdr, tariff: OcpiTariff, place = ""): FoundTariff {
  if (tariff.currency !== cdr.currency) return refusal("CDR_CURRENCY_DIFFERS", "currency");
  const unusable = unusableRestrictions(tariff, ocpiTime(cdr.start_date_time) ?? 0);
  const hasReservation = cdr.charging_periods.some(({ dimensions }) =>
    dimensions.some(({ type }) => type === "RESERVATION_TIME"),
  );
  if (hasReservation) return refusal("CDR_TARIFF_UNSUPPORTED", "charging_periods");
  const [first] = unusable;
  return first === undefined ? { tariff, reasons: [] } : refusal("CDR_TARIFF_UNSUPPORTED", `${place}${first}`);
}

function refusal(code: CdrReason["code"], where: string): FoundTariff {
  return { tariff: null, reasons: [{ code, where }] };
}
