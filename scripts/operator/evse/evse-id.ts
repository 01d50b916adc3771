import { z } from "zod";

import { obstacleOfId } from "../../../services/domain/ocpi/evse-id.ts";

/** What the registry takes as an id. */
export const anyIdInput = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= 48 && text !== "", "must have 1 to 48 bytes");

/** The same, of the form that drivers and roaming partners know, and of a country that exists. */
export const evseIdInput = anyIdInput.superRefine((evseId, context) => {
  const obstacle = obstacleOfId(evseId);
  if (obstacle !== null) context.addIssue({ code: "custom", message: obstacle });
});
