import { createHash, timingSafeEqual } from "node:crypto";

import type { Request, Response } from "express";

import { configuredKeyName, operatorKeyIdOf, type OperatorIdentity } from "../../domain/operator-key.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorKeyStore } from "../../store/operator-keys.ts";

/** Knows who acts for the operator: who has the key of the configuration, or one that was added since. */
export interface Operators {
  /**
   * Lets only an operator pass, and has the request's log line say which one.
   * @throws OPERATOR_UNAUTHENTICATED, also where there is no key at all
   */
  require(request: Request, response: Response): Promise<OperatorIdentity>;
  /** @returns `null` if no valid key of the operator was sent */
  find(request: Request): Promise<OperatorIdentity | null>;
}

export const operatorKeyGrammar = /^[A-Za-z0-9_-]{32,128}$/;
const bearer = "Bearer ";

/** @param deps.operatorKey The key of the configuration; `null`: only keys that were added count. */
export function createOperators(deps: {
  readonly store: Pick<OperatorKeyStore, "findOperatorKey">;
  readonly operatorKey: string | null;
}): Operators {
  const configured = deps.operatorKey === null ? null : digestOf(deps.operatorKey);

  async function find(request: Request): Promise<OperatorIdentity | null> {
    const header = request.get("authorization") ?? "";
    const given = header.startsWith(bearer) ? header.slice(bearer.length) : "";
    if (!operatorKeyGrammar.test(given)) return null;
    const digest = digestOf(given);
    const keySha256 = digest.toString("hex");
    const keyId = operatorKeyIdOf(keySha256);
    // Digests are compared, since they have one length.
    if (configured !== null && timingSafeEqual(digest, configured)) return { name: configuredKeyName, keyId };
    // The time of this look-up depends on the digest, from which nobody learns the key.
    const known = await deps.store.findOperatorKey(keySha256);
    return known === null ? null : { name: known.name, keyId };
  }

  return {
    find,
    async require(request, response) {
      const operator = await find(request);
      if (operator === null) {
        throw new WattproofError("OPERATOR_UNAUTHENTICATED", "Send Authorization: Bearer <operator key>.");
      }
      response.locals["operator"] = operator.name;
      return operator;
    },
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
