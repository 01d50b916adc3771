import { z } from "zod";

import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import type { taxedAlike } from "../../../services/domain/tariff.ts";
import {
  freeTariff,
  grossLimitOf,
  isFree,
  mostEnergyBands,
  priceOf,
  taxRatesOf,
  type Tariff,
} from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { readJson } from "../../command-line/files.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";
import { shown } from "../../command-line/amounts.ts";
import type { Conversion, ConversionChoices, ElementVerdict } from "../ocpi/conversion.ts";
import { convertTariff } from "../ocpi/convert-tariff.ts";
import { tariff221, tariff230, withoutNulls, withVat, type OcpiTariff } from "../ocpi/tariff-schema.ts";

const micro = z
  .union([
    z.int().nonnegative().transform(BigInt),
    z
      .string()
      .regex(/^[0-9]{1,20}$/u)
      .transform(BigInt),
  ])
  .refine((value) => value < 2n ** 64n, "does not fit 64 bits")
  .default(0n);
const small = z
  .int()
  .nonnegative()
  .max(2 ** 32 - 1)
  .default(0);

const rate = z.int().min(0).max(10_000);
const energyBand = z.strictObject({
  fromWh: z
    .int()
    .positive()
    .max(2 ** 32 - 1),
  priceNanoPerKwh: micro.refine((value) => value < 2n ** 48n, "does not fit 48 bits"),
});

/**
 * Our own form: prices in nano-tokens (1e-9) and amounts in micro-tokens (1e-6), as numbers or text. What is left out does
 * not apply. `taxBps` is the rate of every component that names none of its own; a limit with tax follows from the one
 * before tax where there is one rate.
 */
const ownTariff = z
  .strictObject({
    flatFeeMicro: micro,
    priceNanoPerKwh: micro,
    energyBands: z.array(energyBand).max(mostEnergyBands).default([]),
    energyStepWh: small,
    priceNanoPerChargingHour: micro,
    chargingStepSeconds: small,
    priceNanoPerConnectedHour: micro,
    connectedFreeSeconds: small,
    connectedStepSeconds: small,
    connectedMaximumMicro: micro,
    taxBps: rate.default(0),
    flatTaxBps: rate.optional(),
    energyTaxBps: rate.optional(),
    chargingTaxBps: rate.optional(),
    connectedTaxBps: rate.optional(),
    minimumMicro: micro,
    minimumGrossMicro: micro.optional(),
    maximumMicro: micro,
    maximumGrossMicro: micro.optional(),
    chargesWithoutEnergy: z.boolean().default(false),
  })
  .transform(({ taxBps, minimumGrossMicro, maximumGrossMicro, ...given }, context): Tariff => {
    const problem = (path: string, message: string): void => {
      context.addIssue({ code: "custom", path: [path], message });
    };
    const priced = { ...freeTariff, ...given, ...withRates(given, taxBps) };
    const rates = taxRatesOf(priced);
    const limitOf = (name: "minimum" | "maximum", limitMicro: bigint, grossMicro: bigint | undefined): bigint => {
      const path = `${name}GrossMicro`;
      if (grossMicro === undefined && limitMicro > 0n && rates.length > 1) {
        problem(path, "must say the limit with tax where components have several rates");
      }
      const gross = grossMicro ?? grossLimitOf(limitMicro, rates[0] ?? taxBps);
      if (gross < limitMicro || gross > 2n * limitMicro) problem(path, `is not ${name}Micro with a tax of up to 100 %`);
      return gross;
    };
    const minimumGross = limitOf("minimum", given.minimumMicro, minimumGrossMicro);
    const maximumGross = limitOf("maximum", given.maximumMicro, maximumGrossMicro);
    const isCrossed = given.minimumMicro > given.maximumMicro || minimumGross > maximumGross;
    if (given.maximumMicro > 0n && isCrossed) problem("minimumMicro", "is above the maximum");
    for (const [index, { fromWh }] of given.energyBands.entries()) {
      if (fromWh <= (given.energyBands[index - 1]?.fromWh ?? 0)) {
        problem("energyBands", "must begin later one after the other");
      }
    }
    const hasFeeParts =
      given.connectedFreeSeconds > 0 || given.connectedStepSeconds > 0 || given.connectedMaximumMicro > 0n;
    if (hasFeeParts && given.priceNanoPerConnectedHour === 0n) {
      problem("priceNanoPerConnectedHour", "must be given where a free span, a step or a maximum of the fee is");
    }
    const tariff = { ...priced, minimumGrossMicro: minimumGross, maximumGrossMicro: maximumGross };
    if (isFree(tariff)) context.addIssue({ code: "custom", message: "has no price at all" });
    return tariff;
  });

