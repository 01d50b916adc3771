import { z } from "zod";

import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import { readAssignments } from "../tariff/assignment-client.ts";
import { failing, ok, tryCheck, warning, type Finding } from "./finding.ts";

const settingsSchema = z.object({ chainId: z.number(), contracts: z.record(z.string(), z.string()) });

/** Every charging point that the service serves has a price: without one nobody can charge there. */
export function checkPrices(service: ServiceClient, environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const check = "prices";
  const advice = "Assign a tariff: wattproof tariff assign <tariff-id> --evse <number>, or --all.";
  return tryCheck(check, advice, async () => {
    if (environment["WATTPROOF_OPERATOR_KEY"] === undefined) {
      const detail = "the service tells only its operator which charging points have no price";
      return [warning(check, detail, "Give its key: WATTPROOF_OPERATOR_KEY.")];
    }
    const { assignments, evsesWithoutTariff } = await readAssignments(service);
    // What whole EVSEs offer to everybody.
    const own = assignments.filter(({ connector, group }) => connector === null && group === null);
    const offering = new Set(own.filter(({ isOffered }) => isOffered).flatMap(({ evse }) => evse ?? []));
    const retired = own.flatMap(({ evse }) => evse ?? []).filter((evse) => !offering.has(evse));
    const priceless = [...new Set([...evsesWithoutTariff, ...retired])].sort((left, right) => left - right);
    return priceless.length === 0
      ? [ok(check, `${offering.size} charging points offer a tariff`)]
      : [failing(check, `nobody can charge at EVSE ${priceless.join(", ")}: no tariff is offered there`, advice)];
  });
}

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
