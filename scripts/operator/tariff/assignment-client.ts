import { z } from "zod";

import { nameOfScope } from "../../../services/domain/tariff-scope.ts";
import { WattproofError } from "../../../services/errors.ts";
import { accountFromEnvironment } from "../../command-line/account-key.ts";
import { addressInput, registryNumberInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import { openService, serviceInput, serviceOption, type ServiceClient } from "../../command-line/service-client.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";

/** What the service takes at once. */
const evsesAtOnce = 1_000;
const pageLimit = 1_000;
const evseTopic = z.string().transform(Number);

export const evseOption: OptionSpec = {
  flags: "--evse <number>",
  description: "number of a charging point; may be given several times",
  isRepeated: true,
};
/** Options of verbs that change what charging points offer. */
export const changeOptions: readonly OptionSpec[] = [
  evseOption,
  { flags: "--all", description: "all charging points of the operator, instead of --evse" },
  { flags: "--connector <number>", description: "this connector of each --evse alone, by the charger's own number" },
  {
    flags: "--site <id>",
    description: "a site of the service's file of sites; may be given several times",
    isRepeated: true,
  },
  { flags: "--group <name>", description: "for the drivers of this group alone: wattproof tariff add-drivers" },
  { flags: "--operator <address>", description: "whose charging points; default: that of the profile or of the key" },
  serviceOption,
  { flags: "--dry-run", description: "says what would change; nothing is written" },
];
export const changeInput = {
  evse: z.array(registryNumberInput).default([]),
  all: z.boolean().default(false),
  connector: registryNumberInput.optional(),
  site: z.array(z.string().min(1)).default([]),
  group: z.string().optional(),
  operator: addressInput.optional(),
  service: serviceInput,
};
type ChangeInput = Pick<
  z.input<z.ZodObject<typeof changeInput>>,
  "connector" | "site" | "group" | "operator" | "service"
> & {
  readonly evse: readonly number[];
  readonly all: boolean;
};

const scope = {
  evse: z.number().nullable(),
  connector: z.number().nullable(),
  site: z.string().nullable(),
  group: z.string().nullable(),
};
const changeSchema = z.object({
  changes: z.array(z.object({ ...scope, tariffId: z.string(), step: z.enum(["assigned", "ended"]) })),
  scopes: z.array(z.object({ ...scope, tariffIds: z.array(z.string()) })),
});
/** What a change did, and what the charging points offer now. */
export type AssignmentChange = z.output<typeof changeSchema>;

const assignmentSchema = z.object({
  ordinal: z.number(),
  ...scope,
  tariffId: z.string(),
  isOffered: z.boolean(),
  assignedAtMs: z.number(),
  assignedBy: z.string(),
  endedAtMs: z.number().nullable(),
  endedBy: z.string().nullable(),
});
const pageSchema = z.object({
  assignments: z.array(assignmentSchema),
  next: z.number().nullable(),
  evsesWithoutTariff: z.array(z.number()),
});
/** What the service says of charging points and their tariffs. */
export type Assignments = Omit<z.output<typeof pageSchema>, "next">;

/** All pages. @throws KEY_UNAVAILABLE, SERVICE_UNREACHABLE, or what the service answers */
export async function readAssignments(
  service: ServiceClient,
  query: { readonly evse?: number | undefined; readonly isWithEnded?: boolean } = {},
): Promise<Assignments> {
  const assignments: z.output<typeof assignmentSchema>[] = [];
  let after: number | null = 0;
  let evsesWithoutTariff: readonly number[] = [];
  while (after !== null) {
    const parameters = new URLSearchParams({
      ...(query.evse === undefined ? {} : { evse: String(query.evse) }),
      ended: query.isWithEnded === true ? "yes" : "no",
      after: String(after),
      limit: String(pageLimit),
    });
    const page: z.output<typeof pageSchema> = await service.getAsOperator(
      `/v1/tariff-assignments?${parameters.toString()}`,
      pageSchema,
    );
    assignments.push(...page.assignments);
    ({ next: after } = page);
    evsesWithoutTariff = page.evsesWithoutTariff;
  }
  return { assignments, evsesWithoutTariff: [...evsesWithoutTariff] };
}

/**
 * Has the service assign a tariff, or end that.
 * @throws USAGE_INVALID, KEY_UNAVAILABLE, SERVICE_UNREACHABLE, or why the service does not
 */
export async function changeAssignments(
  action: "assign" | "unassign",
  tariffId: string,
  input: ChangeInput & { readonly replace?: boolean },
  run: Run,
): Promise<AssignmentChange> {
  const { environment, isDryRun: dryRun } = run;
  const sites = input.site ?? [];
  const ways = [input.all, input.evse.length > 0, sites.length > 0].filter(Boolean).length;
  if (ways !== 1) {
    throw new WattproofError(
      "USAGE_INVALID",
      "Say where: --evse <number> or --site <id>, each several times if wanted, or --all.",
    );
  }
  if (input.connector !== undefined && input.evse.length === 0) {
    throw new WattproofError("USAGE_INVALID", "--connector goes with --evse.");
  }
  const deploymentPath = await deploymentPathOf(input, run);
  const service = openService(input.service, deploymentPath, environment);
  const operator = await operatorOf(input.operator, deploymentPath, environment);
  const evses = input.all ? await evsesOf(operator, run) : [...new Set(input.evse)];
  const answer: AssignmentChange = { changes: [], scopes: [] };
  for (let start = 0; start === 0 || start < evses.length; start += evsesAtOnce) {
    const part = await service.post(`/v1/tariff-assignments/${action}`, changeSchema, {
      tariffId,
      evses: evses.slice(start, start + evsesAtOnce),
      sites,
      ...(input.connector === undefined ? {} : { connector: input.connector }),
      ...(input.group === undefined ? {} : { group: input.group }),
      dryRun,
      ...(operator === null ? {} : { operator, by: operator }),
      ...(input.replace === true ? { replace: true } : {}),
    });
    answer.changes.push(...part.changes);
    answer.scopes.push(...part.scopes);
  }
  return answer;
}

/** What changed and what is offered now, for people. */
export function changeLines({ changes, scopes }: AssignmentChange, isDryRun: boolean): readonly string[] {
  const lines = changes.map(({ tariffId, step, ...where }) => {
    const done = { assigned: "offers", ended: "no longer offers" }[step];
    return `${nameOfScope(where)} ${isDryRun ? `would change: ${done}` : done} ${tariffId}`;
  });
  if (changes.length === 0) lines.push("It is so already; nothing changes.");
  for (const { evse, connector, group, tariffIds } of scopes) {
    if (evse !== null && connector === null && group === null && tariffIds.length === 0) {
      lines.push(`EVSE ${evse} has no price of its own: without one of its site nobody can charge there.`);
    }
  }
  return lines;
}

/** What a charging point without a price needs. */
export function pricelessLine(evse: number): string {
  return `EVSE ${evse} has no price, so nobody can charge there: wattproof tariff assign <tariff-id> --evse ${evse}`;
}

/** Who acts: `--operator`, the profile's, or the one whose key is given; `null` if nothing says so. */
async function operatorOf(
  given: string | undefined,
  deploymentPath: string | null,
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (given !== undefined) return given;
  const hasProfile = deploymentPath !== null || environment["WATTPROOF_OPERATOR_PROFILE"] !== undefined;
  const profile = hasProfile ? readProfile(profilePathOf(deploymentPath ?? "", environment)) : undefined;
  if (profile !== undefined) return profile.address;
  if (environment["WATTPROOF_OPERATOR_PRIVATE_KEY"] === undefined) return null;
  return (await accountFromEnvironment("OPERATOR", environment)).address;
}

/** Beside which the profile lies. The chain is asked for it only where nothing else says what the profile would. */
async function deploymentPathOf({ service, operator }: ChangeInput, run: Run): Promise<string | null> {
  const { environment } = run;
  const given = environment["WATTPROOF_DEPLOYMENT"];
  if (given !== undefined) return given;
  const hasService = service !== undefined || environment["WATTPROOF_SERVICE_URL"] !== undefined;
  const hasOperator = operator !== undefined || environment["WATTPROOF_OPERATOR_PRIVATE_KEY"] !== undefined;
  return hasService && hasOperator ? null : (await run.openChain()).deploymentPath;
}

/** The operator's charging points, from the registry. @throws USAGE_INVALID if there are none, or nobody is named */
async function evsesOf(operator: string | null, run: Run): Promise<readonly number[]> {
  if (operator === null) throw new WattproofError("USAGE_INVALID", "Say whose charging points: --operator <address>.");
  const chain = await run.openChain();
  const logs = await readLogs(run, chain, {
    address: chain.deployment.contracts.meterRegistry,
    topics: chain.interfaces.meterRegistry.encodeFilterTopics("EvseRegistered", [null, operator]),
  });
  if (logs.length === 0) throw new WattproofError("USAGE_INVALID", `${operator} has registered no charging point.`);
  return logs.map(({ topics }) => evseTopic.parse(topics[1]));
}
