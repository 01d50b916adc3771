import { setTimeout as delay } from "node:timers/promises";
import { writeFileSync } from "node:fs";

import { z } from "zod";

import { possessionTagOf } from "../../../services/domain/possession.ts";
import { WattproofError } from "../../../services/errors.ts";
import { utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { requireEvse } from "../../command-line/registry.ts";
import { openService, serviceInput, serviceOption, type ServiceClient } from "../../command-line/service-client.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";
import { readMeterKey } from "./meter-key.ts";
import { nameMeter, possessionAnswer, type PossessionAnswer } from "./possession-client.ts";
import { readPossessionClaim, requirePossession } from "./possession.ts";
import { keyInput, keyOptions, registrationArguments } from "./register-meter.ts";

/** Between two questions. A charge takes a minute. */
const pollMs = 2_000;

export const meterPossession = defineVerb({
  path: ["meter", "possession"],
  summary: "has a charger take the possession tag, and fetches the record that its meter signed",
  description:
    "Names the meter to the service, whose charger then takes the tag for an hour: begin a charge with it as idTag, or have\n" +
    "the charger asked to with --start. Nobody pays for that charge; the service ends it after a minute, and the record that\n" +
    "the meter signs is kept. Run it again to fetch the record, or wait with --wait. Asks the service with its operator's\n" +
    "key, WATTPROOF_OPERATOR_KEY.",
  arguments: registrationArguments,
  options: [
    ...keyOptions,
    { flags: "--record <file>", description: "where the record is written, for meter add" },
    { flags: "--start", description: "asks the charger to begin that charge itself" },
    { flags: "--wait", description: "until the record has come, or the hour is over" },
    { flags: "--again", description: "another record, although one is there" },
    serviceOption,
  ],
  access: "chain",
  examples: [
    "meter possession 7 --key-file meter.pem --record possession.ocmf",
    "meter possession 7 --key-file meter.pem --record possession.ocmf --start --wait",
  ],
  input: keyInput.extend({
    evse: registryNumberInput,
    record: z.string(),
    start: z.boolean().default(false),
    wait: z.boolean().default(false),
    again: z.boolean().default(false),
    service: serviceInput,
  }),
  async run({ evse, record: path, wait: isWaiting, again, start, service: given, ...keyTexts }, run) {
    const { output } = run;
    const key = readMeterKey(keyTexts);
    const chain = await run.openChain();
    const { operator } = await requireEvse(chain, evse);
    const claim = await readPossessionClaim(chain, operator, evse, key);
    const tag = possessionTagOf(claim);
    const service = openService(given, chain.deploymentPath, run.environment);
    const named = await nameMeter(service, claim, key.curve, { again, start });
    const answer = isWaiting ? await waitForRecord(service, named, run) : named;
    if (answer.record === null) throw new WattproofError("POSSESSION_RECORD_MISSING", whatToDo(answer));
    const bytes = Buffer.from(answer.record, "base64");
    requirePossession(bytes, service.url, key, tag);
    write(path, bytes);
    output.json({ evse, curve: key.curve, possessionTag: tag, stationId: answer.stationId, record: path });
    output.line(`${path}: signed by the meter at EVSE ${evse} with ID ${tag}; give it to meter add --record`);

    return exitCode.done;
  },
});

async function waitForRecord(
  service: ServiceClient,
  named: PossessionAnswer,
  { output, signal }: Run,
): Promise<PossessionAnswer> {
  let answer = named;
  if (answer.status === "awaited") output.line(whatToDo(answer));
  while (answer.status === "awaited") {
    await delay(pollMs, undefined, { signal });
    answer = await service.getAsOperator(`/v1/meter-possessions/${named.tag}`, possessionAnswer);
  }
  return answer;
}

function whatToDo(answer: PossessionAnswer): string {
  const { tag, stationId, stationEvse, isConnected, status, expiresAtMs, starts, answerToStart } = answer;
  if (status === "expired")
    return `Nothing came by ${utc(Math.floor(expiresAtMs / 1_000))}. Run it again, and begin a charge then.`;
  const connected = isConnected ? "" : " The charger is not connected.";
  if (answerToStart === "Accepted")
    return `${stationId} begins the charge. Run this again in two minutes, or with --wait.`;
  const asked = (answerToStart ?? null) === null ? "" : ` Asked to begin it, the charger said ${answerToStart}.`;
  const begun = starts === 0 ? "" : ` Charges so far: ${starts}, none with a record that the key signed.`;
  return (
    `Begin a charge at outlet ${stationEvse} of ${stationId} with the idTag ${tag} by ${utc(Math.floor(expiresAtMs / 1_000))}.` +
    `${asked}${connected}${begun}`
  );
}

/** @throws INPUT_UNREADABLE */
function write(path: string, record: Uint8Array): void {
  try {
    writeFileSync(path, record);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} cannot be written.`, { cause: error });
  }
}
