import { z } from "zod";

import { openingOf } from "../../domain/opening.ts";
import { resolutionWays } from "../../domain/stuck-sessions.ts";
import { heldMicroOf, totalOf } from "../../domain/session-amounts.ts";
import { withHold } from "../../domain/cdr.ts";
import { WattproofError } from "../../errors.ts";
import type { SessionResolver } from "../../settlement/resolve-session.ts";
import { readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";
import type { HttpDoor } from "../door.ts";
import { termsView, toJson } from "../public/session-view.ts";

export const resolutionOrder = z.strictObject({
  sessionId: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/)
    .transform((text) => text.toLowerCase()),
  as: z.enum(resolutionWays),
  reason: z.string().trim().min(1).max(500),
  evidence: z.string().min(1).max(200).nullable().default(null),
  isDryRun: z.boolean().default(false),
});

/** `POST /v1/operator/session-resolutions`: the operator decides about a session that nothing else moves. */
export function createResolutionDoor(deps: {
  readonly resolver: SessionResolver;
  readonly operators: Operators;
}): HttpDoor {
  return {
    path: "/v1/operator/session-resolutions",
    method: "POST",
    async handler(request, response) {
      const operator = await deps.operators.require(request, response, "money", "session-resolution");
      const { as: way, sessionId, ...order } = readOrder(await readBody(request, bodyLimitBytes));
      response.locals["sessionId"] = sessionId;
      const { session, next, cdr } = await deps.resolver.resolve(sessionId, { ...order, way }, operator);
      const settlement = cdr === null ? null : withHold(cdr, heldMicroOf(session));
      response.json(
        toJson({
          sessionId,
          isDryRun: order.isDryRun,
          resolution: next.resolution,
          state: next.status,
          energyWh: settlement?.energyWh ?? null,
          chargedMicro: settlement?.chargedMicro ?? null,
          terms: termsView(session.terms),
          opening: openingOf(session.state.opening),
          toppedUpMicro: totalOf(session.state.topUps),
        }),
      );
    },
  };
}

function readOrder(body: Uint8Array): z.output<typeof resolutionOrder> {
  try {
    return resolutionOrder.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    const fields = error instanceof z.ZodError ? error.issues.map(({ path }) => path.join(".")).join(", ") : "body";
    throw new WattproofError("RESOLUTION_INVALID", `Not as documented: ${fields}.`, { cause: error });
  }
}