interface GivenRates {
  readonly flatTaxBps?: number | undefined;
  readonly energyTaxBps?: number | undefined;
  readonly chargingTaxBps?: number | undefined;
  readonly connectedTaxBps?: number | undefined;
}

function withRates(given: GivenRates, taxBps: number): ReturnType<typeof taxedAlike> {
  return {
    flatTaxBps: given.flatTaxBps ?? taxBps,
    energyTaxBps: given.energyTaxBps ?? taxBps,
    chargingTaxBps: given.chargingTaxBps ?? taxBps,
    connectedTaxBps: given.connectedTaxBps ?? taxBps,
  };
}

export const ocpiOptions: readonly OptionSpec[] = [
  {
    flags: "--currency <code>",
    description: "of OCPI tariffs: what one token stands for; default: the operator's profile",
  },
  {
    flags: "--round-steps-down",
    description: "of OCPI tariffs: charges whole steps only; else what was delivered, where OCPI rounds up",
  },
  {
    flags: "--vat <percent>",
    description: "of OCPI tariffs that leave it out: the rate of tax, 0 if there is none",
  },
  { flags: "--charges-without-energy", description: "of OCPI tariffs: fee and time count without energy, too" },
];
export const ocpiInput = {
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/u, "must be three capital letters")
    .optional(),
  roundStepsDown: z.boolean().default(false),
  chargesWithoutEnergy: z.boolean().default(false),
  vat: z
    .string()
    .regex(/^(100|[0-9]{1,2}(\.[0-9]{1,2})?)$/u, "must be a percentage with at most two decimals, like 8.1")
    .transform(Number)
    .optional(),
};

/** A tariff from a file, and where it came from OCPI what became of each part. */
export interface TariffFile {
  readonly form: TariffForm;
  readonly tariff: Tariff;
  readonly elements: readonly ElementVerdict[];
  /** The tariff as it is in OCPI; `null` in our own form. */
  readonly ocpi: OcpiTariff | null;
}

type TariffForm = "own" | "ocpi-2.2.1" | "ocpi-2.3.0";

/** What a document says, priced or not. */
export interface JudgedTariff extends Omit<TariffFile, "tariff"> {
  /** The id that the document gives itself; of our own form, that of the content. */
  readonly id: string | null;
  readonly tariff: Tariff | null;
  /** Why there is no tariff, each by its JSON path; empty where it only needs a plan. */
  readonly refusals: readonly { readonly path: string; readonly detail: string }[];
  /** What needs several tariffs, one after another. */
  readonly plans: readonly { readonly path: string; readonly detail: string }[];
  /** What keeps it from being published as it is. */
  readonly obstacles: readonly { readonly path: string; readonly detail: string }[];
  /** Of OCPI: what each set of elements that can apply together gives. */
  readonly byElements: Conversion["byElements"];
}

/** What tells the versions apart, and which tariff it is. */
const heading = z.looseObject({ id: z.unknown().optional(), tax_included: z.unknown().optional() });

/**
 * Judges a tariff in our own form or that of OCPI. Nothing is read from anywhere, and nothing thrown.
 * @param vatPercent The rate of tax where a tariff of OCPI leaves it out.
 */
