import type { RequestHandler } from "express";

import type { Chain } from "../../chain/chain.ts";
import { sessionStatuses } from "../../domain/session.ts";
import { stuckRules } from "../../domain/stuck-sessions.ts";
import { WattproofError } from "../../errors.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { RelayDesk } from "../../relay/relay-desk.ts";
import type { Store } from "../../store/store.ts";

/** One thing that must be in order before messages can be taken. */
export interface ReadinessCheck {
  readonly name: string;
  /** Rejects with an error of the catalogue while it is not. @returns what is in order and soon will not be, if anything */
  check(): Promise<string | undefined>;
}

/** Everything that the service stands on. */
export function createReadiness(deps: {
  readonly store: Pick<Store, "probe">;
  readonly chain: Pick<Chain, "checkDeployment" | "isMember" | "oracle">;
  readonly relay: Pick<RelayDesk, "readState" | "account"> | null;
}): readonly ReadinessCheck[] {
  const { store, chain, relay } = deps;
  const inOrder = () => undefined;
  return [
    { name: "store", check: () => store.probe().then(inOrder) },
    { name: "chain", check: () => chain.checkDeployment().then(inOrder) },
    { name: "oracle", check: () => requireOracle(chain).then(inOrder) },
    ...(relay === null ? [] : [{ name: "relayer", check: createRelayerCheck(relay) }]),
  ];
}

async function requireOracle(chain: Pick<Chain, "isMember" | "oracle">): Promise<void> {
  if (!(await chain.isMember())) {
    throw new WattproofError("SERVICE_NOT_READY", `${chain.oracle} is not an oracle of this deployment.`);
  }
}

/** The account that pays for others can pay; it is told in time when it will not. */
function createRelayerCheck(relay: Pick<RelayDesk, "readState" | "account">): ReadinessCheck["check"] {
  return async () => {
    const { isSolvent, isLow, balanceWei } = await relay.readState();
    if (!isSolvent) throw new WattproofError("RELAYER_UNFUNDED", `${relay.account} cannot pay for gas.`);
    return isLow ? `${relay.account} has only ${balanceWei} wei left` : undefined;
  };
}

/** `GET /v1/health`: the process lives. */
export function showHealth(): RequestHandler {
  return (_request, response) => {
    response.json({ status: "alive" });
  };
}

/** `GET /v1/ready`: everything that the service stands on is there. */
export function showReadiness(checks: readonly ReadinessCheck[]): RequestHandler {
  return async (_request, response) => {
    const results = await Promise.all(
      checks.map(async (readiness) => {
        const { name } = readiness;
        try {
          const warning = await readiness.check();
          return { name, code: null, warning: warning ?? null };
        } catch (error) {
          return { name, code: error instanceof WattproofError ? error.code : "INTERNAL", warning: null };
        }
      }),
    );
    const failed = results.flatMap(({ name, code }) => (code === null ? [] : [`${name}: ${code}`]));
    if (failed.length > 0) throw new WattproofError("SERVICE_NOT_READY", failed.join("; "));
    const warnings = results.flatMap(({ name, warning }) => (warning === null ? [] : [`${name}: ${warning}`]));
    const names = results.map(({ name }) => name);
    response.json({ status: "ready", checks: names, ...(warnings.length > 0 && { warnings }) });
  };
}

/** `GET /metrics`, in the text format of Prometheus. */
export function showMetrics(
  metrics: Metrics,
  store: Pick<Store, "countSessions" | "readOldestSessions">,
  now: () => number,
): RequestHandler {
  return async (_request, response) => {
    for (const [status, count] of await store.countSessions()) metrics.sessions.set({ status }, count);
    const oldest = await store.readOldestSessions();
    for (const status of sessionStatuses) {
      const sinceMs = stuckRules[status] === null ? undefined : oldest.get(status);
      metrics.oldestSessionSeconds.set({ status }, sinceMs === undefined ? 0 : Math.max(0, now() - sinceMs) / 1_000);
    }
    response.set("content-type", metrics.registry.contentType);
    response.send(await metrics.registry.metrics());
  };
}
