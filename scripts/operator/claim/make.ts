import { z } from "zod";

import { unpackInterval } from "../../../services/dossier/format/energy-claim.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import type { Transaction } from "../../command-line/transact.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { kilowattHours } from "../../local-world/figures.ts";
import { allow, energyClaimsOf } from "../market/contracts.ts";
import { haveSigned, readBacking } from "../market/statements.ts";
import { findClaimPurpose } from "./claims.ts";

/** What the oracles make of a dossier that is claimed. */
export const claimContentView = z.object({
  operator: z.string(),
  purpose: z.number(),
  periodEnd: z.number(),
  root: z.string(),
  intervals: z.array(z.string()),
});

export const claimMake = defineVerb({
  path: ["claim", "make"],
  summary: "claims the energy of a dossier for its purpose, once and for all in the purpose's group",
  description:
    "Verifies the dossier, and has the oracles sign the claim: each compares it with its own records first. Then the bond is\n" +
    "allowed and the claim sent (docs/operations/claim-energy.md). Energy that a dossier leaves out between its sessions can\n" +
    "never be claimed in the group again. Enrol the meters before they count: claim enrol.",
  arguments: [{ syntax: "<file>", description: "the whole dossier" }],
  options: [
    { flags: "--purpose <number>", description: "of the claims contract; default: the one with the dossier's name" },
    serviceOption,
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["claim make ere-2026.json --dry-run", "claim make ere-2026.json"],
  input: z.object({ file: z.string(), purpose: registryNumberInput.optional(), service: serviceInput }),
  async run({ file, purpose: given, service: url }, { openWriter, output, environment, isDryRun }) {
    const backing = await readBacking(file);
    const writer = await openWriter("OPERATOR");
    const claims = energyClaimsOf(writer.chain);
    const purpose = given ?? (await findClaimPurpose(claims, backing.manifest.purpose));
    const service = openService(url, writer.chain.deploymentPath, environment);
    const { content, signatures } = await haveSigned(service, { kind: "claim", purpose }, [backing], claimContentView);
    const energyMicroWh = content.intervals.reduce((sum, word) => sum + unpackInterval(word).energyMicroWh, 0n);
    const bondMicro = await claims.bondOf(purpose, energyMicroWh);
    const allowance = await allow(writer, await claims.getAddress(), bondMicro, isDryRun);
    const transactions: Transaction[] = [...allowance.transactions];
    let claimId: bigint | null = null;
    if (!allowance.isOpen) {
      const intent = { contract: "energyClaims", method: "claim", parameters: [content, signatures] } as const;
      const { result, transaction } = await writer.call(intent);
      transactions.push(transaction);
      claimId = z.bigint().parse(result);
    }
    output.json({
      ...{ isDryRun, claimId, purpose, root: content.root, periodEnd: content.periodEnd, energyMicroWh, bondMicro },
      ...{ meters: content.intervals.length, transactions },
    });
    output.line(
      `${isDryRun ? "would claim" : `claim ${claimId}:`} ${kilowattHours(energyMicroWh)} kWh for purpose ${purpose}`,
    );
    output.line(`bond ${tokens(bondMicro)}`);

    return exitCode.done;
  },
});