export function judgeTariff(content: unknown, choices: ConversionChoices, vatPercent?: number): JudgedTariff {
  const byNothing: Conversion["byElements"] = new Map();
  const judged = { elements: [], ocpi: null, tariff: null, plans: [], obstacles: [], byElements: byNothing } as const;
  if (typeof content !== "object" || content === null || !("elements" in content)) {
    const own = ownTariff.safeParse(content);
    if (!own.success) return { ...judged, form: "own", id: null, refusals: refusalsOf(own.error) };
    return { ...judged, form: "own", id: tariffIdOf(own.data), tariff: own.data, refusals: [] };
  }
  const given = withoutNulls(content);
  const { id, tax_included: taxIncluded } = heading.parse(given);
  const form = taxIncluded === undefined ? "ocpi-2.2.1" : "ocpi-2.3.0";
  const ownId = typeof id === "string" ? id : null;
  const parsed = form === "ocpi-2.3.0" ? tariff230.safeParse(given) : tariff221.safeParse(given);
  if (!parsed.success) return { ...judged, form, id: ownId, refusals: refusalsOf(parsed.error) };
  const ocpi = vatPercent === undefined ? parsed.data : withVat(parsed.data, vatPercent);
  const { verdicts, tariff, obstacles, byElements } = convertTariff(ocpi, choices);
  const refusals = verdicts.filter(({ verdict }) => verdict === "refused");
  const plans = verdicts.filter(({ verdict }) => verdict === "plan");
  return { tariff, form, id: ownId, ocpi, elements: verdicts, refusals, plans, obstacles, byElements };
}

/**
 * Reads a tariff in our own form or that of OCPI.
 * @param deploymentPath Beside which the operator's profile is, for the currency.
 * @param isPublished Whether the tariff is to be published: it has to be in the currency that a token stands for, and nothing
 * may keep it from being offered.
 * @throws INPUT_UNREADABLE, USAGE_INVALID, TARIFF_NOT_PRICEABLE
 */
export function readTariff(
  path: string,
  options: {
    readonly currency?: string | undefined;
    readonly roundStepsDown: boolean;
    readonly chargesWithoutEnergy: boolean;
    readonly vat?: number | undefined;
    /** Seconds since 1970; by default now. */
    readonly at?: number | undefined;
  },
  run: Pick<Run, "output" | "environment">,
  deploymentPath: string | null,
  isPublished = true,
): TariffFile {
  const content = readJson(path);
  const profile = deploymentPath === null ? undefined : readProfile(profilePathOf(deploymentPath, run.environment));
  const currency = options.currency ?? profile?.currency ?? null;
  const judged = judgeTariff(content, choicesOf({ ...options, currency }), options.vat);
  if (judged.form !== "own" && currency === null && isPublished) {
    throw new WattproofError("USAGE_INVALID", "Say which currency one token stands for: --currency <code>.");
  }
  const { tariff, refusals, plans, obstacles, form, elements, ocpi } = judged;
  if (tariff === null || (isPublished && obstacles.length > 0)) {
    const reasons = [...refusals, ...plans, ...(isPublished ? obstacles : [])].map(
      ({ path: place, detail }) => `${place}: ${shown(detail)}`,
    );
    const isUnread = elements.length === 0;
    throw new WattproofError("TARIFF_NOT_PRICEABLE", `${isUnread ? `${path}: ` : ""}${reasons.join("; ")}`);
  }
  for (const { path: place, verdict, detail } of elements)
    run.output.line(`${verdict.padEnd(12)}${place}: ${shown(detail)}`);

  return { form, tariff, elements, ocpi };
}

/** What the options say about a conversion. */
export function choicesOf(options: {
  readonly currency: string | null;
  readonly roundStepsDown: boolean;
  readonly chargesWithoutEnergy: boolean;
  readonly at?: number | undefined;
}): ConversionChoices {
  return {
    currency: options.currency,
    roundsStepsDown: options.roundStepsDown,
    chargesWithoutEnergy: options.chargesWithoutEnergy,
    nowSeconds: options.at ?? Math.floor(Date.now() / 1_000),
  };
}

