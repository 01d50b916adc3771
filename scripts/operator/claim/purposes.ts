import { ZeroAddress } from "ethers";
import { z } from "zod";

import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { addressInput, registryNumberInput, wholeInput } from "../../command-line/inputs.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { energyClaimsOf } from "../market/contracts.ts";
import { findClaimPurpose } from "./claims.ts";

const daySeconds = 86_400;

export const claimAddPurpose = defineVerb({
  path: ["claim", "add-purpose"],
  summary: "adds a purpose for which energy can be claimed, as the committee's owner",
  description:
    "It takes claims after the committee's delay, and never changes. Energy that is claimed for one purpose of a group cannot\n" +
    "be claimed for another of it: give purposes that exclude each other the same group.",
  arguments: [{ syntax: "<name>", description: "as dossiers name it: NL-ERE-2026" }],
  options: [
    { flags: "--group <number>", description: "default: a group of its own" },
    { flags: "--contradiction-days <n>", description: "how long a claim can be contradicted; default 30" },
    {
      flags: "--bond-per-mwh <n>",
      description: "what a claimant puts at stake, in 10⁻⁶ token for each MWh; default 2000000",
    },
    {
      flags: "--beneficiary <address>",
      description: "gets what no challenger gets of a lost bond; default: the caller",
    },
    { flags: "--transfer-rules <address>", description: "a contract that is asked before a claim changes hands" },
  ],
  access: "write",
  account: "OWNER",
  examples: ["claim add-purpose NL-ERE-2026 --dry-run", "claim add-purpose NL-ERE-2027 --group 1"],
  input: z.object({
    name: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/u, "must be capitals, digits and hyphens"),
    group: registryNumberInput.optional(),
    contradictionDays: wholeInput(1, 3_650).default(30),
    bondPerMwh: wholeInput(0, 10 ** 14).default(2_000_000),
    beneficiary: addressInput.optional(),
    transferRules: addressInput.default(ZeroAddress),
  }),
  async run({ name, group: given, contradictionDays, bondPerMwh, ...parties }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OWNER");
    const claims = energyClaimsOf(writer.chain);
    const group = given ?? Number(await claims.groupCount()) + 1;
    const content = {
      ...{ group, activeFrom: 0, contradictionSeconds: contradictionDays * daySeconds, bondMicroPerMwh: bondPerMwh },
      ...{ beneficiary: parties.beneficiary ?? writer.address, transferRules: parties.transferRules, name },
    };
    const intent = { contract: "energyClaims", method: "addPurpose", parameters: [content] } as const;
    const { result, transaction } = await writer.call(intent);
    const purpose = z.bigint().transform(Number).parse(result);
    const activeFrom = isDryRun ? null : Number((await claims.purposeOf(purpose)).activeFrom);
    output.json({ isDryRun, purpose, group, name, activeFrom, transactions: [transaction] });
    output.line(`${isDryRun ? "would be purpose" : "purpose"} ${purpose} in group ${group}`);
    if (activeFrom !== null) output.line(`takes claims from ${utc(activeFrom)}`);

    return exitCode.done;
  },
});

export const claimEnrol = defineVerb({
  path: ["claim", "enrol"],
  summary: "enrols meters, so that their energy can be claimed from now on",
  description:
    "Energy counts from the enrolment on: enrol a meter when it begins to work. Enrolling again keeps the time since the last\n" +
    "claim, unless another operator does it or the EVSE has more power by now; claim first then.",
  arguments: [{ syntax: "<meters...>", description: "their numbers in the registry" }],
  options: [
    { flags: "--purpose <name>", description: "in the group of this purpose" },
    { flags: "--group <number>", description: "in this group" },
  ],
  access: "write",
  account: "OPERATOR",
  examples: ["claim enrol 1 2 3 --purpose NL-ERE-2026", "claim enrol 7 --group 1 --dry-run"],
  input: z
    .object({
      meters: z.array(registryNumberInput).min(1),
      purpose: z.string().optional(),
      group: registryNumberInput.optional(),
    })
    .refine(({ purpose, group }) => (purpose === undefined) !== (group === undefined), {
      message: "or --group has to be given, and not both",
      path: ["purpose"],
    }),
  async run({ meters, purpose, group: given }, { openWriter, output, isDryRun }) {
    const writer = await openWriter("OPERATOR");
    const claims = energyClaimsOf(writer.chain);
    const number = purpose === undefined ? null : await findClaimPurpose(claims, purpose);
    const group = given ?? Number((await claims.purposeOf(number ?? 0)).group);
    const intent = { contract: "energyClaims", method: "enrol", parameters: [group, meters] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, group, meters, transactions: [transaction] });
    output.line(`${meters.length} meters ${isDryRun ? "would be" : "are"} enrolled in group ${group}`);

    return exitCode.done;
  },
});
