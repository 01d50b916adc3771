import { z } from "zod";

import { shown, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

const answerSchema = z.object({
  actions: z.array(
    z.object({
      ordinal: z.number(),
      atMs: z.number(),
      keyId: z.string(),
      keyName: z.string().nullable(),
      action: z.string(),
      subject: z.string(),
      details: z.string(),
      result: z.string(),
    }),
  ),
  next: z.number().nullable(),
});

export const operatorListActions = defineVerb({
  path: ["operator", "list-actions"],
  summary: "lists what was commanded with keys of the service and what came of it, newest first",
  description:
    "Keys, assignments of tariffs, bindings of cards, commands to stations, proofs of possession, resolutions, retries, rescans\n" +
    "and messages given up: when, by whom, to what, and with which result. It is in the ledger, and no command changes it.",
  options: [
    { flags: "--of <subject>", description: "only of this session, station, tariff, card, tag, message or name" },
    { flags: "--before <number>", description: "only what is older than the entry of this number" },
    { flags: "--limit <count>", description: "at most so many, up to 1,000; default 100" },
    serviceOption,
  ],
  access: "none",
  examples: ["operator list-actions", "operator list-actions --of CS-1 --json"],
  input: z.object({
    of: z.string().min(1).max(200).optional(),
    before: z.coerce.number().int().min(0).optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
    service: serviceInput,
  }),
  async run({ of: subject, before, limit, service: given }, { output, environment }) {
    const service = openService(given, null, environment);
    const query = new URLSearchParams({
      limit: String(limit),
      ...(subject === undefined ? {} : { subject }),
      ...(before === undefined ? {} : { before: String(before) }),
    });
    const answer = await service.getAsOperator(`/v1/operator/actions?${query.toString()}`, answerSchema);
    output.json(answer);
    for (const { ordinal, atMs, keyId, keyName, action, subject: what, details, result } of answer.actions) {
      const who = keyName === null ? `key ${keyId}` : `${keyName}, key ${keyId}`;
      output.line(
        `${ordinal}  ${utc(Math.floor(atMs / 1_000))}  ${who}  ${action}  ${shown(what)}  ${result}  ${shown(details)}`,
      );
    }
    if (answer.actions.length === 0) output.line("There are none.");
    if (answer.next !== null) output.line(`more: --before ${answer.next}`);

    return exitCode.done;
  },
});
