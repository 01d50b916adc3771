import { z } from "zod";

import { operatorKeyNameGrammar, operatorRoles } from "../../../services/domain/operator-key.ts";

/** A key as the service shows it: who it is of, never what it is. */
export const keySchema = z.object({
  name: z.string(),
  keyId: z.string(),
  role: z.enum(operatorRoles),
  addedAtMs: z.number(),
  addedBy: z.string(),
  revokedAtMs: z.number().nullable(),
  revokedBy: z.string().nullable(),
});
export const keyAnswerSchema = z.object({ key: keySchema });

export const keyNameInput = z
  .string()
  .regex(operatorKeyNameGrammar, "must have at most 40 lower-case letters, digits, dots, hyphens and underscores");
