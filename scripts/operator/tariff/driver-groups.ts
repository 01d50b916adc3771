import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { exitCode, type ExitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";

/** Options of verbs that change a group of drivers. */
export const memberOptions: readonly OptionSpec[] = [
  { flags: "--driver <address>", description: "a driver's account; may be given several times", isRepeated: true },
  serviceOption,
];
export const memberInput = z.object({
  group: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must have 1 to 40 lower-case letters, digits and hyphens"),
  driver: z.array(addressInput).default([]),
  service: serviceInput,
});

const answers = {
  add: z.object({ added: z.array(z.string()) }).transform(({ added }) => added),
  remove: z.object({ removed: z.array(z.string()) }).transform(({ removed }) => removed),
};

/** Has the service change who is in a group. @throws USAGE_INVALID, KEY_UNAVAILABLE, SERVICE_UNREACHABLE, DRIVER_GROUP_UNKNOWN */
export async function changeMembers(
  action: keyof typeof answers,
  { group, driver: drivers, service }: z.output<typeof memberInput>,
  { output, environment }: Run,
): Promise<ExitCode> {
  if (drivers.length === 0) throw new WattproofError("USAGE_INVALID", "Say who: --driver <address>.");
  const changed = await openService(service, null, environment).post(`/v1/driver-groups/${action}`, answers[action], {
    group,
    drivers,
  });
  output.json({ group, [action === "add" ? "added" : "removed"]: changed });
  const word = action === "add" ? "is in" : "is no longer in";
  for (const driver of changed) output.line(`${driver} ${word} ${group}`);
  if (changed.length === 0) output.line("It is so already; nothing changes.");
  return exitCode.done;
}
