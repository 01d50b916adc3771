import type { StatementSigner } from "../../dossier/market/sign-statements.ts";
import { readStatementRequest, statementLimitBytes, statementRequestSchema } from "../../dossier/market/statement.ts";
import { readBody } from "../body.ts";
import type { HttpDoor } from "../door.ts";
import { createQueueLimit } from "../entrance/limits.ts";
import { describeCommand, type Operators } from "./operators.ts";

/** What has statements signed. */
export interface StatementDeps {
  readonly statementSigner: StatementSigner;
  readonly operators: Operators;
}

/** Each may read all that an operator's meters signed. */
const statementsAtOnce = 1;

/** `POST /v1/evidence-statements`: has a quorum of oracles sign a claim, an offer or a round. */
export function createStatementDoors({ statementSigner, operators }: StatementDeps): readonly HttpDoor[] {
  const queue = createQueueLimit(statementsAtOnce);
  return [
    {
      path: "/v1/evidence-statements",
      method: "POST",
      async handler(request, response) {
        await operators.require(request, response, "money", "statement-signed");
        await queue.run(async () => {
          const asked = readStatementRequest(statementRequestSchema, await readBody(request, statementLimitBytes));
          const { kind, ...details } = asked.statement;
          describeCommand(response, { subject: kind, details });
          response.set("cache-control", "no-store").json(await statementSigner.signTogether(asked));
        });
      },
    },
  ];
}
