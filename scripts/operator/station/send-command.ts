import { z } from "zod";

import { exitCodes, type Output } from "../../command-line/command.ts";
import { askService, showRefusal } from "./ask-service.ts";

/** Where the versions say whether a station has done what it was asked. */
const statusAnswer = z.object({ status: z.string() });
const variablesAnswer = z.object({ setVariableResult: z.array(z.object({ attributeStatus: z.string() })) });
const variableReports = z.object({ getVariableResult: z.array(z.object({ attributeStatus: z.string() })) });
const goodWords = new Set(["Accepted", "RebootRequired", "Scheduled", "Unlocked"]);

/**
 * Sends one command through the service's HTTP door and shows the station's answer.
 * @returns the exit code: 0 if the station accepted, 1 if it said anything else
 * @throws what keeps the command from reaching the station
 */
export async function sendCommand(
  output: Output,
  url: string,
  stationId: string,
  action: string,
  payload: string,
): Promise<number> {
  const path = `/v1/stations/${encodeURIComponent(stationId)}/commands/${encodeURIComponent(action)}`;
  const { status, body } = await askService(url, path, payload);
  if (status !== 200) {
    return showRefusal(output, body);
  }
  output.json(body);
  output.line(JSON.stringify(body));

  return isAccepted(body) ? exitCodes.asExpected : exitCodes.differs;
}

/** An answer without any status says no more than that it was understood. */
function isAccepted(answer: unknown): boolean {
  const statuses = [
    statusAnswer.safeParse(answer).data?.status,
    ...(variablesAnswer.safeParse(answer).data?.setVariableResult ?? []).map(({ attributeStatus }) => attributeStatus),
    ...(variableReports.safeParse(answer).data?.getVariableResult ?? []).map(({ attributeStatus }) => attributeStatus),
  ];
  return statuses.every((status) => status === undefined || goodWords.has(status));
}
