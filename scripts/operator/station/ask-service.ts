import { z } from "zod";

import { WattproofError } from "../../../services/errors.ts";
import { exitCodes, UsageError, type Output } from "../../command-line/command.ts";

/** Longer than the service waits for a station by default, and for the commands before it. */
const answerTimeoutMs = 600_000;
const errorAnswer = z.object({ error: z.object({ code: z.string(), detail: z.string() }) });
/** What somebody else has to change first; all else could not be done. */
const refusals: ReadonlySet<string> = new Set(["STATION_REFUSED", "STATION_UNKNOWN", "ID_TOKEN_UNKNOWN"]);

/**
 * Asks the service something that only the operator may.
 * @param body JSON text to be posted; `null`: it is read.
 * @throws what keeps the question from being answered
 */
export async function askService(
  url: string,
  path: string,
  body: string | null,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const operatorKey = process.env["WATTPROOF_OPERATOR_KEY"];
  if (operatorKey === undefined) {
    throw new UsageError("Give the operator's key in the environment variable WATTPROOF_OPERATOR_KEY");
  }
  const address = `${url.replace(/\/+$/u, "")}${path}`;
  try {
    const response = await fetch(address, {
      method: body === null ? "GET" : "POST",
      headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const answer: unknown = await response.json();

    return { status: response.status, body: answer };
  } catch (error) {
    throw new WattproofError("SERVICE_NOT_READY", `${address} does not answer.`, { cause: error });
  }
}

/** Shows an answer that is an error of the catalogue. @returns the exit code */
export function showRefusal(output: Output, body: unknown): number {
  const { code, detail } = errorAnswer.parse(body).error;
  output.json({ error: code, detail });
  output.line(`${code}: ${detail}`);

  return refusals.has(code) ? exitCodes.differs : exitCodes.notDone;
}
