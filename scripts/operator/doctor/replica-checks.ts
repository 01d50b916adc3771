import { z } from "zod";

import type { ServiceClient } from "../../command-line/service-client.ts";
import { failing, ok, tryCheck, warning, type Finding } from "./finding.ts";

/** What a standby may lack: a switch to it takes the longer the more it has to replay. */
const mostBehindBytes = 16 * 1024 ** 2;

const replicasAnswer = z.object({
  nowMs: z.number(),
  replicas: z.array(z.object({ replicaId: z.string(), isAlive: z.boolean(), stations: z.number() })),
  leases: z.array(z.object({ name: z.string(), replicaId: z.string().nullable() })),
  standbys: z
    .array(
      z.object({
        name: z.string(),
        waits: z.string().nullable(),
        behindBytes: z.number().nullable(),
        behindMs: z.number().nullable(),
      }),
    )
    .nullable(),
});
export type ReplicasAnswer = z.infer<typeof replicasAnswer>;

/** The replicas on the ledger, what each does, and the standbys of its database. */
export function checkReplicas(service: ServiceClient, environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const check = "replicas";
  return tryCheck(check, "docs/how-to/run-several-replicas.md says how they share a ledger.", async () => {
    if (environment["WATTPROOF_OPERATOR_KEY"] === undefined) {
      const detail = "the service tells only its operator which replicas there are";
      return [warning(check, detail, "Give its key: WATTPROOF_OPERATOR_KEY.")];
    }
    return replicaFindings(await service.getAsOperator("/v1/operator/replicas", replicasAnswer));
  });
}

/** What an operator has to know of them. */
export function replicaFindings({ replicas, leases, standbys }: ReplicasAnswer): readonly Finding[] {
  return [replicaFinding(replicas), leaseFinding(leases), ...(standbys === null ? [] : standbyFindings(standbys))];
}

function replicaFinding(replicas: ReplicasAnswer["replicas"]): Finding {
  const words = replicas.map(
    ({ replicaId, isAlive, stations }) => `${replicaId} ${isAlive ? `with ${stations} chargers` : "lost"}`,
  );
  const detail = words.join(", ");
  return replicas.every(({ isAlive }) => isAlive)
    ? ok("replicas", detail)
    : warning("replicas", detail, "Others have taken its work. Look why it died, and start another one.");
}

/** A lease is taken when there is something to do; upkeep has something to do every second. */
function leaseFinding(leases: ReplicasAnswer["leases"]): Finding {
  const detail = leases.map(({ name, replicaId }) => `${name} by ${replicaId ?? "nobody"}`).join(", ");
  return leases.some(({ name, replicaId }) => name === "upkeep" && replicaId !== null)
    ? ok("leases", detail)
    : failing("leases", detail, "A replica takes what is free within seconds; its log says what keeps it from that.");
}

function standbyFindings(standbys: NonNullable<ReplicasAnswer["standbys"]>): readonly Finding[] {
  const advice = "See docs/how-to/run-several-replicas.md: what chargers are answered is on one disk alone until then.";
  const isWaitedFor = standbys.some(({ waits }) => waits === "sync" || waits === "quorum");
  if (standbys.length === 0) return [warning("standby", "the database has none", advice)];
  const unseen = standbys.some(({ waits }) => waits === null);
  if (unseen) {
    const detail = `${standbys.length} follow; how far they are the service may not see`;
    return [warning("standby", detail, "GRANT pg_monitor TO the service's user of PostgreSQL.")];
  }
  const findings = standbys.map(({ name, waits, behindBytes, behindMs }) => {
    const late = behindMs === null ? "" : `, ${behindMs} ms`;
    const detail = `${name} (${waits ?? ""}): ${behindBytes ?? "?"} bytes behind${late}`;
    return behindBytes !== null && behindBytes <= mostBehindBytes
      ? ok("standby", detail)
      : warning("standby", detail, "It is slow or cut off: taking over from it would take long.");
  });
  return isWaitedFor ? findings : [...findings, warning("standby", "no commit waits for one", advice)];
}
