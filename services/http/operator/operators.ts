import { createHash, timingSafeEqual } from "node:crypto";

import type { Request, Response } from "express";

import {
  configuredKeyName,
  isRoleEnough,
  operatorKeyIdOf,
  type OperatorIdentity,
  type OperatorRole,
} from "../../domain/operator-key.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorKeyStore } from "../../store/operator-keys.ts";

/** Knows who acts for the operator: who has the key of the configuration, or one that was added since. */
export interface Operators {
  /**
   * Lets only an operator with this role pass, and has the request's log line say which one.
   * @param action What is commanded, as the record of actions names it; without it nothing is commanded.
   * @throws OPERATOR_UNAUTHENTICATED, also where there is no key at all; OPERATOR_ROLE_INSUFFICIENT
   */
  require(request: Request, response: Response, role: OperatorRole, action?: string): Promise<OperatorIdentity>;
  /** @returns `null` if no valid key of the operator was sent */
  find(request: Request): Promise<OperatorIdentity | null>;
}

export const operatorKeyGrammar = /^[A-Za-z0-9_-]{32,128}$/;
const bearer = "Bearer ";

/**
 * @param deps.operatorKey The key of the configuration, which may do everything; `null`: only keys that were added count.
 */
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
    if (configured !== null && timingSafeEqual(digest, configured)) {
      return { name: configuredKeyName, keyId, role: "money" };
    }
    // The time of this look-up depends on the digest, from which nobody learns the key.
    const known = await deps.store.findOperatorKey(keySha256);
    return known === null ? null : { name: known.name, keyId, role: known.role };
  }

  return {
    find,
    async require(request, response, role, action) {
      const operator = await find(request);
      if (operator === null) {
        throw new WattproofError("OPERATOR_UNAUTHENTICATED", "Send Authorization: Bearer <operator key>.");
      }
      response.locals["operator"] = operator.name;
      if (action !== undefined) commands.set(response, { operator, action, description: null });
      if (!isRoleEnough(operator.role, role)) {
        throw new WattproofError(
          "OPERATOR_ROLE_INSUFFICIENT",
          `${operator.name} may ${operator.role}; this needs ${role}.`,
        );
      }
      return operator;
    },
  };
}

/** What is commanded in a request that is being answered. */
export interface OperatorCommand {
  readonly operator: OperatorIdentity;
  readonly action: string;
  /** `null` where the door records by itself what it did. */
  readonly description: { readonly subject: string; readonly details: Readonly<Record<string, unknown>> } | null;
}

const commands = new WeakMap<Response, OperatorCommand>();

/** What a door said in `require` that the operator commands; `undefined` where no operator was found, or none commands. */
export function commandOf(response: Response): OperatorCommand | undefined {
  return commands.get(response);
}

/** Has what was said in `require` recorded with this, when it is done or refused. */
export function describeCommand(response: Response, description: NonNullable<OperatorCommand["description"]>): void {
  const command = commands.get(response);
  if (command !== undefined) commands.set(response, { ...command, description });
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
