import { z } from "zod";

import { toMicroWh } from "../../../services/domain/decimal.ts";
import { priceOf, tariffIdOf, type Tariff } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../core/amounts.ts";
import { exitCode } from "../core/exit-codes.ts";
import { wholeInput } from "../core/inputs.ts";
import { registryOf } from "../core/registry.ts";
import { defineVerb } from "../core/verb.ts";
import { ocpiInput, ocpiOptions, readTariff, tariffLines } from "./read-tariff.ts";

/** Kilowatt-hours with up to nine decimals, as 10⁻⁶ Wh. */
const energyInput = z
  .string()
  .regex(/^[0-9]{1,7}(\.[0-9]{1,9})?$/u, "must be an energy in kWh, like 18.234")
  .transform((text) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return toMicroWh({ unscaled: BigInt(whole + fraction) * 1_000n, scale: fraction.length }, "down");
  });
const mostMinutes = 30 * 24 * 60;

export const tariffSimulate = defineVerb({
  path: ["tariff", "simulate"],
  summary: "prices a session before the tariff is published",
  description:
    "Of a tariff in a file, or of a published one by its id. Without a chain the price is computed here; with --rpc the\n" +
    "contract computes it, too, and the exit code is 1 if the two differ.",
  arguments: [{ syntax: "<tariff>", description: "a file, or the id of a published tariff" }],
  options: [
    { flags: "--energy-kwh <kWh>", description: "energy delivered" },
    { flags: "--charging-minutes <n>", description: "time charged; default 0" },
    { flags: "--idle-minutes <n>", description: "time connected and not charging; default 0" },
    { flags: "--hold <tokens>", description: "at most this is charged, and the rest goes back" },
    ...ocpiOptions,
  ],
  access: "chain",
  examples: ["tariff simulate tariff.json --energy-kwh 18.234 --charging-minutes 42 --idle-minutes 15"],
  input: z.object({
    tariff: z.string(),
    energyKwh: energyInput,
    chargingMinutes: wholeInput(0, mostMinutes).default(0),
    idleMinutes: wholeInput(0, mostMinutes).default(0),
    hold: z
      .string()
      .regex(/^[0-9]{1,12}(\.[0-9]{1,6})?$/u, "must be an amount of tokens")
      .transform((text) => {
        const [whole = "0", fraction = ""] = text.split(".");
        return BigInt(whole + fraction.padEnd(6, "0"));
      })
      .optional(),
    rpc: z.string().optional(),
    ...ocpiInput,
  }),
  async run({ tariff: source, energyKwh, chargingMinutes, idleMinutes, hold, rpc, ...options }, run) {
    const { output, environment } = run;
    const isId = /^0x[0-9a-fA-F]{64}$/u.test(source);
    const hasChain = isId || rpc !== undefined || environment["WATTPROOF_RPC_URL"] !== undefined;
    const chain = hasChain ? await run.openChain() : null;
    const tariff: Tariff =
      isId && chain !== null
        ? await registryOf(chain).readTariff(source)
        : readTariff(source, options, run, chain?.deploymentPath ?? null).tariff;
    if (isId && tariffIdOf(tariff) !== source.toLowerCase()) {
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `Nobody has published tariff ${source}.`);
    }
    const times = [chargingMinutes * 60, idleMinutes * 60] as const;
    const price = priceOf(tariff, energyKwh, ...times);
    const onChain = await chain?.contracts.tariffRegistry.priceOf(tariff, energyKwh, ...times);
    const isSame = onChain === undefined || onChain.grossMicro === price.grossMicro;
    const chargedMicro = hold !== undefined && hold < price.grossMicro ? hold : price.grossMicro;
    const returnedMicro = hold === undefined ? null : hold - chargedMicro;
    output.json({
      tariffId: tariffIdOf(tariff),
      energyMicroWh: energyKwh,
      chargingSeconds: times[0],
      idleSeconds: times[1],
      price,
      chargedMicro,
      returnedMicro,
      contract: onChain === undefined ? "not-asked" : isSame ? "agrees" : "differs",
    });
    for (const line of tariffLines(tariff)) output.line(line);
    for (const [name, amount] of new Map<string, bigint>(Object.entries(price)))
      output.line(`${name.padEnd(14)}${tokens(amount).padStart(14)}`);
    if (hold !== undefined) output.line(`charged ${tokens(chargedMicro)}, returned ${tokens(returnedMicro ?? 0n)}`);
    if (!isSame) output.line(`The contract's price is ${tokens(onChain.grossMicro)}.`);

    return isSame ? exitCode.done : exitCode.refused;
  },
});
