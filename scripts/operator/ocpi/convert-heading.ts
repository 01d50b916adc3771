import type { Conversion, ConversionChoices, Verdicts } from "./conversion.ts";
import { ocpiTime } from "../../../services/domain/ocpi/ocpi-time.ts";
import type { OcpiTariff } from "./tariff-schema.ts";

/** Types that say how a driver came to the tariff or what the driver prefers, not what it costs. */
const types: ReadonlySet<string> = new Set([
  ...["REGULAR", "AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN"],
]);

/** Judges what stands above the elements, and says what keeps the tariff from being published. */
export function convertHeading(
  ocpi: OcpiTariff,
  choices: ConversionChoices,
  verdicts: Verdicts,
): Conversion["obstacles"] {
  const { informative, refused } = verdicts;
  const obstacles: { path: string; detail: string }[] = [];
  if (choices.currency !== null && ocpi.currency !== choices.currency) {
    refused("currency", `the tariff is in ${ocpi.currency}, and a token stands for ${choices.currency}`);
  }
  if (ocpi.type !== undefined && !types.has(ocpi.type)) refused("type", `${ocpi.type} is not known here`);
  else if (ocpi.type?.startsWith("PROFILE_") === true) {
    informative("type", "whom it is offered to is said by the charging points that it is assigned to");
  }
  const begins = ocpi.start_date_time === undefined ? 0 : ocpiTime(ocpi.start_date_time);
  if (begins === null) {
    refused("start_date_time", `${JSON.stringify(ocpi.start_date_time)} is no time like 2027-01-31T08:00:00Z`);
  } else if (begins > choices.nowSeconds) {
    refused("start_date_time", "a tariff is offered from its publication on; publish it then");
  }
  if (ocpi.end_date_time !== undefined) {
    const ends = ocpiTime(ocpi.end_date_time);
    if (ends === null) {
      refused("end_date_time", `${JSON.stringify(ocpi.end_date_time)} is no time like 2027-01-31T08:00:00Z`);
    } else {
      const detail = "a tariff is offered until it is retired: retire it then";
      informative("end_date_time", detail);
      if (ends <= choices.nowSeconds) obstacles.push({ path: "end_date_time", detail: "the tariff is over" });
    }
  }
  for (const field of ["tariff_alt_text", "tariff_alt_url", "energy_mix"] as const) {
    if (ocpi[field] !== undefined) informative(field, "for people; it is not published");
  }
  if ("preauthorize_amount" in ocpi && ocpi.preauthorize_amount !== undefined) {
    informative("preauthorize_amount", "the driver chooses the hold");
  }
  if ("tax_included" in ocpi && ocpi.tax_included !== "N/A") {
    const isUntold = ocpi.elements.some(({ price_components: components }) =>
      components.some(({ price, vat }) => price !== 0 && vat === undefined),
    );
    if (isUntold) {
      const detail = `${ocpi.tax_included === "YES" ? "prices contain a tax" : "a tax comes on top"}, and vat does not say how much`;
      informative("tax_included", `${detail}: priced without it`);
      obstacles.push({ path: "tax_included", detail: `${detail}; --vat <percent> says it` });
    }
  }
  return obstacles;
}
