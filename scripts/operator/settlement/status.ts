import { z } from "zod";

import { sessionStatuses } from "../../../services/domain/session.ts";
import { shown, tableLines } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { sessionIdInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption, type ServiceClient } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

/** Of a person these need a look; the others go on by themselves or have ended. */
const stuckStates: ReadonlySet<string> = new Set(["held", "disputed", "skipped", "unservable"]);
const pageSize = 1_000;
/** A million sessions. */
const mostPages = 1_000;

const sessionAnswer = z.object({
  sessionId: z.string(),
  state: z.enum(sessionStatuses),
  reason: z.string().nullable(),
  batchId: z.string().nullable(),
  assessment: z.object({ hold: z.string().nullable() }).nullable(),
  dispute: z.object({ reason: z.string() }).nullable(),
});
type SessionAnswer = z.infer<typeof sessionAnswer>;
const pageAnswer = z.object({ sessions: z.array(sessionAnswer), next: z.string().nullable() });

export const settlementStatus = defineVerb({
  path: ["settlement", "status"],
  summary: "shows what the service has to bring to the chain, and what is stuck",
  description:
    "Exit 1 if a session is stuck: held, disputed, skipped or unservable. docs/runbook.md says what each needs. Asks with\n" +
    "the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "[session-id]", description: "only this one" }],
  options: [serviceOption],
  access: "none",
  examples: ["settlement status --service https://charge.example"],
  input: z.object({ sessionId: sessionIdInput.optional(), service: serviceInput }),
  async run({ sessionId, service: given }, run) {
    const { output, environment } = run;
    const service = openService(given, null, environment);
    const sessions =
      sessionId === undefined
        ? await readAll(service)
        : [(await service.getAsOperator(`/v1/sessions/${sessionId}`, z.object({ session: sessionAnswer }))).session];
    const counts = Object.fromEntries(
      sessionStatuses.map((state) => [state, sessions.filter((session) => session.state === state).length]),
    );
    const stuck = sessions
      .filter(({ state }) => stuckStates.has(state))
      .map((session) => ({
        sessionId: session.sessionId,
        state: session.state,
        reason: session.reason ?? session.dispute?.reason ?? session.assessment?.hold ?? null,
      }));
    output.json({ counts, stuck, ...(sessionId === undefined ? {} : { session: sessions[0] }) });
    const rows = Object.entries(counts).filter(([, count]) => count > 0);
    for (const line of tableLines(rows.map(([state, count]) => [state, String(count)]))) output.line(line);
    for (const { sessionId: id, state, reason } of stuck)
      output.line(`${id}  ${state}: ${shown(reason ?? "no reason given")}`);
    if (stuck.length === 0) output.line("Nothing is stuck.");

    return stuck.length === 0 ? exitCode.done : exitCode.differs;
  },
});

async function readAll(service: ServiceClient): Promise<readonly SessionAnswer[]> {
  const sessions: SessionAnswer[] = [];
  let after = "";
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await service.getAsOperator(`/v1/sessions?limit=${pageSize}${after}`, pageAnswer);
    sessions.push(...answer.sessions);
    if (answer.next === null) break;
    after = `&after=${answer.next}`;
  }
  return sessions;
}
