import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireMeter } from "../../command-line/registry.ts";
import type { Transaction } from "../../command-line/transact.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";
import { energyClaimsOf } from "../market/contracts.ts";

export const claimJoin = defineVerb({
  path: ["claim", "join"],
  summary: "makes keys of one physical meter one device in the claims contract",
  description:
    "A key for which a maker vouches after it was enrolled stays a device of its own until then, and oracles sign no claim of its\n" +
    "meter. Of the marks of both the farther one counts. Anybody can join keys; the order does not matter.",
  arguments: [{ syntax: "<meters...>", description: "their numbers in the registry, all that are one meter" }],
  access: "write",
  account: "OPERATOR",
  examples: ["claim join 3 7 --dry-run", "claim join 3 7"],
  input: z.object({ meters: z.array(registryNumberInput).min(1) }),
  async run({ meters }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const { meterRegistry } = writer.chain.contracts;
    const claims = energyClaimsOf(writer.chain);
    const keyIds = [];
    for (const meter of meters) {
      const { curve, publicKey } = await requireMeter(writer.chain, meter);
      keyIds.push(await meterRegistry.keyIdOf(curveNumbers[curve], publicKey));
    }
    const transactions: Transaction[] = [];
    for (const keyId of keyIds) {
      const intent = { contract: "energyClaims", method: "joinPhysicalMeter", parameters: [keyId] } as const;
      transactions.push((await writer.call(intent)).transaction);
    }
    const devices = [];
    for (const keyId of keyIds) devices.push(isDryRun ? null : Number(await claims.deviceOf(keyId)));
    output.json({ isDryRun, meters, devices, transactions });
    for (const [index, meter] of meters.entries()) {
      output.line(isDryRun ? `meter ${meter} would be joined` : `meter ${meter} is device ${devices[index]}`);
    }

    return exitCode.done;
  },
});
