import { z } from "zod";

import { priceOf } from "../../../services/domain/tariff.ts";
import { refundedBy } from "../../../services/domain/session-amounts.ts";
import { kilowattHours, shown, tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { openService } from "../../command-line/service-client.ts";
import { registryOf } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { priceLines } from "../tariff/simulate.ts";
import { placesServiceOf, sessionReadingInput, sessionReadingOptions } from "./known-blocks.ts";
import { requireSession } from "./session-book.ts";

const resolvedAnswer = z.object({
  session: z.object({
    resolution: z
      .object({
        way: z.string(),
        reason: z.string(),
        keyId: z.string(),
        keyName: z.string().nullable(),
        atMs: z.number(),
        before: z.object({ status: z.string(), reason: z.string().nullable() }),
      })
      .nullable(),
  }),
});

export const sessionsShow = defineVerb({
  path: ["sessions", "show"],
  summary: "shows one charging session: terms, price break-down, settlement, challenge, refunds",
  arguments: [{ syntax: "<session-id>", description: "the session" }],
  description: "With --service it also says what an operator decided about the session.",
  options: sessionReadingOptions,
  access: "chain",
  readsHistory: true,
  examples: ["sessions show 0x…"],
  input: z.object({ sessionId: sessionIdInput, ...sessionReadingInput }),
  async run({ sessionId, ...reading }, run) {
    const { output } = run;
    const chain = await run.openChain();
    const { service } = reading;
    const session = await requireSession(run, chain, sessionId, placesServiceOf(reading, chain, run.environment));
    const { terms, settlement, agreed, challenge, expiry } = session;
    const tariff = await registryOf(chain).readTariff(terms.tariffId);
    const price =
      settlement === null
        ? null
        : priceOf(tariff, settlement.energyMicroWh, settlement.chargingSeconds, settlement.connectedSeconds);
    const timeOf = async (blockNumber: number): Promise<number | null> =>
      (await chain.provider.getBlock(blockNumber))?.timestamp ?? null;
    const openedAt = await timeOf(session.opening.blockNumber);
    const closing = settlement?.position ?? agreed?.position ?? expiry;
    const closedAt = closing === null ? null : await timeOf(closing.blockNumber);
    // The chain does not know it, and is all that is asked unless a service is named.
    const resolution =
      service === undefined
        ? null
        : (await openService(service, null, run.environment).getAsOperator(`/v1/sessions/${sessionId}`, resolvedAnswer))
            .session.resolution;
    output.json({ ...session, tariff, price, openedAt, closedAt, resolution });

    output.line(`session ${sessionId}, idTag ${session.idTag}: ${session.status}`);
    output.line(`EVSE ${terms.evse}, meter ${terms.meter}, driver ${terms.driver}, operator ${terms.operator}`);
    output.line(`hold ${tokens(terms.holdMicro + session.toppedUpMicro)}, expires ${utc(terms.expiresAt)}`);
    output.line(`opened ${openedAt === null ? "?" : utc(openedAt)}, ${session.opening.txHash}`);
    if (settlement !== null && price !== null) {
      const by = settlement.batch === null ? "its meter's signature" : `oracles' batch ${settlement.batch}`;
      output.line(`settled ${closedAt === null ? "?" : utc(closedAt)} by ${by}, ${settlement.position.txHash}`);
      output.line(`${kilowattHours(settlement.energyMicroWh)} kWh, ${settlement.chargingSeconds} s charging`);
      for (const line of priceLines(price)) output.line(line);
      output.line(`charged ${tokens(settlement.chargedMicro)}, returned ${tokens(settlement.returnedMicro)}`);
    }
    if (agreed !== null) {
      output.line(`settled ${closedAt === null ? "?" : utc(closedAt)} by agreement, ${agreed.position.txHash}`);
      output.line(`charged ${tokens(agreed.chargedMicro)}, returned ${tokens(agreed.returnedMicro)}`);
    }
    if (challenge !== null) {
      output.line(
        `challenged by ${challenge.challenger}: proven ${tokens(challenge.provenMicro)}, back ${tokens(refundedBy(challenge))}`,
      );
    }
    if (session.demand !== null) {
      const { demander, answerableUntil, ending } = session.demand;
      output.line(`records demanded by ${demander}: ${ending}, to be shown until ${utc(answerableUntil)}`);
    }
    if (resolution !== null) {
      const { way, reason, before, keyId, keyName, atMs } = resolution;
      const who = keyName === null ? `key ${keyId}` : `${keyName}, key ${keyId}`;
      output.line(`resolved as ${way} ${utc(Math.floor(atMs / 1_000))} by ${who}: ${shown(reason)}`);
      output.line(`  was ${before.status}: ${before.reason ?? "no reason given"}`);
    }
    if (session.refundedMicro > 0n) output.line(`refunded ${tokens(session.refundedMicro)}`);

    return exitCode.done;
  },
});
