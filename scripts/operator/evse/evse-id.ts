import { z } from "zod";

import { countryCodes } from "../ocpi/countries.ts";

/** eMI3 and ISO 15118-2 Annex H: country, operator, `E`, the operator's own part. */
const evseIdGrammar = /^[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9][A-Z0-9*]{0,30}$/u;

/** What the registry takes as an id. */
export const anyIdInput = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= 48 && text !== "", "must have 1 to 48 bytes");

/** The same, of the form that drivers and roaming partners know, and of a country that exists. */
export const evseIdInput = anyIdInput.superRefine((evseId, context) => {
  const obstacle = obstacleOfId(evseId);
  if (obstacle !== null) context.addIssue({ code: "custom", message: obstacle });
});

/** Why an id is not of the usual form, for "<name> …"; `null` if it is. */
export function obstacleOfId(evseId: string): string | null {
  if (!evseIdGrammar.test(evseId)) return "must be of the form of eMI3, like DE*ABC*E0001*1";
  return countryCodes.has(evseId.slice(0, 2)) ? null : "must begin with a country of ISO 3166-1, like DE";
}
