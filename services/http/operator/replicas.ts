import type { Store } from "../../store/store.ts";
import type { HttpDoor } from "../door.ts";
import type { Operators } from "./operators.ts";

export interface ReplicasDeps {
  readonly store: Pick<Store, "listReplicas" | "listLeases" | "listStandbys">;
  readonly operators: Operators;
  /** The one that answers. */
  readonly replica: { readonly replicaId: string };
  readonly now: () => number;
}

/** `GET /v1/operator/replicas`: who works on the ledger, who does what, and how far the database's standbys are. */
export function createReplicasDoor({ store, operators, replica, now }: ReplicasDeps): HttpDoor {
  return {
    path: "/v1/operator/replicas",
    method: "GET",
    async handler(request, response) {
      await operators.require(request, response, "read");
      response.json({
        nowMs: now(),
        answeredBy: replica.replicaId,
        replicas: await store.listReplicas(),
        leases: await store.listLeases(),
        standbys: await store.listStandbys(),
      });
    },
  };
}
