import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { pricelessLine } from "../tariff/assignment-client.ts";
import { obstacleOfId } from "../../../services/domain/ocpi/evse-id.ts";
import { anyIdInput } from "./evse-id.ts";

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
      evseId: anyIdInput,
      maximumPowerW: wholeInput(1, 16_777_215),
      anyId: z.boolean().default(false),
    })
    .superRefine(({ evseId, anyId }, context) => {
      const obstacle = anyId ? null : obstacleOfId(evseId);
      if (obstacle === null) return;
      context.addIssue({ code: "custom", path: ["evseId"], message: `${obstacle}; --any-id takes any other` });
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
