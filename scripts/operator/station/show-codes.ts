import { z } from "zod";

import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { stationAnswerTimeoutMs } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { stationIdInput } from "./ledger.ts";
import { openStationService, serviceInputs, serviceOptions } from "./service.ts";

const answer = z.object({ urlTemplate: z.string() });

export const stationShowCodes = defineVerb({
  path: ["station", "show-codes"],
  summary: "has a charging station show a code that changes, which nobody can fake with a sticker",
  description:
    "For stations of OCPP 2.1 that show codes (C25, WebPaymentsCtrlr). The service makes up a secret for the station; done\n" +
    "again, the station gets a new one and its old codes no longer hold. WATTPROOF_PAGE_ORIGIN has to be set at the service.\n" +
    "Asks with the operator's key, WATTPROOF_OPERATOR_KEY.",
  arguments: [{ syntax: "<station-id>", description: "the station's identity in OCPP" }],
  options: [
    { flags: "--validity-seconds <n>", description: "how long a code is shown; default 60" },
    { flags: "--length <n>", description: "characters of a code; default 8" },
    ...serviceOptions,
    { flags: "--dry-run", description: "only says what would be asked where" },
  ],
  access: "none",
  examples: ["station show-codes CH-0042"],
  input: z.object({
    stationId: stationIdInput,
    validitySeconds: wholeInput(6, 3_600).default(60),
    length: wholeInput(6, 32).default(8),
    ...serviceInputs,
  }),
  async run({ stationId, validitySeconds, length, ...place }, run) {
    const { output, isDryRun } = run;
    const service = openStationService(place, run);
    const path = `/v1/stations/${encodeURIComponent(stationId)}/screen-code`;
    const choices = { validitySeconds, length };
    const shown = isDryRun ? null : await service.post(path, answer, choices, stationAnswerTimeoutMs);
    output.json({ isDryRun, stationId, ...choices, urlTemplate: shown?.urlTemplate ?? null });
    output.line(
      shown === null ? `would ask ${service.url}${path}` : `${stationId} shows codes that lead to ${shown.urlTemplate}`,
    );

    return exitCode.done;
  },
});
