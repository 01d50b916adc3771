import { z } from "zod";

import {
  configuredKeyName,
  operatorKeyIdOf,
  operatorKeyNameGrammar,
  operatorRoles,
} from "../../domain/operator-key.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { OperatorKey } from "../../store/operator-keys.ts";
import type { Store } from "../../store/store.ts";
import { parseBody, readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";

const name = z.string().regex(operatorKeyNameGrammar);
const isDryRun = z.boolean().default(false);
export const additionSchema = z.strictObject({
  name,
  keySha256: z.string().regex(/^[0-9a-f]{64}$/),
  role: z.enum(operatorRoles),
  isDryRun,
});
export const revocationSchema = z.strictObject({ name, isDryRun });

export interface OperatorKeyDeps {
  readonly store: Store;
  readonly operators: Operators;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}

/** Lists the keys of the operator, adds one and revokes one. Each takes effect with the answer. */
export function createOperatorKeyDoors(deps: OperatorKeyDeps): readonly HttpDoor[] {
  return [ownDoor(deps), listDoor(deps), additionDoor(deps), revocationDoor(deps)];
}

/** `GET /v1/operator/own-key`: whose key it is that asks, and what it allows. */
function ownDoor({ operators }: OperatorKeyDeps): HttpDoor {
  return {
    path: "/v1/operator/own-key",
    method: "GET",
    async handler(request, response) {
      const { name, keyId, role } = await operators.require(request, response, "read");
      response.json({ name, keyId, role });
    },
  };
}

/** `GET /v1/operator/keys`: every key that there ever was; the digests stay here. */
function listDoor({ store, operators }: OperatorKeyDeps): HttpDoor {
  return {
    path: "/v1/operator/keys",
    method: "GET",
    async handler(request, response) {
      await operators.require(request, response, "read");
      response.json({ keys: (await store.listOperatorKeys()).map(viewOf) });
    },
  };
}

/** `POST /v1/operator/key-additions`: the caller makes the key and sends its digest, so the service never has it. */
function additionDoor({ store, operators, desk, now }: OperatorKeyDeps): HttpDoor {
  return {
    path: "/v1/operator/key-additions",
    method: "POST",
    async handler(request, response) {
      const { name: addedBy, keyId } = await operators.require(request, response, "money", "operator-key-added");
      const order = parseBody(await readBody(request, bodyLimitBytes), additionSchema, "OPERATOR_KEY_INVALID");
      const key = { name: order.name, keySha256: order.keySha256, role: order.role, addedAtMs: now(), addedBy };
      const taken = new WattproofError("OPERATOR_KEY_TAKEN", `${key.name}, or the key itself, was used before.`);
      const known = await store.listOperatorKeys();
      const isTaken = known.some((other) => other.name === key.name || other.keySha256 === key.keySha256);
      if (isTaken || key.name === configuredKeyName) throw taken;
      if (!order.isDryRun) {
        if (!(await store.addOperatorKey(key))) throw taken;
        const added = { name: key.name, role: key.role, addedKeyId: operatorKeyIdOf(key.keySha256) };
        const entry = { atMs: key.addedAtMs, keyId, keyName: addedBy, action: "operator-key-added" };
        await store.recordAction({ ...entry, subject: key.name, details: JSON.stringify(added) });
        desk.note("operator-key-added", { ...added, keyId, operator: addedBy });
      }
      response.json({ isDryRun: order.isDryRun, key: viewOf({ ...key, revokedAtMs: null, revokedBy: null }) });
    },
  };
}

/** `POST /v1/operator/key-revocations`: a key may also revoke itself. */
function revocationDoor({ store, operators, desk, now }: OperatorKeyDeps): HttpDoor {
  return {
    path: "/v1/operator/key-revocations",
    method: "POST",
    async handler(request, response) {
      const { name: revokedBy, keyId } = await operators.require(request, response, "money", "operator-key-revoked");
      const order = parseBody(await readBody(request, bodyLimitBytes), revocationSchema, "OPERATOR_KEY_INVALID");
      if (order.name === configuredKeyName) {
        throw new WattproofError("OPERATOR_KEY_CONFIGURED", "Start the service with another WATTPROOF_OPERATOR_KEY.");
      }
      const unknown = new WattproofError("OPERATOR_KEY_UNKNOWN", `No valid key is called ${order.name}.`);
      const key = (await store.listOperatorKeys()).find((one) => one.name === order.name && one.revokedAtMs === null);
      if (key === undefined) throw unknown;
      const revokedAtMs = now();
      if (!order.isDryRun) {
        if (!(await store.revokeOperatorKey(key.name, revokedBy, revokedAtMs))) throw unknown;
        const revoked = { name: key.name, revokedKeyId: operatorKeyIdOf(key.keySha256) };
        const entry = { atMs: revokedAtMs, keyId, keyName: revokedBy, action: "operator-key-revoked" };
        await store.recordAction({ ...entry, subject: key.name, details: JSON.stringify(revoked) });
        desk.note("operator-key-revoked", { ...revoked, keyId, operator: revokedBy });
      }
      response.json({ isDryRun: order.isDryRun, key: viewOf({ ...key, revokedAtMs, revokedBy }) });
    },
  };
}

function viewOf({ keySha256, ...key }: OperatorKey): object {
  return { ...key, keyId: operatorKeyIdOf(keySha256) };
}
