import { z } from "zod";

import {
  agreedSettlementTypes,
  typedAgreedSettlementOf,
  type AgreedSettlement,
} from "../../../services/domain/agreed-settlement.ts";
import { resolutionWays, type ResolutionWay } from "../../../services/domain/stuck-sessions.ts";
import { settlementDomainOf } from "../../../services/domain/terms.ts";
import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput, tokenAmountInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import type { Transaction } from "../../command-line/transact.ts";
import { UsageError } from "../../command-line/usage.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";

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
    "release: give the whole hold back at once; this sends the call. wattproof release does the same without the service.\n" +
    "agreed: settle what --charge says, which driver and operator both sign. Without --driver-signature this prints what the\n" +
    "driver's wallet has to sign (eth_signTypedData_v4), and decides nothing; with it, this sends the call.\n" +
    "meter: settle it by what its meter signed, through the contract, without any oracle.\n" +
    "quorum: settle it on the evidence that is named. Other oracles judge for themselves and may refuse to sign. What no\n" +
    "meter signed costs at most what the driver agreed to, and nothing costs more than the hold. Oracles settle a session\n" +
    "only until the committee's change delay has passed since it opened.\n" +
    "Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY; the ledger keeps which key decided, by its name, when and why.",
  arguments: [{ syntax: "<session-id>", description: "the session" }],
  options: [
    { flags: "--as <way>", description: resolutionWays.join(", ") },
    { flags: "--evidence <name>", description: "for quorum: assessment, records, or record:<identity>" },
    { flags: "--charge <amount>", description: "for agreed: what the session costs, in tokens" },
    { flags: "--driver-signature <hex>", description: "for agreed: the driver's signature" },
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
    charge: tokenAmountInput.optional(),
    driverSignature: z
      .string()
      .regex(/^0x(?:[0-9a-fA-F]{2})*$/u, "must be 0x and hexadecimal digits")
      .optional(),
    reason: z.string("must say why").trim().min(1, "must say why").max(500, "must have at most 500 characters"),
    service: serviceInput,
  }),
  async run({ sessionId, as, evidence = null, charge, driverSignature, reason, service: given }, run) {
    const { output, isDryRun } = run;
    if ((as === "agreed") !== (charge !== undefined)) throw new UsageError("--as agreed goes with --charge <amount>");
    const service = openService(given, null, run.environment);
    const order = { sessionId, as, evidence, reason, isDryRun };
    const ask = (isPlan: boolean) =>
      service.post("/v1/operator/session-resolutions", answerSchema, { ...order, isDryRun: isPlan || isDryRun });
    const plan = await ask(true);
    const agreed = charge === undefined ? null : agreedOf(sessionId, plan, charge);
    if (agreed !== null && driverSignature === undefined) return await showForDriver(agreed, run);
    const call = await callOf(as, agreed, driverSignature ?? "0x", plan, run);
    const { terms, ...answer } = isDryRun ? plan : await ask(false);
    const transaction = call === null ? null : await call();
    const expiresAt = Number(terms["expiresAt"]);
    output.json({ sessionId, isDryRun, ...answer, expiresAt, transaction });
    const { status, reason: why } = answer.resolution.before;
    output.line(`was ${status} (${why ?? "no reason"}), ${isDryRun ? "would be" : "is"} ${answer.state}`);
    if (as === "expire" && transaction === null)
      output.line(`The hold can be freed after ${utc(expiresAt)}: again then.`);
    if (agreed !== null) output.line(`${tokens(agreed.chargedMicro)} of the hold, as both signed`);
    if (answer.chargedMicro !== null) {
      output.line(`${answer.energyWh ?? "?"} Wh, ${tokens(answer.chargedMicro)} of the hold, if the ${as} takes it`);
    }

    return exitCode.done;
  },
});

type Plan = z.output<typeof answerSchema>;

function agreedOf(sessionId: string, { opening, toppedUpMicro }: Plan, chargedMicro: bigint): AgreedSettlement {
  return { sessionId, ...opening, toppedUpMicro, chargedMicro };
}

async function showForDriver(agreed: AgreedSettlement, run: Run): Promise<typeof exitCode.done> {
  const { deployment } = await run.openChain();
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.chargingSettlement };
  const typedData = typedAgreedSettlementOf(agreed, domain);
  run.output.json({ sessionId: agreed.sessionId, isDryRun: true, typedData });
  run.output.line("The driver's wallet has to sign this; then again with --driver-signature:");
  run.output.line(JSON.stringify(typedData));
  return exitCode.done;
}

/** The call that the way needs now; `null` where it needs none, or not yet. */
async function callOf(
  way: ResolutionWay,
  agreed: AgreedSettlement | null,
  driverSignature: string,
  { terms, opening, toppedUpMicro }: Plan,
  run: Run,
): Promise<(() => Promise<Transaction>) | null> {
  if (way === "expire") {
    const head = await (await run.openChain()).provider.getBlock("latest");
    if (head === null || head.timestamp <= Number(terms["expiresAt"])) return null;
  } else if (way !== "release" && agreed === null) return null;
  const writer = await run.openWriter("OPERATOR");
  const { chainId, contracts } = writer.chain.deployment;
  const domain = settlementDomainOf({ chainId, verifyingContract: contracts.chargingSettlement });
  const session = [terms, opening, toppedUpMicro];
  const parameters =
    agreed === null
      ? session
      : [
          ...session,
          agreed.chargedMicro,
          driverSignature,
          await writer.signTypedData(domain, agreedSettlementTypes, { ...agreed }),
        ];
  const intent = {
    contract: "chargingSettlement",
    method: agreed === null ? way : "settleAgreed",
    parameters,
  } as const;
  // A refusal is known before anything is decided.
  await writer.ask(intent);
  return async () => (await writer.call(intent)).transaction;
}
