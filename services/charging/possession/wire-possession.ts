import type { IdTokenPolicy } from "../../ocpp/id-token-policy.ts";
import type { FrameInbox } from "../../ocpp/wire/inbox.ts";
import { createPossessionDesk, type PossessionDesk, type PossessionDeskDeps } from "./possession-desk.ts";
import { createPossessionInbox, type PossessionInboxDeps } from "./possession-inbox.ts";
import { createPossessionPolicy } from "./possession-policy.ts";

/** Has meters prove themselves at chargers, in front of everything else that reads frames and decides about idTokens. */
export function createPossessions(
  deps: PossessionDeskDeps & Omit<PossessionInboxDeps, "possessions"> & { readonly policy: IdTokenPolicy },
): { readonly possessions: PossessionDesk; readonly policy: IdTokenPolicy; readonly inbox: FrameInbox } {
  const possessions = createPossessionDesk(deps);
  return {
    possessions,
    policy: createPossessionPolicy(possessions, deps.policy),
    inbox: createPossessionInbox({ ...deps, possessions }),
  };
}
