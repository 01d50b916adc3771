import { z } from "zod";

import { possessionTagOf, type PossessionClaim } from "../../../services/domain/possession.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { Curve } from "../../../services/evidence/formats/ocmf/types.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";

/** What the service says of a meter that is to prove itself. */
export const possessionAnswer = z.object({
  tag: z.string(),
  stationId: z.string(),
  stationEvse: z.number(),
  isConnected: z.boolean(),
  status: z.enum(["awaited", "received", "expired"]),
  expiresAtMs: z.number(),
  starts: z.number(),
  record: z.base64().nullable(),
  /** What the charger answered when it was asked to begin; nothing if nobody asked it. */
  answerToStart: z.string().nullish(),
});
export type PossessionAnswer = z.output<typeof possessionAnswer>;

/**
 * Names a meter to the service, whose charger takes its tag from now on.
 * @param how `again`: although a record is there. `start`: the charger is asked to begin the charge.
 * @throws DEPLOYMENT_DIFFERS if the service works out another tag, SERVICE_UNREACHABLE, or what the service answers
 */
export async function nameMeter(
  service: ServiceClient,
  claim: PossessionClaim,
  curve: Curve,
  how: { readonly again: boolean; readonly start: boolean },
): Promise<PossessionAnswer> {
  const { evse, publicKey, activations, registrant: operator } = claim;
  const body = { evse, curve, publicKey, activations, operator, ...how };
  const named = await service.post("/v1/meter-possessions", possessionAnswer, body);
  const tag = possessionTagOf(claim);
  if (named.tag !== tag) {
    throw new WattproofError("DEPLOYMENT_DIFFERS", `${service.url} has the tag ${named.tag}, the registry ${tag}.`);
  }
  return named;
}
