import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { countryCodes } from "../ocpi/countries.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { pricelessLine } from "../tariff/assignment-client.ts";

/** eMI3 and ISO 15118-2 Annex H: country, operator, `E`, the operator's own part. */
const evseIdGrammar = /^[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9][A-Z0-9*]{0,30}$/u;

export const evseAdd = defineVerb({
  path: ["evse", "add"],
  summary: "registers a charging point and says which number it has",
  description:
    "The number is what drivers' terms, meters and the QR code name. Drivers put the maximum power into their terms, and\n" +
    "oracles cannot claim more energy than it gives over time: take what the hardware can deliver.",
  arguments: [{ syntax: "<evse-id>", description: "as printed on the charger, like DE*ABC*E0001*1" }],
  options: [
    { flags: "--maximum-power-w <watts>", description: "the most that it can deliver, in watts" },
    { flags: "--any-id", description: "takes an id that is not of the form of eMI3, or of no country, too" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "evse add 'DE*ABC*E0001*1' --maximum-power-w 150000",
    "evse add 'DE*ABC*E0001*1' --maximum-power-w 22000 --dry-run",
  ],
  input: z
    .object({
      evseId: z.string().refine((text) => Buffer.byteLength(text) <= 48 && text !== "", "must have 1 to 48 bytes"),
      maximumPowerW: wholeInput(1, 16_777_215),
      anyId: z.boolean().default(false),
    })
    .refine(({ evseId, anyId }) => anyId || evseIdGrammar.test(evseId), {
      path: ["evseId"],
      message: "must be of the form of eMI3, like DE*ABC*E0001*1; --any-id takes any other",
    })
    .refine(({ evseId, anyId }) => anyId || countryCodes.has(evseId.slice(0, 2)), {
      path: ["evseId"],
      message: "must begin with a country of ISO 3166-1, like DE; --any-id takes any other",
    }),
  async run({ evseId, maximumPowerW }, { output, isDryRun, openWriter }) {
    const writer = await openWriter("OPERATOR");
    const { result, transaction } = await writer.call({
      contract: "meterRegistry",
      method: "registerEvse",
      parameters: [evseId, maximumPowerW],
    });
    const evse = z.bigint().transform(Number).parse(result);
    output.json({ isDryRun, evse, evseId, maximumPowerW, operator: writer.address, transactions: [transaction] });
    output.line(`${isDryRun ? "would be EVSE" : "EVSE"} ${evse}: ${evseId}, up to ${maximumPowerW} W`);
    output.line(pricelessLine(evse));

    return exitCode.done;
  },
});
