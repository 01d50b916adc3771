import type { Chain } from "../../chain/chain.ts";
import { createMeterProofs } from "../../settlement/meter-proofs.ts";
import { createSessionResolver } from "../../settlement/resolve-session.ts";
import type { ChainFollower } from "../../settlement/follow-chain.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { RecordVerifier } from "../../evidence/verify-record.ts";
import { createRescanDoor } from "./chain-rescan.ts";
import type { Operators } from "./operators.ts";
import type { HttpDoor } from "../door.ts";
import { createResolutionDoor } from "./session-resolution.ts";

/** Where an operator gets going what stands still. */
export function createLivenessDoors(deps: {
  readonly store: Store;
  readonly follower: ChainFollower;
  readonly chain: Pick<Chain, "readHead" | "readChangeDelaySeconds">;
  readonly meters: MeterDirectory;
  readonly verifier: RecordVerifier;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly operators: Operators;
  readonly signal: AbortSignal;
}): readonly HttpDoor[] {
  const resolver = createSessionResolver({ ...deps, proofs: createMeterProofs(deps) });
  return [createRescanDoor(deps), createResolutionDoor({ resolver, operators: deps.operators })];
}
