import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { stationAnswerTimeoutMs } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { readPayload } from "./command-payload.ts";
import { stationIdInput } from "./ledger.ts";
import { openStationService, serviceInputs, serviceOptions } from "./service.ts";

/** Where the versions say whether a station has done what it was asked. */
const statusAnswer = z.object({ status: z.string() });
const variablesAnswer = z.object({ setVariableResult: z.array(z.object({ attributeStatus: z.string() })) });
const variableReports = z.object({ getVariableResult: z.array(z.object({ attributeStatus: z.string() })) });
const goodWords = new Set(["Accepted", "RebootRequired", "Scheduled", "Unlocked"]);

export const stationCommand = defineVerb({
  path: ["station", "command"],
  summary: "sends an OCPP command to a charging station and shows its answer",
  description:
    "The station has to be connected over OCPP. Asks with the operator's key of the service, WATTPROOF_OPERATOR_KEY. A key\n" +
    "or password has to come from a file or standard input, because everybody on the machine can see arguments. Exit 1 if\n" +
    "the station did not accept.",
  arguments: [
    { syntax: "<station-id>", description: "the station's identity in OCPP" },
    { syntax: "<action>", description: "the OCPP action, as Reset" },
    { syntax: "[payload]", description: "the action's JSON; - reads standard input; default: {}" },
  ],
  options: [
    { flags: "--payload-file <file>", description: "JSON that the command sends" },
    ...serviceOptions,
    { flags: "--dry-run", description: "only says what would be sent where" },
  ],
  access: "none",
  examples: [
    `station command CH-0042 Reset '{"type":"Soft"}'`,
    "station command CH-0042 ChangeConfiguration --payload-file new-key.json",
  ],
  input: z.object({
    stationId: stationIdInput,
    action: z.string().regex(/^[A-Za-z]{1,64}$/u, "must be the name of an OCPP action"),
    payload: z.string().optional(),
    payloadFile: z.string().optional(),
    ...serviceInputs,
  }),
  async run({ stationId, action, payload, payloadFile, ...place }, run) {
    const { output, isDryRun } = run;
    const body = readPayload(payload, payloadFile);
    const service = openStationService(place, run);
    if (isDryRun) {
      output.json({ isDryRun, stationId, action, service: service.url });
      output.line(`would send ${action} to ${stationId} by ${service.url}; nothing was sent`);
      return exitCode.done;
    }
    const path = `/v1/stations/${encodeURIComponent(stationId)}/commands/${encodeURIComponent(action)}`;
    const answer = await service.post(path, z.unknown(), body, stationAnswerTimeoutMs);
    output.json(answer);
    output.line(JSON.stringify(answer));

    return isAccepted(answer) ? exitCode.done : exitCode.differs;
  },
});

/** An answer without any status says no more than that it was understood. */
function isAccepted(answer: unknown): boolean {
  const statuses = [
    statusAnswer.safeParse(answer).data?.status,
    ...(variablesAnswer.safeParse(answer).data?.setVariableResult ?? []).map(({ attributeStatus }) => attributeStatus),
    ...(variableReports.safeParse(answer).data?.getVariableResult ?? []).map(({ attributeStatus }) => attributeStatus),
  ];
  return statuses.every((status) => status === undefined || goodWords.has(status));
}
