import { z } from "zod";

import { accountFromEnvironment } from "../../command-line/account-key.ts";
import { shown } from "../../command-line/amounts.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { checkChain, checkGasMoney } from "../doctor/chain-checks.ts";
import { ok, tryCheck, warning, type Finding } from "../doctor/finding.ts";
import { checkMachine } from "../doctor/machine-checks.ts";
import { checkMakers } from "../doctor/maker-checks.ts";
import { checkReplicas } from "../doctor/replica-checks.ts";
import { checkPrices, checkService } from "../doctor/service-checks.ts";

export const doctor = defineVerb({
  path: ["doctor"],
  summary: "checks chain, contracts, keys, clock, disk, service and versions, and says what to do",
  description: "Exit 0: nothing fails. Exit 1: something does. Warnings need a look and fail nothing.",
  options: [serviceOption, { flags: "--no-service", description: "the service is elsewhere, and is not to be asked" }],
  access: "chain",
  examples: ["doctor --rpc https://rpc.example --service https://charge.example"],
  // `--no-service` makes it false.
  input: z.object({ service: z.union([z.literal(false), z.literal(true), serviceInput]) }),
  async run({ service }, { output, environment, openChain }) {
    const findings: Finding[] = [...(await checkMachine(environment))];
    const advice = "Name the endpoint with --rpc and the deployment file with --deployment.";
    let chain: ChainAccess | null = null;
    findings.push(
      ...(await tryCheck("chain", advice, async () => {
        chain = await openChain();
        const { chainId, provider } = chain;
        return [
          ok("chain", `chain ${chainId}, block ${await provider.getBlockNumber()}`),
          ...(await checkChain(chain, Date.now())),
        ];
      })),
    );
    const reached = chain as ChainAccess | null;
    findings.push(...(await checkKey(reached, environment)));
    if (service !== false) {
      findings.push(
        ...(await tryCheck("service", "Name it with --service, or say --no-service.", async () => {
          const given = typeof service === "string" ? service : undefined;
          const client = openService(given, reached?.deploymentPath ?? null, environment);
          return [
            ...(await checkService(client, reached)),
            ...(await checkPrices(client, environment)),
            ...(await checkMakers(client)),
            ...(await checkReplicas(client, environment)),
          ];
        })),
      );
    }

    const isGood = findings.every(({ outcome }) => outcome !== "fails");
    output.json({ isGood, findings });
    for (const { check, outcome, detail, advice: next } of findings) {
      output.line(`${outcome.padEnd(8)} ${check}: ${shown(detail)}`);
      if (next !== null) output.line(`         → ${shown(next)}`);
    }
    output.line(isGood ? "Nothing fails." : "Something fails.");

    return isGood ? exitCode.done : exitCode.differs;
  },
});

async function checkKey(chain: ChainAccess | null, environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const advice = "See docs/operator.md, Keys: a keystore and its password, or a private key, in the environment.";
  const profile = chain === null ? undefined : readProfile(profilePathOf(chain.deploymentPath, environment));
  const names = ["WATTPROOF_OPERATOR_PRIVATE_KEY", "WATTPROOF_OPERATOR_KEYSTORE"];
  const isNamed = names.some((name) => environment[name] !== undefined) || (profile?.keystore ?? null) !== null;
  if (!isNamed) return [warning("operator's key", "none is configured; nothing can be sent", advice)];

  return tryCheck("operator's key", advice, async () => {
    const { address } = await accountFromEnvironment("OPERATOR", environment, profile?.keystore ?? null);
    const isProfiles = profile === undefined || profile.address.toLowerCase() === address.toLowerCase();
    const key = isProfiles
      ? ok("operator's key", `opens, ${address}`)
      : warning("operator's key", `is ${address}, the profile's is ${profile.address}`, "Is the right key configured?");

    return [key, ...(chain === null ? [] : await checkGasMoney("operator's coins", address, chain.provider))];
  });
}
