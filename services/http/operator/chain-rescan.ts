import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { ChainFollower } from "../../settlement/follow-chain.ts";
import type { RescanOutcome } from "../../settlement/rescan-blocks.ts";
import type { Store } from "../../store/store.ts";
import { readBody } from "../body.ts";
import { bodyLimitBytes } from "../entrance/limits.ts";
import type { Operators } from "./operators.ts";
import type { HttpDoor } from "../door.ts";

const block = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const rescanOrder = z.strictObject({ from: block, to: block, isDryRun: z.boolean().default(false) });

/**
 * `POST /v1/operator/chain-rescan`: reads blocks again that were read before, and makes up for events that an endpoint
 * left out then.
 */
export function createRescanDoor(deps: {
  readonly store: Pick<Store, "recordAction">;
  readonly follower: Pick<ChainFollower, "rescan">;
  readonly desk: OperatorDesk;
  readonly operators: Operators;
  readonly now: () => number;
  readonly signal: AbortSignal;
}): HttpDoor {
  const { store, follower, desk, operators, now } = deps;
  return {
    path: "/v1/operator/chain-rescan",
    method: "POST",
    async handler(request, response) {
      const { keyId, name: keyName } = await operators.require(request, response, "operate", "chain-rescan");
      const order = readOrder(await readBody(request, bodyLimitBytes));
      const outcome = await follower.rescan(order, deps.signal);
      const { from, to, isDryRun } = order;
      const answer = { from, to, isDryRun, ...viewOf(outcome) };
      if (!isDryRun) {
        const details = JSON.stringify({ events: outcome.events, applied: answer.applied.length });
        const entry = { atMs: now(), keyId, keyName, action: "chain-rescan", subject: `${from}-${to}`, details };
        await store.recordAction(entry);
        desk.note("chain-rescan", {
          from,
          to,
          keyId,
          operator: keyName,
          events: outcome.events,
          applied: answer.applied.length,
        });
      }
      response.json(answer);
    },
  };
}

function viewOf({ applied, contradicting, events }: RescanOutcome): {
  readonly events: number;
  readonly applied: readonly unknown[];
  readonly contradicting: readonly unknown[];
} {
  const placed = ({ kind, sessionId, position }: RescanOutcome["applied"][number]): unknown => ({
    kind,
    sessionId,
    blockNumber: position.blockNumber,
    txHash: position.txHash,
  });
  return { events, applied: applied.map(placed), contradicting: contradicting.map(placed) };
}

function readOrder(body: Uint8Array): z.output<typeof rescanOrder> {
  try {
    return rescanOrder.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("RESCAN_RANGE_INVALID", 'Send {"from":<block>,"to":<block>}.', { cause: error });
  }
}
