import { countryCodes } from "./countries.ts";

/** eMI3 and ISO 15118-2 Annex H: country, operator, `E`, the operator's own part. */
const evseIdGrammar = /^[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9][A-Z0-9*]{0,30}$/u;

/** Why an id is not of the usual form, for "<name> …"; `null` if it is. */
export function obstacleOfId(evseId: string): string | null {
  if (!evseIdGrammar.test(evseId)) return "must be of the form of eMI3, like DE*ABC*E0001*1";
  return countryCodes.has(evseId.slice(0, 2)) ? null : "must begin with a country of ISO 3166-1, like DE";
}
