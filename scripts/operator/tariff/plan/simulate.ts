import { z } from "zod";

import { plannedTariffAt } from "../../../../services/domain/tariff-plan.ts";
import { priceOf } from "../../../../services/domain/tariff.ts";
import { WattproofError } from "../../../../services/errors.ts";
import { tokens, utc } from "../../../command-line/amounts.ts";
import { exitCode } from "../../../command-line/exit-codes.ts";
import { timeInput, wholeInput } from "../../../command-line/inputs.ts";
import { defineVerb } from "../../../command-line/verb.ts";
import { energyWhInput } from "../simulate.ts";
import { planInput, planOptions, readPlan } from "./read-plan.ts";

const daySeconds = 86_400;
const mostSessionSeconds = 30 * daySeconds;
/** As many turns as a plan has windows, on each day. */
const mostTurns = 10_000;

export const tariffPlanSimulate = defineVerb({
  path: ["tariff", "plan", "simulate"],
  summary: "says what a session costs at each turn of a plan, by when it begins",
  description: "Neither chain nor service is asked. The price of the begin holds for the whole session.",
  arguments: [{ syntax: "<file>", description: "the plan, an OCPI tariff, or prices with --base" }],
  options: [
    { flags: "--energy-wh <Wh>", description: "energy delivered" },
    { flags: "--charging-seconds <n>", description: "time charged; default 0" },
    { flags: "--connected-seconds <n>", description: "time connected; by default the time charged" },
    { flags: "--at <time>", description: "from when on; default: now" },
    { flags: "--days <n>", description: "for how long; default 7" },
    ...planOptions,
  ],
  access: "none",
  examples: ["tariff plan simulate week.json --energy-wh 20000 --charging-seconds 3600 --days 1"],
  input: z.object({
    file: z.string(),
    energyWh: energyWhInput,
    chargingSeconds: wholeInput(0, mostSessionSeconds).default(0),
    connectedSeconds: wholeInput(0, mostSessionSeconds).optional(),
    at: timeInput.optional(),
    days: wholeInput(1, 366).default(7),
    ...planInput,
  }),
  run({ file, energyWh, chargingSeconds, connectedSeconds = chargingSeconds, at, days, ...options }, run) {
    if (connectedSeconds < chargingSeconds) {
      throw new WattproofError("USAGE_INVALID", "--connected-seconds is less than the time charged.");
    }
    const begin = at ?? Math.floor(Date.now() / 1_000);
    const { plan, tariffs } = readPlan(file, { ...options, at: begin }, run, null, false);
    const turns = [];
    for (let fromSeconds = begin; fromSeconds < begin + days * daySeconds && turns.length < mostTurns;) {
      const { tariffId, untilSeconds } = plannedTariffAt(plan, fromSeconds);
      const tariff = tariffs.get(tariffId);
      if (tariff === undefined) throw new WattproofError("TARIFF_MISSING", tariffId);
      const { netMicro, taxMicro, grossMicro } = priceOf(tariff, energyWh, chargingSeconds, connectedSeconds);
      turns.push({ fromSeconds, untilSeconds, tariffId, netMicro, taxMicro, grossMicro });
      if (untilSeconds === null) break;
      fromSeconds = untilSeconds;
    }
    run.output.json({ zone: plan.zone, turns });
    for (const { fromSeconds, grossMicro, tariffId } of turns) {
      run.output.line(`from ${utc(fromSeconds)}  ${tokens(grossMicro).padStart(12)}  ${tariffId.slice(0, 10)}`);
    }
    return Promise.resolve(exitCode.done);
  },
});
