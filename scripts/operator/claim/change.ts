import { z } from "zod";

import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { energyClaimsOf } from "../market/contracts.ts";
import { haveSigned, readBacking } from "../market/statements.ts";
import { claimIdInput, requireClaim } from "./claims.ts";

const claimArgument = { syntax: "<claim>", description: "its number" };

export const claimTransfer = defineVerb({
  path: ["claim", "transfer"],
  summary: "hands a claim to another holder, under the rules of its purpose",
  arguments: [claimArgument],
  options: [{ flags: "--to <address>", description: "who gets it" }],
  access: "write",
  account: "OPERATOR",
  examples: ["claim transfer 4 --to 0x8617E340B3D01FA5F11F306F4090FD50E238070D --dry-run"],
  input: z.object({ claim: claimIdInput, to: addressInput }),
  async run({ claim: claimId, to }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const before = await requireClaim(energyClaimsOf(writer.chain), claimId);
    const { transaction } = await writer.call({
      contract: "energyClaims",
      method: "transferFrom",
      parameters: [writer.address, to, claimId],
    });
    output.json({ isDryRun, ...before, holder: isDryRun ? before.holder : to, transactions: [transaction] });
    output.line(`claim ${claimId} ${isDryRun ? "would go" : "went"} to ${to}`);

    return exitCode.done;
  },
});

export const claimRetire = defineVerb({
  path: ["claim", "retire"],
  summary: "uses a claim for good with an authority; it never changes hands afterwards",
  arguments: [claimArgument],
  options: [{ flags: "--reference <text>", description: "the authority's reference, 1 to 128 bytes" }],
  access: "write",
  account: "OPERATOR",
  examples: ['claim retire 4 --reference "NEa 2026-0815" --dry-run'],
  input: z.object({ claim: claimIdInput, reference: z.string().min(1).max(128) }),
  async run({ claim: claimId, reference }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const before = await requireClaim(energyClaimsOf(writer.chain), claimId);
    const intent = { contract: "energyClaims", method: "retire", parameters: [claimId, reference] } as const;
    const { transaction } = await writer.call(intent);
    const status = isDryRun ? before.status : "retired";
    output.json({ isDryRun, ...before, status, reference, transactions: [transaction] });
    output.line(`claim ${claimId} ${isDryRun ? "would be" : "is"} retired: ${reference}`);

    return exitCode.done;
  },
});

export const claimContradict = defineVerb({
  path: ["claim", "contradict"],
  summary: "contradicts a claim whose sessions prove less by now; its bond goes to the purpose's beneficiary",
  description:
    "Each oracle reads its own records of the dossier again and signs only if they prove less than the claim says, such as\n" +
    "after a challenge has corrected a session. A meter's own record contradicts a claim without them:\n" +
    "docs/operations/contradict-claim.md.",
  arguments: [claimArgument],
  options: [{ flags: "--dossier <file>", description: "the dossier that was claimed" }, serviceOption],
  access: "write",
  account: "OPERATOR",
  examples: ["claim contradict 4 --dossier ere-2026.json --dry-run"],
  input: z.object({ claim: claimIdInput, dossier: z.string(), service: serviceInput }),
  async run({ claim: claimId, dossier, service: url }, { openWriter, output, environment, isDryRun }) {
    const backing = await readBacking(dossier);
    const writer = await openWriter("OPERATOR");
    const before = await requireClaim(energyClaimsOf(writer.chain), claimId);
    const service = openService(url, writer.chain.deploymentPath, environment);
    const statement = { kind: "contradiction", claimId: claimId.toString() } as const;
    const view = z.object({ reasonHash: z.string(), reasons: z.object({ meters: z.array(z.unknown()) }) });
    const { content, signatures } = await haveSigned(service, statement, [backing], view);
    const { transaction } = await writer.call({
      contract: "energyClaims",
      method: "contradictByQuorum",
      parameters: [claimId, content.reasonHash, signatures],
    });
    const status = isDryRun ? before.status : "contradicted";
    output.json({ isDryRun, ...before, status, ...content, transactions: [transaction] });
    output.line(
      `claim ${claimId} ${isDryRun ? "would be" : "is"} contradicted: ${content.reasons.meters.length} meters`,
    );

    return exitCode.done;
  },
});

export const claimRelease = defineVerb({
  path: ["claim", "release"],
  summary: "takes the bond of a claim back, once nobody can contradict it any more",
  description: "Anybody can release it; it is paid out to the claimant alone, which --account has to be.",
  arguments: [claimArgument],
  options: [{ flags: "--recipient <address>", description: "who gets it; default: the caller" }],
  access: "write",
  account: "OPERATOR",
  examples: ["claim release 4 --dry-run"],
  input: z.object({ claim: claimIdInput, recipient: addressInput.optional() }),
  async run({ claim: claimId, recipient }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const claims = energyClaimsOf(writer.chain);
    const { bondMicro } = await requireClaim(claims, claimId);
    const release = { contract: "energyClaims", method: "releaseBond", parameters: [claimId] } as const;
    const transactions = [];
    if (bondMicro > 0n) transactions.push((await writer.call(release)).transaction);
    const owedMicro = await claims.owedMicroOf(writer.address);
    // In a dry run what the release would bring is not there yet.
    if (owedMicro > 0n || (bondMicro === 0n && !isDryRun)) {
      const withdrawal = [recipient ?? writer.address];
      const intent = { contract: "energyClaims", method: "withdraw", parameters: withdrawal } as const;
      transactions.push((await writer.call(intent)).transaction);
    }
    const amountMicro = isDryRun ? owedMicro + bondMicro : owedMicro;
    output.json({ isDryRun, claimId, amountMicro, transactions });
    output.line(`${tokens(amountMicro)} ${isDryRun ? "would be" : "was"} paid out`);

    return exitCode.done;
  },
});
