import { z } from "zod";

import { replicasAnswer } from "../../../services/http/api/operator-answers.ts";
import { shown, tableLines } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";

export const replicasList = defineVerb({
  path: ["replicas", "list"],
  summary: "lists the processes of the service on one ledger, what each does, and the copies of its database",
  description:
    "Times are the ledger's. Exit 1 if a replica is lost: it said nothing until its time was over, and no other one has\n" +
    "cleared up after it yet. Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY.",
  options: [serviceOption],
  access: "none",
  examples: ["replicas list", "replicas list --json"],
  input: z.object({ service: serviceInput }),
  async run({ service: given }, { output, environment }) {
    const service = openService(given, null, environment);
    const answer = await service.getAsOperator("/v1/operator/replicas", replicasAnswer);
    output.json(answer);
    const { replicas, leases, standbys, answeredBy } = answer;
    const rows = replicas.map((replica) => [
      shown(replica.replicaId),
      replica.isAlive ? "alive" : "lost",
      `version ${shown(replica.version ?? "?")}`,
      `${replica.stations} chargers`,
      `last sign of life ${replica.lastBeatAtMs === null ? "?" : timeOf(replica.lastBeatAtMs)}`,
      replica.replicaId === answeredBy ? "answers" : "",
    ]);
    for (const line of tableLines(rows)) output.line(line);
    const rights = leases.map(({ name, replicaId, epoch, untilMs }) => [
      shown(name),
      `epoch ${epoch}`,
      replicaId === null ? "by nobody" : `by ${shown(replicaId)} until ${timeOf(untilMs)}`,
    ]);
    for (const line of tableLines(rights)) output.line(line);
    if (standbys === null) output.line("The ledger is in a folder, and has no copy.");
    for (const { name, waits, behindBytes } of standbys ?? [])
      output.line(`copy ${shown(name)}  ${waits ?? "not to be seen"}  ${behindBytes ?? "?"} bytes behind`);

    return replicas.every(({ isAlive }) => isAlive) ? exitCode.done : exitCode.differs;
  },
});

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
