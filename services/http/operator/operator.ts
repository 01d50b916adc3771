import { createHash, timingSafeEqual } from "node:crypto";

import type { Request } from "express";

import { WattproofError } from "../../errors.ts";

const authorizationGrammar = /^Bearer ([A-Za-z0-9_-]{32,128})$/;

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Lets only the operator pass. Digests are compared, since they have one length.
 * @throws OPERATOR_UNAUTHENTICATED, also where no key is configured
 */
export function requireOperator(request: Request, operatorKey: string | null): void {
  const given = authorizationGrammar.exec(request.get("authorization") ?? "")?.[1];
  const isEqual = timingSafeEqual(digestOf(given ?? ""), digestOf(operatorKey ?? ""));
  if (operatorKey === null || given === undefined || !isEqual) {
    throw new WattproofError("OPERATOR_UNAUTHENTICATED", "Send Authorization: Bearer <operator key>.");
  }
}

/** Which key it was, for the record of what operators did, without telling the key. */
export function operatorKeyIdOf(operatorKey: string | null): string {
  return digestOf(operatorKey ?? "")
    .toString("hex")
    .slice(0, 16);
}
