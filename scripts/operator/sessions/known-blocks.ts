import { z } from "zod";

import type { ChainAccess } from "../../command-line/chain-access.ts";
import {
  openServiceIfNamed,
  serviceInput,
  serviceOption,
  type ServiceClient,
} from "../../command-line/service-client.ts";
import type { OptionSpec } from "../../command-line/verb.ts";

/** Options of verbs that need one session from the chain. */
export const sessionReadingOptions: readonly OptionSpec[] = [
  {
    ...serviceOption,
    description: `${serviceOption.description}; it knows in which blocks the session's events stand`,
  },
  {
    flags: "--whole-history",
    description: "read every block since the deployment, instead of those that the service names",
  },
];
export const sessionReadingInput = { service: serviceInput, wholeHistory: z.boolean().default(false) };

/** The service that says where a session's events stand; `null` if all blocks are to be read. */
export function placesServiceOf(
  { service, wholeHistory }: { readonly service?: string | undefined; readonly wholeHistory: boolean },
  { deploymentPath }: Pick<ChainAccess, "deploymentPath">,
  environment: NodeJS.ProcessEnv,
): ServiceClient | null {
  return wholeHistory ? null : openServiceIfNamed(service, deploymentPath, environment);
}
