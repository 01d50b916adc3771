import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import type { HttpDoor } from "../door.ts";
import type { Operators } from "./operators.ts";

const pageLimit = 1_000;
const digits = z.string().regex(/^(?:0|[1-9][0-9]{0,14})$/);
export const actionsQuery = z.strictObject({
  subject: z.string().min(1).max(200).optional(),
  before: digits.transform(Number).optional(),
  limit: digits.transform(Number).pipe(z.number().min(1).max(pageLimit)).default(100),
});

/** `GET /v1/operator/actions`: what operators did, newest first, and with which key. */
export function createActionsDoor(deps: {
  readonly store: Pick<Store, "listNewestActions">;
  readonly operators: Operators;
}): HttpDoor {
  return {
    path: "/v1/operator/actions",
    method: "GET",
    async handler(request, response) {
      await deps.operators.require(request, response, "read");
      const query = actionsQuery.safeParse(request.query);
      if (!query.success) {
        const problems = query.error.issues.map((issue) => `${issue.path.join(".") || "query"}: ${issue.code}`);
        throw new WattproofError("QUERY_INVALID", problems.join("; ").slice(0, 300));
      }
      const { subject = null, before: beforeOrdinal = null, limit } = query.data;
      const actions = await deps.store.listNewestActions({ subject, beforeOrdinal, limit });
      response.json({ actions, next: actions.length === limit ? (actions.at(-1)?.ordinal ?? null) : null });
    },
  };
}
