import { countryCodes } from "../domain/ocpi/countries.ts";
import { section } from "./section.ts";
import { flag, optional, parsed, setting } from "./setting.ts";

const countryKind = parsed(
  (value) => (countryCodes.has(value) ? value : null),
  "two capital letters",
  "the two capital letters of a country of ISO 3166-1, such as DE",
);
const partyKind = parsed(
  (value) => (/^[A-Z0-9]{3}$/u.test(value) ? value : null),
  "three capital letters or digits",
  "three capital letters or digits, as in the operator's EVSE ids",
);

/** Whether anybody may read places, states and prices in the words of OCPI, and as whose. */
export const openDataSection = section(
  "Open data",
  {
    isOpen: setting(
      "OPEN_DATA",
      flag("on", "off"),
      "off",
      "Whether anybody may read sites, states and tariffs as OCPI, at `/ocpi/versions` ([page](open-data.md)).",
    ),
    countryCode: optional("OCPI_COUNTRY_CODE", countryKind, "Country of the operator (`country_code` of OCPI)."),
    partyId: optional("OCPI_PARTY_ID", partyKind, "The operator's id in that country (`party_id` of OCPI)."),
  },
  ({ isOpen, countryCode, partyId }, complain) => {
    if (!isOpen) return null;
    if (countryCode === null) return complain("OCPI_COUNTRY_CODE", "is required by OPEN_DATA=on");
    if (partyId === null) return complain("OCPI_PARTY_ID", "is required by OPEN_DATA=on");
    return { countryCode, partyId };
  },
);
