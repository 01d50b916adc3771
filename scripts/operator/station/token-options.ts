import { z } from "zod";

import type { ArgumentSpec, OptionSpec } from "../../command-line/verb.ts";

export const idTokenArgument: ArgumentSpec = { syntax: "<id-token>", description: "number of the card, or the eMAID" };
export const typeOption: OptionSpec = {
  flags: "--type <type>",
  description: "ISO14443 (default), ISO15693, eMAID, MacAddress or Local; several for a card that chargers present so",
  isRepeated: true,
};

/** One card or contract that opens sessions, as the service tells it. */
export const bindingSchema = z.object({
  idToken: z.string(),
  type: z.string(),
  types: z.array(z.string()),
  consentId: z.string(),
  holdMicro: z.string(),
  tariffId: z.string(),
  consent: z.object({ driver: z.string(), lane: z.number(), expiresAt: z.number() }),
});

export function dateOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
