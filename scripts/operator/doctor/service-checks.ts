import { z } from "zod";

import type { ChainAccess } from "../core/chain-access.ts";
import type { ServiceClient } from "../core/service-client.ts";
import { failing, ok, tryCheck, type Finding } from "./finding.ts";

const settingsSchema = z.object({ chainId: z.number(), contracts: z.record(z.string(), z.string()) });

/** The service that stands behind the chargers. */
export async function checkService(service: ServiceClient, chain: ChainAccess | null): Promise<readonly Finding[]> {
  const { url } = service;
  return [
    ...(await tryCheck("service", `Is it running? npm run -s serve, at ${url}.`, async () => {
      await service.get("/v1/health", z.object({ status: z.literal("alive") }));
      return [ok("service", `alive at ${url}`)];
    })),
    ...(await tryCheck("service ready", "Its log says more; docs/runbook.md says what to do.", async () => {
      const { checks } = await service.get("/v1/ready", z.object({ checks: z.array(z.string()) }));
      return [ok("service ready", checks.join(", "))];
    })),
    ...(chain === null
      ? []
      : await tryCheck("service's contracts", "Start it with WATTPROOF_DEPLOYMENT set to the same file.", async () => {
          const { chainId, contracts } = await service.get("/configuration.json", settingsSchema);
          const isSame =
            chainId === chain.chainId &&
            Object.entries(chain.deployment.contracts).every(
              ([role, address]) => contracts[role]?.toLowerCase() === address.toLowerCase(),
            );
          return [
            isSame
              ? ok("service's contracts", "those of the deployment file")
              : failing(
                  "service's contracts",
                  `they are not those of ${chain.deploymentPath}`,
                  "Start it with WATTPROOF_DEPLOYMENT set to the same file.",
                ),
          ];
        })),
  ];
}
