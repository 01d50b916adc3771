import { z } from "zod";

import { toMicroWh } from "../../../services/domain/decimal.ts";
import { packTariff, tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { priceOf, type PriceBreakdown } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { timeInput, wholeInput } from "../../command-line/inputs.ts";
import { registryOf } from "../../command-line/registry.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { contractPrice, ocpiPrice } from "./own-price.ts";
import { readTariffAt } from "./read-tariff-at.ts";
import { ocpiInput, ocpiOptions, tariffLines } from "./read-tariff.ts";

/** The parts of a price, in tokens: before tax, tax, with tax. */
export function priceLines(price: PriceBreakdown): readonly string[] {
  const parts: readonly (readonly [name: string, netMicro: bigint, taxMicro: bigint])[] = [
    ["flat fee", price.flatFeeMicro, price.flatTaxMicro],
    ["energy", price.energyMicro, price.energyTaxMicro],
    ["charging time", price.chargingMicro, price.chargingTaxMicro],
    ["connected time", price.connectedMicro, price.connectedTaxMicro],
    ["together", price.netMicro, price.taxMicro],
  ];
  const line = (name: string, ...columns: readonly string[]): string =>
    `${name.padEnd(16)}${columns.map((column) => column.padStart(14)).join("")}`;
  return [
    line("tokens", "before tax", "tax", "with tax"),
    ...parts.map(([name, net, tax]) => line(name, tokens(net), tokens(tax), tokens(net + tax))),
  ];
}

/** An energy with decimals as 10⁻⁶ Wh. */
function energyInput(unit: "kWh" | "Wh", pattern: RegExp, scale: number): z.ZodType<bigint> {
  return z
    .string()
    .regex(pattern, `must be an energy in ${unit}, like ${unit === "kWh" ? "18.234" : "18234"}`)
    .transform((text) => {
      const [whole = "0", fraction = ""] = text.split(".");
      return toMicroWh({ unscaled: BigInt(whole + fraction) * 10n ** BigInt(scale), scale: fraction.length }, "down");
    });
}
export const energyWhInput = energyInput("Wh", /^[0-9]{1,10}(\.[0-9]{1,6})?$/u, 0);
const mostMinutes = 30 * 24 * 60;

export const tariffSimulate = defineVerb({
  path: ["tariff", "simulate"],
  summary: "prices a session before the tariff is published",
  description:
    "Of a tariff in a file, of a plan when the session begins (--at), or of a published tariff by its id. Without a chain the price is computed here; with --rpc the\n" +
    "contract computes it, too, and the exit code is 1 if the two differ. A tariff of OCPI rounds up to its steps: the\n" +
    "price says so, and what the contract charges of it is said, too.",
  arguments: [{ syntax: "<tariff>", description: "a file, or the id of a published tariff" }],
  options: [
    { flags: "--energy-wh <Wh>", description: "energy delivered" },
    { flags: "--energy-kwh <kWh>", description: "the same in kWh" },
    { flags: "--charging-seconds <n>", description: "time charged; default 0" },
    { flags: "--charging-minutes <n>", description: "the same in minutes" },
    { flags: "--connected-seconds <n>", description: "time connected; by default the time charged" },
    { flags: "--connected-minutes <n>", description: "the same in minutes" },
    { flags: "--at <time>", description: "when the session begins; default: now" },
    { flags: "--zone <zone>", description: "of OCPI tariffs: the IANA zone of their times; default: UTC" },
    { flags: "--hold <tokens>", description: "at most this is charged, and the rest goes back" },
    ...ocpiOptions,
  ],
  access: "chain",
  examples: [
    "tariff simulate tariff.json --energy-kwh 18.234 --charging-minutes 42 --connected-minutes 57",
    "tariff simulate tariff.json --energy-wh 18234 --charging-seconds 2520 --connected-seconds 3420 --json",
  ],
  input: z
    .object({
      tariff: z.string(),
      energyWh: energyWhInput.optional(),
      energyKwh: energyInput("kWh", /^[0-9]{1,7}(\.[0-9]{1,9})?$/u, 3).optional(),
      chargingSeconds: wholeInput(0, mostMinutes * 60).optional(),
      chargingMinutes: wholeInput(0, mostMinutes).optional(),
      connectedSeconds: wholeInput(0, mostMinutes * 60).optional(),
      connectedMinutes: wholeInput(0, mostMinutes).optional(),
      at: timeInput.optional(),
      hold: z
        .string()
        .regex(/^[0-9]{1,12}(\.[0-9]{1,6})?$/u, "must be an amount of tokens")
        .transform((text) => {
          const [whole = "0", fraction = ""] = text.split(".");
          return BigInt(whole + fraction.padEnd(6, "0"));
        })
        .optional(),
      rpc: z.string().optional(),
      zone: z.string().optional(),
      ...ocpiInput,
    })
    .transform((given, context) => {
      const problem = (path: string, message: string): never => {
        context.addIssue({ code: "custom", path: [path], message });
        return z.NEVER;
      };
      const { energyWh, energyKwh, chargingSeconds, chargingMinutes, connectedSeconds, connectedMinutes } = given;
      const energyMicroWh = energyWh ?? energyKwh;
      if (energyMicroWh === undefined) return problem("energyWh", "or --energy-kwh <kWh> has to be given");
      if (energyWh !== undefined && energyKwh !== undefined) return problem("energyKwh", "is given twice");
      if (chargingSeconds !== undefined && chargingMinutes !== undefined) {
        return problem("chargingMinutes", "is given twice");
      }
      if (connectedSeconds !== undefined && connectedMinutes !== undefined)
        return problem("connectedMinutes", "is given twice");
      const charging = chargingSeconds ?? (chargingMinutes ?? 0) * 60;
      const connectedMinutesAsSeconds = connectedMinutes === undefined ? charging : connectedMinutes * 60;
      const connected = connectedSeconds ?? connectedMinutesAsSeconds;
      if (connected < charging) {
        const path = connectedSeconds === undefined ? "connectedMinutes" : "connectedSeconds";
        return problem(path, "is less than the time charged");
      }
      return { ...given, energyMicroWh, times: [charging, connected] as const };
    }),
  async run({ tariff: source, energyMicroWh, times, hold, rpc, ...options }, run) {
    const { output, environment } = run;
    const isId = /^0x[0-9a-fA-F]{64}$/u.test(source);
    const hasChain = isId || rpc !== undefined || environment["WATTPROOF_RPC_URL"] !== undefined;
    const chain = hasChain ? await run.openChain() : null;
    const file =
      isId && chain !== null
        ? { tariff: await registryOf(chain).readTariff(source), ocpi: null }
        : readTariffAt(source, options, run, chain?.deploymentPath ?? null);
    const { tariff, ocpi } = file;
    if (isId && tariffIdOf(tariff) !== source.toLowerCase()) {
      throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `Nobody has published tariff ${source}.`);
    }
    // The tariff's own price, by OCPI's steps where it is of OCPI, and what the contract charges.
    const price = priceOf(tariff, energyMicroWh, ...times);
    const [chargingSeconds, connectedSeconds] = times;
    const isFree = energyMicroWh === 0n && !tariff.chargesWithoutEnergy;
    const own =
      ocpi === null || isFree || options.roundStepsDown
        ? contractPrice(price)
        : ocpiPrice(ocpi, { energyMicroWh, chargingSeconds, connectedSeconds });
    const onChain = await chain?.contracts.tariffRegistry.priceOf(packTariff(tariff), energyMicroWh, ...times);
    const isSame = onChain === undefined || onChain.grossMicro === price.grossMicro;
    const chargedMicro = hold !== undefined && hold < price.grossMicro ? hold : price.grossMicro;
    const returnedMicro = hold === undefined ? null : hold - chargedMicro;
    output.json({
      ...own,
      tariffId: tariffIdOf(tariff),
      energyMicroWh,
      chargingSeconds,
      connectedSeconds,
      price,
      chargedMicro,
      returnedMicro,
      contract: onChain === undefined ? "not-asked" : isSame ? "agrees" : "differs",
    });
    for (const line of tariffLines(tariff)) output.line(line);
    for (const line of priceLines(price)) output.line(line);
    if (own.grossMicro !== price.grossMicro) {
      output.line(`By OCPI's steps it is ${tokens(own.grossMicro)}; the contract charges what was delivered:`);
      output.line(`${tokens(price.grossMicro)}.`);
    }
    if (hold !== undefined) output.line(`charged ${tokens(chargedMicro)}, returned ${tokens(returnedMicro ?? 0n)}`);
    if (!isSame) output.line(`The contract's price is ${tokens(onChain.grossMicro)}.`);

    return isSame ? exitCode.done : exitCode.differs;
  },
});
