import { z } from "zod";

import { isServiceNamed, openService, serviceInput, type ServiceClient } from "../../command-line/service-client.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";

const usualUrl = "http://127.0.0.1:8080";

export const serviceOptions: readonly OptionSpec[] = [
  {
    flags: "--service <url>",
    description: `the service; default: WATTPROOF_SERVICE_URL, that of the operator's profile, or ${usualUrl}`,
  },
  { flags: "--url <url>", description: "another name of --service" },
];
export const serviceInputs = { service: serviceInput, url: z.url("must be the service's address").optional() };

/** The service that stations are connected to; on the usual port of this machine where nothing says otherwise. */
export function openStationService(
  { service, url }: { readonly service?: string | undefined; readonly url?: string | undefined },
  { environment }: Pick<Run, "environment">,
): ServiceClient {
  const given = service ?? url;
  return openService(isServiceNamed(given, null, environment) ? given : usualUrl, null, environment);
}
