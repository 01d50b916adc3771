import { z } from "zod";

import { WattproofError } from "../../services/errors.ts";
import { exitCodes, UsageError, type Output } from "../command-line/command.ts";

/** Longer than the service waits for a station by default, and for the commands before it. */
const answerTimeoutMs = 600_000;

const errorAnswer = z.object({ error: z.object({ code: z.string(), detail: z.string() }) });
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
  const operatorKey = process.env["WATTPROOF_OPERATOR_KEY"];
  if (operatorKey === undefined) {
    throw new UsageError("Give the operator's key in the environment variable WATTPROOF_OPERATOR_KEY");
  }
  const { status, body } = await post(
    `${url.replace(/\/+$/u, "")}/v1/stations/${encodeURIComponent(stationId)}/commands/${encodeURIComponent(action)}`,
    operatorKey,
    payload,
  );
  if (status === 200) {
    output.json(body);
    output.line(JSON.stringify(body));

    return isAccepted(body) ? exitCodes.asExpected : exitCodes.differs;
  }
  const { code, detail } = errorAnswer.parse(body).error;
  output.json({ error: code, detail });
  output.line(`${code}: ${detail}`);

  return code === "STATION_REFUSED" || code === "STATION_UNKNOWN" ? exitCodes.differs : exitCodes.notDone;
}

async function post(address: string, operatorKey: string, payload: string) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
      body: payload,
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const body: unknown = await response.json();
    return { status: response.status, body };
  } catch (error) {
    throw new WattproofError("SERVICE_NOT_READY", `${address} does not answer.`, { cause: error });
  }
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
