import { z } from "zod";

import { operatorRoles } from "../../domain/operator-key.ts";
import { address, count, hash, micro, timeMs } from "./values.ts";

const operatorKey = z.object({
  name: z.string(),
  keyId: z.string(),
  role: z.enum(operatorRoles),
  addedAtMs: timeMs,
  addedBy: z.string(),
  revokedAtMs: timeMs.nullable(),
  revokedBy: z.string().nullable(),
});
/** A call that the operator's own account sends. */
export const refundAnswer = z.object({
  sessionId: hash,
  chainId: count,
  from: address,
  to: address,
  data: z.string(),
  driver: address,
  amountMicro: micro,
  refundedBeforeMicro: micro,
});
export const ownKeyAnswer = z.object({ name: z.string(), keyId: z.string(), role: z.enum(operatorRoles) });
export const operatorKeysAnswer = z.object({ keys: z.array(operatorKey) });
export const operatorKeyAnswer = z.object({ isDryRun: z.boolean(), key: operatorKey });
export const actionsAnswer = z.object({
  actions: z.array(
    z.object({
      ordinal: count,
      atMs: timeMs,
      keyId: z.string(),
      keyName: z.string().nullable(),
      action: z.string(),
      subject: z.string(),
      details: z.string(),
      result: z.string(),
    }),
  ),
  next: count.nullable(),
});
