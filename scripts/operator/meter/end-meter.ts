import { z } from "zod";

import { exitCode, type ExitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireMeter } from "../../command-line/registry.ts";
import type { ArgumentSpec, Run } from "../../command-line/verb.ts";

export const meterArguments: readonly ArgumentSpec[] = [{ syntax: "<meter>", description: "number of the meter" }];
export const meterInput = z.object({ meter: registryNumberInput });

/** Takes a meter out of service, or its key for ever. */
export async function endMeter(
  { meter }: z.output<typeof meterInput>,
  { openWriter, output, isDryRun }: Run,
  method: "retireMeter" | "revokeMeter",
): Promise<ExitCode> {
  const writer = await openWriter("OPERATOR");
  const { evse, curve } = await requireMeter(writer.chain, meter);
  const { transaction } = await writer.call({ contract: "meterRegistry", method, parameters: [meter] });
  const status = method === "retireMeter" ? "retired" : "revoked";
  output.json({ isDryRun, meter, evse, curve, status: isDryRun ? "planned" : status, transactions: [transaction] });
  output.line(`meter ${meter} at EVSE ${evse}: ${isDryRun ? `would be ${status}` : status}`);

  return exitCode.done;
}