/** A tariff in words, a line each; prices as a driver pays them, with tax, and before it. */
export function tariffLines(tariff: Tariff): readonly string[] {
  const amount = (value: bigint, decimals: number): string => {
    const unit = 10n ** BigInt(decimals);
    const digits = (value % unit).toString().padStart(decimals, "0");
    return `${value / unit}.${digits.slice(0, 2)}${digits.slice(2).replace(/0+$/u, "")}`;
  };
  const taxed = (value: bigint, taxBps: number, decimals = 6): string =>
    taxBps === 0
      ? amount(value, decimals)
      : `${amount(value * BigInt(10_000 + taxBps), decimals + 4)} with ${taxBps / 100} % tax (${amount(value, decimals)} before)`;
  const limit = (net: bigint, gross: bigint): string =>
    net === gross ? amount(net, 6) : `${amount(gross, 6)} with tax (${amount(net, 6)} before)`;
  const step = (size: number, unit: string): string => (size === 0 ? "" : `, in whole steps of ${size} ${unit}`);
  const { energyTaxBps, connectedTaxBps, connectedMaximumMicro, connectedFreeSeconds } = tariff;
  const cap = connectedMaximumMicro === 0n ? "" : `, at most ${taxed(connectedMaximumMicro, connectedTaxBps)}`;
  const hasEnergyPrice = tariff.priceNanoPerKwh > 0n || tariff.energyBands.length > 0;
  const lines: readonly (readonly [boolean, string])[] = [
    [tariff.flatFeeMicro > 0n, `${taxed(tariff.flatFeeMicro, tariff.flatTaxBps)} for a session`],
    [hasEnergyPrice, `${taxed(tariff.priceNanoPerKwh, energyTaxBps, 9)} for a kWh${step(tariff.energyStepWh, "Wh")}`],
    ...tariff.energyBands.map(
      ({ fromWh, priceNanoPerKwh }) =>
        [true, `${taxed(priceNanoPerKwh, energyTaxBps, 9)} for each kWh beyond ${fromWh / 1_000} kWh`] as const,
    ),
    [
      tariff.priceNanoPerChargingHour > 0n,
      `${taxed(tariff.priceNanoPerChargingHour, tariff.chargingTaxBps, 9)} for an hour of charging${step(tariff.chargingStepSeconds, "s")}`,
    ],
    [
      tariff.priceNanoPerConnectedHour > 0n,
      `${taxed(tariff.priceNanoPerConnectedHour, connectedTaxBps, 9)} for an hour connected after ${connectedFreeSeconds} s${step(tariff.connectedStepSeconds, "s")}${cap}`,
    ],
    [tariff.minimumMicro > 0n, `at least ${limit(tariff.minimumMicro, tariff.minimumGrossMicro)}`],
    [tariff.maximumMicro > 0n, `at most ${limit(tariff.maximumMicro, tariff.maximumGrossMicro)}`],
    [true, tariff.chargesWithoutEnergy ? "charged without energy, too" : "without energy nothing is charged"],
  ];
  return [`tariff ${tariffIdOf(tariff)}`, ...lines.filter(([isThere]) => isThere).map(([, line]) => `  ${line}`)];
}

/** What some usual sessions cost, so that a slip of a decimal place is seen before it is published. */
export function usualPrices(tariff: Tariff): readonly { readonly session: string; readonly grossMicro: bigint }[] {
  return [
    { session: "20 kWh in 60 minutes", grossMicro: priceOf(tariff, 20_000_000_000n, 3_600, 3_600).grossMicro },
    {
      session: "50 kWh in 30 minutes, 6 hours connected",
      grossMicro: priceOf(tariff, 50_000_000_000n, 1_800, 21_600).grossMicro,
    },
  ];
}

/** What a schema has against a document, by JSON paths. */
export function refusalsOf(error: z.ZodError): JudgedTariff["refusals"] {
  return error.issues.flatMap((issue) => {
    const detail = shown(issue.message);
    // What is not known has a name of its own.
    const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ path: shown(pathText(path)), detail }));
  });
}

/** `elements[0].price_components[1].vat` */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}
