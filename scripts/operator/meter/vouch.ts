import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { requireMeter } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readStatement } from "../maker/statement.ts";
import { meterArguments, meterInput } from "./end-meter.ts";

export const meterVouch = defineVerb({
  path: ["meter", "vouch"],
  summary: "shows the registry that the maker of a meter vouches for it",
  description:
    "For a pending or an active meter. The statement is good for the key: give it again when the meter moves to another\n" +
    "charging point and gets another number.",
  arguments: meterArguments,
  options: [{ flags: "--statement <file>", description: "what the maker signed; see maker sign" }],
  access: "write",
  account: "OPERATOR",
  examples: ["meter vouch 12 --statement vouched.json"],
  input: meterInput.extend({ statement: z.string() }),
  async run({ meter, statement: path }, { openWriter, output, isDryRun }) {
    const { r, s, ...statement } = readStatement(path);
    const writer = await openWriter("OPERATOR");
    await requireMeter(writer.chain, meter);
    const { transaction } = await writer.call({
      contract: "meterRegistry",
      method: "vouchForMeter",
      parameters: [meter, statement, r, s],
    });
    const provenance = isDryRun ? null : (await requireMeter(writer.chain, meter)).provenance;
    output.json({ isDryRun, meter, maker: statement.maker, provenance, transactions: [transaction] });
    output.line(`meter ${meter}: maker ${statement.maker} ${isDryRun ? "would vouch" : "vouches"} for it`);

    return exitCode.done;
  },
});
