import { readFileSync } from "node:fs";

import { z } from "zod";

import { openKeptState } from "../../journal/kept-state.ts";
import { chargerStateSchema } from "../../simulator/charger-state.ts";
import { startOcppCharger } from "../../simulator/ocpp-charger.ts";
import { openMeterFile } from "../../simulator/meter-file.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { wholeInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { simulatedSerial } from "./meter.ts";

/** Nobody charges longer than this at a simulated charger. */
const longestSeconds = 3_600;

export const demoCharger = defineVerb({
  path: ["demo", "charger"],
  summary: "runs a simulated charger that signs its meter values, until Ctrl-C",
  description:
    "Speaks OCPP 2.0.1 with security profile 1. It starts and stops when the service asks it to; a car is always plugged in.\n" +
    "What a charger keeps when the power goes is in the file of --state: started again, it goes on from there.",
  arguments: [{ syntax: "<station-id>", description: "the station's id, as station add was told" }],
  options: [
    serviceOption,
    { flags: "--station-key <file>", description: "a file with the OCPP key that station add has shown" },
    { flags: "--meter-key <file>", description: "the private key of the simulated meter" },
    { flags: "--evse-id <id>", description: "what is printed on the charger" },
    { flags: "--state <file>", description: "what the charger keeps; default: <station-id>.json" },
    { flags: "--power-w <watts>", description: "with how much it charges; default: 11000" },
    { flags: "--reading-seconds <n>", description: "how often the meter signs; default: 5" },
  ],
  access: "none",
  examples: [
    "demo charger CS-1 --service http://127.0.0.1:8090 --station-key CS-1.key --meter-key meter-private.pem --evse-id 'DE*ABC*E0001*1'",
  ],
  input: z.object({
    stationId: z.string().regex(/^[A-Za-z0-9_.:*-]{1,48}$/u, "must be the id of a station"),
    service: serviceInput,
    stationKey: z.string(),
    meterKey: z.string(),
    evseId: z.string().min(1),
    state: z.string().optional(),
    powerW: wholeInput(1, 1_000_000).default(11_000),
    readingSeconds: wholeInput(1, 900).default(5),
  }),
  async run({ stationId, service, stationKey, meterKey, evseId, state, powerW, readingSeconds }, run) {
    const { url } = openService(service, null, run.environment);
    const { key } = openMeterFile(meterKey);
    const kept = openKeptState(state ?? `${stationId}.json`, chargerStateSchema);
    const charger = startOcppCharger({
      url,
      stationId,
      stationKey: readFileSync(stationKey, "utf8").trim(),
      evseId,
      meter: { key, serial: simulatedSerial },
      habits: { plugInMs: 1_000, readingMs: readingSeconds * 1_000, powerW, longestSeconds },
      state: kept.before,
      keepState: (next) => {
        kept.keep(next);
      },
      nowSeconds: () => Math.floor(Date.now() / 1_000),
    });
    run.output.line(`${stationId} speaks to ${url}. Ctrl-C ends.`);
    if (!run.signal.aborted) {
      await new Promise<void>((resolve) => {
        run.signal.addEventListener("abort", () => {
          resolve();
        });
      });
    }
    await charger.close();
    run.output.json({ stationId, endedBy: "signal" });

    return exitCode.done;
  },
});
