import { z } from "zod";

import type { ContractInterfaces } from "../../chain/contracts.ts";
import { totalOf } from "../../domain/session-amounts.ts";
import { sumsOf } from "../../domain/session-sums.ts";
import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import { describeCommand, type Operators } from "./operators.ts";

/** What refunds are prepared with. */
export interface RefundDeps {
  readonly store: Store;
  readonly operators: Operators;
  readonly interfaces: Pick<ContractInterfaces, "settlement">;
  readonly service: { readonly chainId: number };
  /** Address of the settlement contract. */
  readonly settlementAddress: string;
}

export const refundOrder = z.strictObject({
  sessionId: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((text) => text.toLowerCase()),
  /** In micro-tokens (1e-6). */
  amountMicro: z
    .string()
    .regex(/^[1-9][0-9]{0,18}$/)
    .transform(BigInt),
});

/**
 * `POST /v1/operator/refunds`: what the operator's own account has to send so that a driver gets money of a session back. The
 * service has no key of that account. Prepared is kept as an action; what came of it the chain says.
 */
export function createRefundDoor({ store, operators, interfaces, service, settlementAddress }: RefundDeps): HttpDoor {
  return {
    path: "/v1/operator/refunds",
    method: "POST",
    async handler(request, response) {
      await operators.require(request, response, "money", "refund-prepared");
      const { sessionId, amountMicro } = parseBody(await readBody(request, bodyLimitBytes), refundOrder);
      describeCommand(response, { subject: sessionId, details: { amountMicro: amountMicro.toString() } });
      const session = await store.findSession(sessionId);
      if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
      const { settledMicro } = sumsOf(session, await store.findCdr(sessionId));
      if (settledMicro === null) throw new WattproofError("SESSION_NOT_SETTLED", `It is ${session.state.status}.`);
      if (amountMicro > settledMicro) {
        throw new WattproofError("REFUND_TOO_HIGH", `At most ${settledMicro}, which is what the driver has paid.`);
      }
      const { terms, state } = session;
      response.json({
        sessionId,
        chainId: service.chainId,
        from: terms.operator,
        to: settlementAddress,
        data: interfaces.settlement.encodeFunctionData("refund", [terms, amountMicro]),
        driver: terms.driver,
        amountMicro: amountMicro.toString(),
        refundedBeforeMicro: totalOf(state.refunds).toString(),
      });
    },
  };
}
