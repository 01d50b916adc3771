import { z } from "zod";

import { resolutionWays } from "../../../services/domain/stuck-sessions.ts";
import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

const micro = z.string().transform(BigInt);
const answerSchema = z.object({
  state: z.string(),
  energyWh: z.string().nullable(),
  chargedMicro: micro.nullable(),
  toppedUpMicro: micro,
  opening: z.object({ openedAt: z.number(), salt: z.number() }),
  terms: z.record(z.string(), z.string()),
  resolution: z.object({
    before: z.object({ status: z.string(), reason: z.string().nullable() }),
    evidence: z.string().nullable(),
    keyId: z.string(),
    keyName: z.string().nullable(),
  }),
});

export const sessionsResolve = defineVerb({
  path: ["sessions", "resolve"],
  summary: "decides about a session that nothing else moves",
  description:
    "expire: leave it to expiry; the hold returns to the driver. Once the time is over, this sends the call that frees it.\n" +
    "meter: settle it by what its meter signed, through the contract, without any oracle.\n" +
    "quorum: settle it on the evidence that is named. Other oracles judge for themselves and may refuse to sign. What no\n" +
    "meter signed costs at most what the driver agreed to, and nothing costs more than the hold. Oracles settle a session\n" +
    "only until the committee's change delay has passed since it opened; after that meter and expire are left.\n" +
    "To give the whole hold back at once instead: wattproof release.\n" +
    "Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY; the ledger keeps which key decided, by its name, when and why.",
  arguments: [{ syntax: "<session-id>", description: "the session" }],
  options: [
    { flags: "--as <way>", description: resolutionWays.join(", ") },
    { flags: "--evidence <name>", description: "for quorum: assessment, records, or record:<identity>" },
    { flags: "--reason <text>", description: "why, for the record" },
    serviceOption,
  ],
  access: "write",
  account: "OPERATOR",
  examples: ['sessions resolve 0x… --as quorum --evidence assessment --reason "looked at the meter" --dry-run'],
  input: z.object({
    sessionId: sessionIdInput,
    as: z.enum(resolutionWays, `must be one of ${resolutionWays.join(", ")}`),
    evidence: z.string().min(1).max(200).optional(),
    reason: z.string("must say why").trim().min(1, "must say why").max(500, "must have at most 500 characters"),
    service: serviceInput,
  }),
  async run({ sessionId, as, evidence = null, reason, service: given }, run) {
    const { output, isDryRun } = run;
    const service = openService(given, null, run.environment);
    const order = { sessionId, as, evidence, reason, isDryRun };
    const { terms, ...answer } = await service.post("/v1/operator/session-resolutions", answerSchema, order);
    const expiresAt = Number(terms["expiresAt"]);
    let transaction = null;
    if (as === "expire") {
      const head = await (await run.openChain()).provider.getBlock("latest");
      if (head !== null && head.timestamp > expiresAt) {
        const writer = await run.openWriter("OPERATOR");
        const call = {
          contract: "chargingSettlement",
          method: "expire",
          parameters: [terms, answer.opening, answer.toppedUpMicro],
        };
        ({ transaction } = await writer.call({ ...call, contract: "chargingSettlement" }));
      }
    }
    output.json({ sessionId, isDryRun, ...answer, expiresAt, transaction });
    const { status, reason: why } = answer.resolution.before;
    output.line(`was ${status} (${why ?? "no reason"}), ${isDryRun ? "would be" : "is"} ${answer.state}`);
    if (as === "expire" && transaction === null)
      output.line(`The hold can be freed after ${utc(expiresAt)}: again then.`);
    if (answer.chargedMicro !== null) {
      output.line(`${answer.energyWh ?? "?"} Wh, ${tokens(answer.chargedMicro)} of the hold, if the ${as} takes it`);
    }

    return exitCode.done;
  },
});
