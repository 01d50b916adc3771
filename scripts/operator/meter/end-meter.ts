import { z } from "zod";

import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { exitCode, type ExitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireMeter } from "../../command-line/registry.ts";
import type { Writer } from "../../command-line/transact.ts";
import type { ArgumentSpec, Run } from "../../command-line/verb.ts";

export const meterArguments: readonly ArgumentSpec[] = [{ syntax: "<meter>", description: "number of the meter" }];
export const meterInput = z.object({ meter: registryNumberInput });

/** The call that ends a meter, and the meter's status after it. */
interface Ending {
  readonly method: "retireMeter" | "revokeMeter" | "revokeAttestedMeter";
  readonly parameters: readonly unknown[];
  readonly status: "retired" | "revoked";
}

/**
 * Takes a meter out of service, or its key for ever.
 * @param endingOf Chooses the call, or says why there is none and gives the exit code.
 */
export async function endMeter(
  { meter }: z.output<typeof meterInput>,
  { openWriter, output, isDryRun }: Run,
  endingOf: (writer: Writer, meter: RegisteredMeter) => Ending | Promise<Ending | ExitCode>,
): Promise<ExitCode> {
  const writer = await openWriter("OPERATOR");
  const registered = await requireMeter(writer.chain, meter);
  const ending = await endingOf(writer, registered);
  if (typeof ending === "number") return ending;
  const { method, parameters, status } = ending;
  const { transaction } = await writer.call({ contract: "meterRegistry", method, parameters });
  const { evse, curve } = registered;
  output.json({ isDryRun, meter, evse, curve, status: isDryRun ? "planned" : status, transactions: [transaction] });
  output.line(`meter ${meter} at EVSE ${evse}: ${isDryRun ? `would be ${status}` : status}`);

  return exitCode.done;
}
