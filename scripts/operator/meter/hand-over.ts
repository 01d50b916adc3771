import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { requireMeter } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { meterArguments, meterInput } from "./end-meter.ts";

export const meterHandOver = defineVerb({
  path: ["meter", "hand-over"],
  summary: "lets another operator's pending meter with the same key take the place of an active one",
  description:
    "For a meter that is sold or moved. The successor's activation, with its own proof of possession, retires this one in\n" +
    "the same step. Do not retire the meter first: while its key is active nowhere, a former owner could activate it.",
  arguments: [
    ...meterArguments,
    { syntax: "<successor>", description: "number of the pending meter; 0 withdraws the permission" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["meter hand-over 12 15", "meter hand-over 12 0"],
  input: meterInput.extend({ successor: wholeInput(0, 2 ** 32 - 1) }),
  async run({ meter, successor }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const { evse, curve } = await requireMeter(writer.chain, meter);
    const { transaction } = await writer.call({
      contract: "meterRegistry",
      method: "handOverMeter",
      parameters: [meter, successor],
    });
    const named = successor === 0 ? null : successor;
    output.json({ isDryRun, meter, evse, curve, successor: named, transactions: [transaction] });
    const done = successor === 0 ? "not handed over any more" : `handed over to meter ${successor}`;
    output.line(`meter ${meter}: ${isDryRun ? "would be " : ""}${done}`);

    return exitCode.done;
  },
});
