import { createHash, timingSafeEqual } from "node:crypto";

import type { Request } from "express";

import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import type { Operators } from "../operator/operators.ts";

/** Says who may see more of sessions than the chain shows everybody. */
export interface SessionViewers {
  /**
   * Whether the request shows the operator's key, or one that the session's driver has let in.
   * @param sessionId `null`: any session, which is the operator's alone
   * @throws SESSION_UNAUTHENTICATED if it shows another key
   */
  maySeeAll(request: Request, sessionId: string | null): Promise<boolean>;
}

const authorizationGrammar = /^Bearer ([A-Za-z0-9_-]{32,128})$/;

export function createSessionViewers(deps: {
  readonly store: Pick<Store, "listViewKeys">;
  readonly operators: Pick<Operators, "find">;
}): SessionViewers {
  const { store, operators } = deps;

  return {
    async maySeeAll(request, sessionId) {
      const header = request.get("authorization");
      if (header === undefined) return false;
      const given = authorizationGrammar.exec(header)?.[1];
      if (given !== undefined) {
        if ((await operators.find(request)) !== null) return true;
        const digest = digestOf(given);
        const keys = sessionId === null ? [] : await store.listViewKeys(sessionId);
        if (keys.map((key) => timingSafeEqual(digest, Buffer.from(key, "hex"))).includes(true)) return true;
      }
      throw new WattproofError("SESSION_UNAUTHENTICATED", "Send no key, the session's view key or the operator's key.");
    },
  };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
